// Environment variables of containers: their names, and the one place that each value comes from.
//
// Upstream: ValidateEnv, ValidateEnvFrom in pkg/apis/core/validation/validation.go

import { ENV_FIELDS, resourceFieldSelector, validateFieldRef } from '#api/kinds/core/pod/downward-api.ts'
import { noBacksteps } from '#api/kinds/core/pod/paths.ts'
import { invalid, type Path, required } from '#api/meta/field-error.ts'
import { nameIsDNSSubdomain } from '#api/meta/names.ts'
import { dnsLabel, each, type FieldErrors } from '#api/meta/validation.ts'
import { isConfigMapKey, isEnvVarName } from '#api/meta/validation-formats.ts'
import type { EnvFromSource, EnvVar, EnvVarSource, FileKeySelector } from '#api/types/core.ts'

export function* validateEnv(variables: readonly EnvVar[], path: Path): FieldErrors {
  for (const [i, variable] of variables.entries()) {
    const at = path.index(i)
    if (!variable.name) yield required(at.child('name'))
    else yield* each(at.child('name'), variable.name, isEnvVarName(variable.name))
    if (variable.valueFrom) yield* validateValueFrom(variable, variable.valueFrom, at.child('valueFrom'))
  }
}

function* validateValueFrom(variable: EnvVar, source: EnvVarSource, path: Path): FieldErrors {
  if (source.fieldRef) yield* validateFieldRef(source.fieldRef, ENV_FIELDS, path.child('fieldRef'))
  if (source.resourceFieldRef) {
    yield* resourceFieldSelector(source.resourceFieldRef, path.child('resourceFieldRef'), false)
  }
  if (source.configMapKeyRef) yield* keyRef(source.configMapKeyRef, path.child('configMapKeyRef'))
  if (source.secretKeyRef) yield* keyRef(source.secretKeyRef, path.child('secretKeyRef'))
  if (source.fileKeyRef) yield* fileKeyRef(source.fileKeyRef, path.child('fileKeyRef'))
  const count = Object.keys(source).length
  if (count === 0) {
    const text =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'
    yield invalid(path, '', text)
  } else if (variable.value) {
    yield invalid(path, '', 'may not be specified when `value` is not empty')
  } else if (count > 1) {
    yield invalid(path, '', 'may not have more than one field specified at a time')
  }
}

function* keyRef(reference: { readonly name?: string; readonly key?: string }, path: Path): FieldErrors {
  const name = reference.name ?? ''
  yield* each(path.child('name'), name, nameIsDNSSubdomain(name, false))
  if (!reference.key) yield required(path.child('key'))
  else yield* each(path.child('key'), reference.key, isConfigMapKey(reference.key))
}

function* fileKeyRef(reference: FileKeySelector, path: Path): FieldErrors {
  if (!reference.key) yield required(path.child('key'))
  else yield* each(path.child('key'), reference.key, isEnvVarName(reference.key))
  if (!reference.volumeName) yield required(path.child('volumeName'))
  else yield* dnsLabel(path.child('volumeName'), reference.volumeName)
  if (!reference.path) yield required(path.child('path'))
  else yield* noBacksteps(path.child('path'), reference.path)
}

export function* validateEnvFrom(sources: readonly EnvFromSource[], path: Path): FieldErrors {
  for (const [i, source] of sources.entries()) {
    const at = path.index(i)
    if (source.prefix) yield* each(at.child('prefix'), source.prefix, isEnvVarName(source.prefix))
    if (source.configMapRef) yield* namedSource(source.configMapRef, at.child('configMapRef'))
    if (source.secretRef) yield* namedSource(source.secretRef, at.child('secretRef'))
    if (!source.configMapRef && !source.secretRef) {
      yield invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`')
    } else if (source.configMapRef && source.secretRef) {
      yield invalid(path, '', 'may not have more than one field specified at a time')
    }
  }
}

function* namedSource(source: { readonly name?: string }, path: Path): FieldErrors {
  if (!source.name) yield required(path.child('name'))
  else yield* each(path.child('name'), source.name, nameIsDNSSubdomain(source.name, true))
}
