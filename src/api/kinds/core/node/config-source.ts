// Dynamic configuration of kubelets: the feature is gone, its fields are still judged.
//
// Upstream: validateNodeConfigSourceSpec and validateNodeConfigStatus in pkg/apis/core/validation/validation.go

import { internalForm } from '#api/kinds/internal-form.ts'
import { forbidden, invalid, type Path, required } from '#api/meta/field-error.ts'
import { nameIsDNSLabel, nameIsDNSSubdomain } from '#api/meta/names.ts'
import { each, type FieldErrors } from '#api/meta/validation.ts'
import { isConfigMapKey } from '#api/meta/validation-formats.ts'
import type { ConfigMapNodeConfigSource, NodeConfigSource, NodeConfigStatus } from '#api/types/core.ts'

export function* validateConfigSource(source: NodeConfigSource, path: Path): FieldErrors {
  const { configMap } = source
  const at = path.child('configMap')
  if (!configMap) {
    yield* noReference(source, path)
    return
  }
  if (configMap.uid) yield forbidden(at.child('uid'), 'uid must not be set in spec')
  if (configMap.resourceVersion) {
    yield forbidden(at.child('resourceVersion'), 'resourceVersion must not be set in spec')
  }
  yield* validateConfigMap(configMap, at)
}

export function* validateConfigStatus(status: NodeConfigStatus, path: Path): FieldErrors {
  for (const name of ['assigned', 'active', 'lastKnownGood'] as const) {
    const source = status[name]
    if (!source) continue
    if (!source.configMap) {
      yield* noReference(source, path.child(name))
      continue
    }
    const at = path.child(name, 'configMap')
    if (!source.configMap.uid) yield required(at.child('uid'))
    if (!source.configMap.resourceVersion) yield required(at.child('resourceVersion'))
    yield* validateConfigMap(source.configMap, at)
  }
}

function* noReference(source: NodeConfigSource, path: Path): FieldErrors {
  const text = 'exactly one reference subfield must be non-nil'
  yield invalid(path, internalForm('NodeConfigSource', source), text)
}

function* validateConfigMap(source: ConfigMapNodeConfigSource, path: Path): FieldErrors {
  const checks = [
    ['namespace', (text: string) => nameIsDNSLabel(text, false)],
    ['name', (text: string) => nameIsDNSSubdomain(text, false)],
    ['kubeletConfigKey', isConfigMapKey],
  ] as const
  for (const [name, check] of checks) {
    const value = source[name]
    if (value) yield* each(path.child(name), value, check(value))
    else yield required(path.child(name))
  }
}
