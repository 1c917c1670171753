// Patch: JSON patch, merge patch, strategic merge patch and server-side apply, all ending in an update.
//
// The patch is applied to the newest state in the version of the request, and again to each newer state when another
// writer was faster. Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go

import { DecodeError } from '#api/codec/go-decode.ts'
import { JsonSyntaxError } from '#api/codec/json-syntax.ts'
import { decodeYaml, YamlTextError } from '#api/codec/yaml.ts'
import type { JsonObject, ObjectMeta } from '#api/meta/object.ts'
import { badRequest, conflict, notFound } from '#api/meta/status.ts'
import type { PatchMediaType } from '#apiserver/http/negotiation.ts'
import { groupResourceOf, toStored, toVersion } from '#apiserver/registry/catalog.ts'
import { warnOf } from '#apiserver/registry/decode.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import type { PatchWriteOptions } from '#apiserver/registry/options.ts'
import { jsonType, type PatchBody, patcherOf } from '#apiserver/registry/patchers.ts'
import { ensureName, ensureNamespace, fieldManagerOf, type Scope } from '#apiserver/registry/scope.ts'
import { type UpdateResult, updateObject } from '#apiserver/registry/update.ts'

export async function patchObject(
  dependencies: RegistryDependencies,
  scope: Scope,
  mediaType: PatchMediaType,
  body: PatchBody,
  options: PatchWriteOptions,
): Promise<UpdateResult> {
  if (mediaType === 'application/apply-patch+yaml') return applyObject(dependencies, scope, body, options)
  const { kind, version } = scope
  const manager = fieldManagerOf(scope, options.fieldManager)
  const patcher = patcherOf(scope, { group: kind.group, version, kind: kind.kind }, mediaType, body, options)
  return updateObject(dependencies, scope, {
    options,
    async makeNew(current) {
      if (!current) throw notFound(groupResourceOf(kind), scope.name)
      const draft = toStored(kind, patcher(toVersion(kind, current, version)), version)
      kind.defaults?.(draft)
      dependencies.fields.recordUpdate(scope, draft, current, manager)
      return checked(scope, draft, current)
    },
  })
}

/** Server-side apply creates what is not there; its fields are recorded by the merge itself. */
async function applyObject(
  dependencies: RegistryDependencies,
  scope: Scope,
  body: PatchBody,
  options: PatchWriteOptions,
): Promise<UpdateResult> {
  let applied: Applied | undefined
  return updateObject(dependencies, scope, {
    options,
    mayCreate: true,
    async makeNew(current) {
      applied ??= readApplied(body, options)
      const { fieldManager: manager, force } = options
      const draft = dependencies.fields.apply(scope, current, applied.object, { manager, force })
      judgeDoubledKeys(scope, applied, options)
      return checked(scope, draft, current)
    },
  })
}

function checked(scope: Scope, draft: JsonObject, current: JsonObject | undefined): JsonObject {
  const { uid } = (draft['metadata'] ?? {}) as ObjectMeta
  if (uid && !current) {
    const text = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`
    throw conflict(groupResourceOf(scope.kind), scope.name, text)
  }
  ensureNamespace(scope, draft)
  ensureName(scope, draft)
  return draft
}

/** An applied configuration as it was sent. */
export interface Applied {
  readonly object: JsonObject
  /** Keys that are there twice. */
  readonly problems: readonly string[]
}

export function readApplied(body: PatchBody, options: PatchWriteOptions): Applied {
  if (body.type === 'object') return { object: body.object as JsonObject, problems: [] }
  try {
    const { object, strictProblems } = decodeYaml(body.bytes, undefined, options.fieldValidation)
    if (typeof object === 'object' && !Array.isArray(object)) return { object, problems: strictProblems }
    const type = jsonType(object)
    throw badRequest(
      `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
    )
  } catch (error) {
    if (!(error instanceof YamlTextError || error instanceof JsonSyntaxError || error instanceof DecodeError))
      throw error
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`)
  }
}

/** Judged after the configuration has been applied, as upstream does: what the merge finds wrong is said first. */
export function judgeDoubledKeys(scope: Scope, applied: Applied, options: PatchWriteOptions): void {
  for (const problem of applied.problems) {
    if (options.fieldValidation === 'Strict') {
      throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${problem}`)
    }
    warnOf(problem, scope.trail)
  }
}
