// The three kinds of patch that are functions of the current object: each is read once and applied to any state.
//
// What a patch makes of an object must again be an object of its kind; where it is not, the patch is to blame (422).
// Upstream: jsonPatcher and smpPatcher in staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go

import { notRegistered } from '#api/codec/body.ts'
import { decodeJson, decodeValue } from '#api/codec/json.ts'
import { invalid as invalidField, Path } from '#api/meta/field-error.ts'
import { apiVersionOf, type JsonObject, parseApiVersion } from '#api/meta/object.ts'
import { badRequest, failure, invalid, tooLarge, unsupportedMediaType } from '#api/meta/status.ts'
import { applyJsonPatch, type JsonPatchOperation } from '#api/patch/json-patch.ts'
import { applyMergePatch } from '#api/patch/merge-patch.ts'
import { restoreProblem } from '#api/patch/restore-problem.ts'
import { openedByMerge, openedByOperations, showDocument } from '#api/patch/shown-document.ts'
import { applyStrategicMergePatch, goMap, StrategicMergeError } from '#api/patch/strategic-merge.ts'
import { kindSchema, type TypeSchema } from '#api/schema/schema.ts'
import { headFirst } from '#apiserver/registry/decode.ts'
import { takeCustomForm } from '#apiserver/registry/decode-custom.ts'
import { cloneJson } from '#apiserver/registry/json.ts'
import { plainError } from '#apiserver/registry/object-store.ts'
import type { PatchWriteOptions } from '#apiserver/registry/options.ts'
import type { Scope } from '#apiserver/registry/scope.ts'

export type PatchBody =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'object'; readonly object: object }

/** What a patch is applied to: the kind of the path, or the kind of one of its subresources. */
export interface PatchTarget {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** Gives the patched object of a current one; both in the version of the request. Throws StatusError. */
export type Patcher = (current: JsonObject) => JsonObject

const MAX_JSON_PATCH_OPERATIONS = 10_000

export function patcherOf(
  scope: Scope,
  target: PatchTarget,
  mediaType:
    | 'application/json-patch+json'
    | 'application/merge-patch+json'
    | 'application/strategic-merge-patch+json',
  body: PatchBody,
  options: PatchWriteOptions,
): Patcher {
  switch (mediaType) {
    case 'application/json-patch+json':
      return jsonPatcher(scope, target, body, options)
    case 'application/merge-patch+json':
      return mergePatcher(scope, target, body, options)
    case 'application/strategic-merge-patch+json':
      return strategicPatcher(scope, target, body, options)
  }
}

function jsonPatcher(
  scope: Scope,
  target: PatchTarget,
  body: PatchBody,
  options: PatchWriteOptions,
): Patcher {
  let operations: JsonPatchOperation[] | undefined
  return (current) => {
    operations ??= readOperations(body)
    if (operations.length > MAX_JSON_PATCH_OPERATIONS) {
      throw tooLarge(
        `The allowed maximum operations in a JSON patch is ${MAX_JSON_PATCH_OPERATIONS}, got ${operations.length}`,
      )
    }
    const problems = options.fieldValidation === 'Ignore' ? [] : unknownOperationFields(operations)
    let patched: JsonObject
    try {
      patched = applyJsonPatch(current, operations)
    } catch (error) {
      const text = 'the server rejected our request due to an error in our request'
      throw failure(422, 'Invalid', text, {}, { cause: error })
    }
    const shown = (): string => {
      const again = applyJsonPatch(inGoOrder(target, current), operations!)
      return showDocument(again, openedByOperations(operations!))
    }
    return decodePatched(scope, target, patched, problems, options, shown)
  }
}

/** With the fields of each type in Go's order, as the text is that upstream patches. */
function inGoOrder({ group, version, kind }: PatchTarget, object: JsonObject): JsonObject {
  return decodeValue(cloneJson(object), kindSchema(group, version, kind)).object
}

const OPERATION_WORDS = new Set(['op', 'path', 'from'])
const OPERATION_FIELDS = new Set([...OPERATION_WORDS, 'value'])

function unknownOperationFields(operations: readonly JsonPatchOperation[]): string[] {
  return operations.flatMap((operation, position) =>
    Object.keys(operation)
      .filter((name) => !OPERATION_FIELDS.has(name))
      .map((name) => `json patch unknown field "[${position}].${name}"`),
  )
}

function readOperations(body: PatchBody): JsonPatchOperation[] {
  const value = body.type === 'object' ? body.object : parseJson(body.bytes, 'error decoding patch: ')
  if (value === null) return []
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) checkOperation(item)
    return value.map((item: JsonPatchOperation | null) => item ?? {})
  }
  throw badRequest(
    `error decoding patch: json: cannot unmarshal ${jsonType(value)} into Go value of type []handlers.jsonPatchOp`,
  )
}

/** An operation is an object whose words are texts; null is one without any. */
function checkOperation(item: unknown): void {
  if (typeof item !== 'object' || Array.isArray(item)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${jsonType(item)} into Go value of type handlers.jsonPatchOp`,
    )
  }
  for (const [name, word] of Object.entries(item ?? {})) {
    if (!OPERATION_WORDS.has(name) || typeof word === 'string' || word === null) continue
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${jsonType(word)} into Go struct field jsonPatchOp.${name} of type string`,
    )
  }
}

function mergePatcher(
  scope: Scope,
  target: PatchTarget,
  body: PatchBody,
  options: PatchWriteOptions,
): Patcher {
  let patch: ReadPatch | undefined
  return (current) => {
    patch ??= readObject(body, options, 'error decoding patch: ')
    const { object, problems } = patch
    const shown = (): string =>
      showDocument(applyMergePatch(inGoOrder(target, current), object), openedByMerge(object))
    return decodePatched(scope, target, applyMergePatch(current, object), problems, options, shown)
  }
}

