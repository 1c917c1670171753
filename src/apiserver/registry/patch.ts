// Patch: JSON patch, merge patch, strategic merge patch and server-side apply, all ending in an update.
//
// The patch is applied to the newest state in the version of the request, and again to each newer state when another
// writer was faster. Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go

import { decodeJson, decodeValue } from '#api/codec/json.ts'
import { JsonSyntaxError } from '#api/codec/json-syntax.ts'
import { invalid as invalidField, Path } from '#api/meta/field-error.ts'
import type { JsonObject, ObjectMeta } from '#api/meta/object.ts'
import { badRequest, conflict, failure, invalid, notFound, tooLarge } from '#api/meta/status.ts'
import { applyJsonPatch, type JsonPatchOperation } from '#api/patch/json-patch.ts'
import { applyMergePatch } from '#api/patch/merge-patch.ts'
import { kindSchema } from '#api/schema/schema.ts'
import type { PatchMediaType } from '#apiserver/http/negotiation.ts'
import { groupResourceOf, toStored, toVersion } from '#apiserver/registry/catalog.ts'
import { headFirst } from '#apiserver/registry/decode.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import { cloneJson } from '#apiserver/registry/json.ts'
import type { PatchWriteOptions } from '#apiserver/registry/options.ts'
import { ensureName, ensureNamespace, fieldManagerOf, type Scope } from '#apiserver/registry/scope.ts'
import { type UpdateResult, updateObject } from '#apiserver/registry/update.ts'

const MAX_JSON_PATCH_OPERATIONS = 10_000

export type PatchBody =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'object'; readonly object: object }

export async function patchObject(
  dependencies: RegistryDependencies,
  scope: Scope,
  mediaType: PatchMediaType,
  body: PatchBody,
  options: PatchWriteOptions,
): Promise<UpdateResult> {
  const { kind } = scope
  const manager = fieldManagerOf(scope, options.fieldManager)
  const apply = patcherOf(scope, mediaType, body, options)
  return updateObject(dependencies, scope, {
    options,
    async makeNew(current) {
      if (!current) throw notFound(groupResourceOf(kind), scope.name)
      const patched = apply(toVersion(kind, current, scope.version))
      const draft = toStored(kind, patched, scope.version)
      kind.defaults?.(draft)
      dependencies.fields.recordUpdate(scope, draft, current, manager)
      const { uid } = (draft['metadata'] ?? {}) as ObjectMeta
      if (uid && !(current['metadata'] as ObjectMeta).uid)
        throw conflict(
          groupResourceOf(kind),
          scope.name,
          `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
        )
      ensureNamespace(scope, draft)
      ensureName(scope, draft)
      return draft
    },
  })
}

/** Reads the patch once; what it gives applies it to a state in the version of the request. */
function patcherOf(
  scope: Scope,
  mediaType: PatchMediaType,
  body: PatchBody,
  options: PatchWriteOptions,
): (current: JsonObject) => JsonObject {
  switch (mediaType) {
    case 'application/json-patch+json':
      return jsonPatcher(scope, body, options)
    case 'application/merge-patch+json':
      return mergePatcher(scope, body, options)
    default:
      throw new Error(`no patcher for ${mediaType}`)
  }
}

function jsonPatcher(scope: Scope, body: PatchBody, options: PatchWriteOptions) {
  let operations: JsonPatchOperation[] | undefined
  return (current: JsonObject): JsonObject => {
    operations ??= readOperations(body)
    if (operations.length > MAX_JSON_PATCH_OPERATIONS) {
      throw tooLarge(
        `The allowed maximum operations in a JSON patch is ${MAX_JSON_PATCH_OPERATIONS}, got ${operations.length}`,
      )
    }
    let patched: JsonObject
    try {
      patched = applyJsonPatch(current, operations)
    } catch (error) {
      throw failure(
        422,
        'Invalid',
        'the server rejected our request due to an error in our request',
        {},
        { cause: error },
      )
    }
    return decodePatched(scope, patched, [], options)
  }
}

function readOperations(body: PatchBody): JsonPatchOperation[] {
  if (body.type === 'object') return body.object as JsonPatchOperation[]
  const text = new TextDecoder().decode(body.bytes)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw badRequest(`error decoding patch: ${syntaxError(text)}`)
  }
  if (!Array.isArray(value)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${jsonType(value)} into Go value of type []handlers.jsonPatchOp`,
    )
  }
  return value as JsonPatchOperation[]
}

function syntaxError(text: string): string {
  try {
    decodeJson(text, undefined)
    return 'invalid JSON'
  } catch (error) {
    return (error as Error).message
  }
}

function jsonType(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

function mergePatcher(scope: Scope, body: PatchBody, options: PatchWriteOptions) {
  let patch: { object: JsonObject; strictProblems: readonly string[] } | undefined
  return (current: JsonObject): JsonObject => {
    patch ??= readObject(body, options, 'error decoding patch: ')
    const patched = applyMergePatch(current, patch.object)
    return decodePatched(scope, patched, patch.strictProblems, options)
  }
}

/** Reads a patch that is an object; `prefix` stands before what is wrong with it. */
function readObject(body: PatchBody, options: PatchWriteOptions, prefix: string) {
  if (body.type === 'object') return { object: body.object as JsonObject, strictProblems: [] }
  try {
    return decodeJson(body.bytes, undefined, options.fieldValidation)
  } catch (error) {
    const text = (error as Error).message
    if (error instanceof JsonSyntaxError) throw badRequest(`${prefix}${text}`)
    throw badRequest(`${prefix}${text.replace(/of type .*$/, 'of type map[string]interface {}')}`)
  }
}

/** The patched document as an object of its kind; what does not fit is a fault of the patch. */
function decodePatched(
  scope: Scope,
  patched: JsonObject,
  patchProblems: readonly string[],
  options: PatchWriteOptions,
): JsonObject {
  const { kind } = scope
  const schema = kindSchema(kind.group, scope.version, kind.kind)
  const refuse = (text: string): Error =>
    invalid('', '', '', [invalidField(new Path('patch'), JSON.stringify(patched), text)])
  let decoded: ReturnType<typeof decodeValue>
  try {
    decoded = decodeValue(cloneJson(patched), schema, options.fieldValidation)
  } catch (error) {
    throw refuse((error as Error).message)
  }
  const problems = [...patchProblems, ...decoded.strictProblems]
  if (problems.length > 0) {
    if (options.fieldValidation === 'Strict') throw refuse(`strict decoding error: ${problems.join(', ')}`)
    for (const text of problems) scope.trail.warn(text)
  }
  return headFirst({ group: kind.group, version: scope.version, kind: kind.kind }, decoded.object)
}