/** Only types that are built in say how they merge. */
const NOT_STRATEGIC =
  'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml'

function strategicPatcher(
  scope: Scope,
  target: PatchTarget,
  body: PatchBody,
  options: PatchWriteOptions,
): Patcher {
  const schema = kindSchema(target.group, target.version, target.kind)
  let patch: ReadPatch | undefined
  return (current) => {
    if (!schema) throw unsupportedMediaType(NOT_STRATEGIC)
    patch ??= readObject(body, options, '')
    const patched = applyStrategically(current, patch.object, schema)
    const refuse = binaryRefusal(goMap(patch.object))
    const problem = restoreProblem(patched, schema)
    if (problem !== undefined) throw refuse(problem)
    return decodeChecked(scope, target, patched, patch.problems, options, refuse)
  }
}

function applyStrategically(current: JsonObject, patch: JsonObject, schema: TypeSchema): JsonObject {
  try {
    return applyStrategicMergePatch(current, patch, schema)
  } catch (error) {
    if (!(error instanceof StrategicMergeError)) throw error
    if (error.fault === 'malformed') throw badRequest(error.message)
    if (error.fault === 'broken') throw plainError(error.message)
    const text = 'the server rejected our request due to an error in our request'
    throw failure(422, 'Invalid', text, {}, { cause: error })
  }
}

interface ReadPatch {
  readonly object: JsonObject
  /** Doubled fields. */
  readonly problems: readonly string[]
}

/** Reads a patch that is an object; `prefix` stands before what is wrong with it. */
function readObject(body: PatchBody, options: PatchWriteOptions, prefix: string): ReadPatch {
  const refuseType = (value: unknown): Error =>
    badRequest(
      `${prefix}json: cannot unmarshal ${jsonType(value)} into Go value of type map[string]interface {}`,
    )
  if (body.type === 'object') {
    if (Array.isArray(body.object)) throw refuseType(body.object)
    return { object: body.object as JsonObject, problems: [] }
  }
  const value = parseJson(body.bytes, prefix)
  if (value === null) {
    if (prefix !== '') throw badRequest('Invalid JSON Patch')
    return { object: {}, problems: [] }
  }
  if (typeof value !== 'object' || Array.isArray(value)) throw refuseType(value)
  const { object, strictProblems } = decodeJson(body.bytes, undefined, options.fieldValidation)
  return { object, problems: strictProblems }
}

function parseJson(bytes: Uint8Array, prefix: string): unknown {
  const text = new TextDecoder().decode(bytes)
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw badRequest(`${prefix}${goSyntaxError(text)}`)
  }
}

/** What Go's parser says about a text that is not JSON. */
function goSyntaxError(text: string): string {
  try {
    decodeJson(text, undefined)
    return 'invalid JSON'
  } catch (error) {
    return (error as Error).message
  }
}

/** The type of a JSON value, in Go's words. */
export function jsonType(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

const refusal =
  (shown: string) =>
  (text: string): Error =>
    invalid('', '', '', [invalidField(new Path('patch'), shown, text)])

/** Fields of bytes are decoded apart from the rest, and say so. */
const binaryRefusal =
  (shown: string) =>
  (text: string): Error =>
    refusal(shown)(text.startsWith('illegal base64 data') ? `error decoding from json: ${text}` : text)

function decodePatched(
  scope: Scope,
  target: PatchTarget,
  patched: JsonObject,
  patchProblems: readonly string[],
  options: PatchWriteOptions,
  shown: () => string,
): JsonObject {
  const refuse = (text: string): Error => refusal(shown())(text)
  const stranger = unregistered(scope, target, patched)
  if (stranger !== undefined) throw refuse(stranger)
  return decodeChecked(scope, target, patched, patchProblems, options, refuse)
}

/** The patched document as an object of the target kind. */
function decodeChecked(
  scope: Scope,
  target: PatchTarget,
  patched: JsonObject,
  patchProblems: readonly string[],
  options: PatchWriteOptions,
  refuse: (text: string) => Error,
): JsonObject {
  let decoded: ReturnType<typeof decodeValue>
  try {
    const custom = target.kind === scope.kind.kind ? scope.kind.custom : undefined
    if (custom) decoded = takeCustomForm(cloneJson(patched), custom, options.fieldValidation)
    else {
      const schema = kindSchema(target.group, target.version, target.kind)
      decoded = decodeValue(cloneJson(patched), schema, options.fieldValidation)
    }
  } catch (error) {
    throw refuse((error as Error).message)
  }
  const problems = [...patchProblems, ...decoded.strictProblems]
  if (problems.length > 0) {
    if (options.fieldValidation === 'Strict') throw refuse(`strict decoding error: ${problems.join(', ')}`)
    for (const text of problems) scope.trail.warn(text)
  }
  return headFirst(target, decoded.object)
}

/** What is wrong with a document that the patch has made one of a kind that there is not; custom kinds are not asked. */
function unregistered(scope: Scope, target: PatchTarget, patched: JsonObject): string | undefined {
  if (scope.kind.custom) return undefined
  const { kind = target.kind, apiVersion = apiVersionOf(target.group, target.version) } = patched
  if (typeof kind !== 'string' || typeof apiVersion !== 'string') return undefined
  const { group, version } = parseApiVersion(apiVersion)
  return kindSchema(group, version, kind) ? undefined : notRegistered(kind, apiVersion)
}
