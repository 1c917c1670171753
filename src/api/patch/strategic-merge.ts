// Strategic merge patch: a merge patch that knows which lists are maps in disguise.
//
// A list with a merge key (`containers` by `name`) is merged item by item, one with the merge strategy but
// without a key is a set, all others are replaced. Directives in the patch say what a plain merge cannot:
//
//   $patch: replace|delete             on an object or on an item of a list
//   $deleteFromPrimitiveList/<field>   values to take out of a set
//   $setElementOrder/<field>           the order that the list is to have
//   $retainKeys                        fields that are to stay, for unions such as a deployment's strategy
//
// Neither argument is changed. Upstream: staging/src/k8s.io/apimachinery/pkg/util/strategicpatch

import type { JsonObject } from '#api/meta/object.ts'
import {
  type Items,
  isObject,
  mergeInOrder,
  partition,
  positionOf,
  sortLike,
  uniqueScalars,
} from '#api/patch/merge-lists.ts'
import type { FieldSchema, TypeNode, TypeSchema } from '#api/schema/schema.ts'

/** What is wrong with a patch: `malformed` is the client's fault (400), `unprocessable` 422, `broken` 500. */
export class StrategicMergeError extends Error {
  readonly fault: 'malformed' | 'unprocessable' | 'broken'

  constructor(fault: StrategicMergeError['fault'], message: string) {
    super(message)
    this.name = 'StrategicMergeError'
    this.fault = fault
  }
}

const DELETE_PREFIX = '$deleteFromPrimitiveList'
const ORDER_PREFIX = '$setElementOrder'
const RETAIN_KEYS = '$retainKeys'
const DIRECTIVE = '$patch'

const badOrder = () => new StrategicMergeError('malformed', 'invalid patch format of setElementOrder list')
const badRetainKeys = () => new StrategicMergeError('malformed', 'invalid patch format of retainKeys')
const badPrimitives = () => new StrategicMergeError('malformed', 'invalid patch format of primitive list')
const badDirective = (value: unknown, map: JsonObject) =>
  new StrategicMergeError('broken', `unknown patch type: ${asText(value)} in map: ${goMap(map)}`)
const noMergeKey = (map: JsonObject, key: string) =>
  new StrategicMergeError('broken', `map: ${goMap(map)} does not contain declared merge key: ${key}`)

/** The type that is being merged; undefined inside of what has no schema (maps of strings and the like). */
type Schema = TypeSchema | undefined

/** Applies `patch` to `current`, an object of the type that `schema` describes; gives a new object. */
export function applyStrategicMergePatch(
  current: JsonObject,
  patch: JsonObject,
  schema: TypeSchema,
): JsonObject {
  return mergeMap(current, patch, schema)
}

function mergeMap(original: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  if (DIRECTIVE in patch) return applyDirective(patch)
  const result = retained(original, patch)
  const ordered = mergeOrdered(result, patch, schema)
  for (const [patchKey, value] of Object.entries(patch)) {
    if (patchKey === RETAIN_KEYS || patchKey.startsWith(ORDER_PREFIX) || ordered.has(patchKey)) continue
    const isDeletion = patchKey.startsWith(DELETE_PREFIX)
    const key = isDeletion ? directiveField(patchKey, DELETE_PREFIX, badPrimitives) : patchKey
    if (value === null) delete result[key]
    else if (!(key in result) || typeName(result[key]) !== typeName(value)) {
      if (!isDeletion) assign(result, key, withoutDirectives(value))
    } else if (isObject(value))
      result[key] = mergeMap(result[key] as JsonObject, value, structField(schema, key))
    else if (Array.isArray(value)) {
      result[key] = mergeListField(result[key] as Items, value, field(schema, key), isDeletion)
    } else result[key] = value
  }
  return result
}

function applyDirective(patch: JsonObject): JsonObject {
  const { [DIRECTIVE]: directive, ...rest } = patch
  if (directive === 'replace') return rest
  if (directive === 'delete') return {}
  throw badDirective(directive, patch)
}

function assign(target: JsonObject, key: string, value: unknown): void {
  if (value === undefined) delete target[key]
  else target[key] = value
}

/** A copy of `original`, without what `$retainKeys` does not name. */
function retained(original: JsonObject, patch: JsonObject): JsonObject {
  const list = patch[RETAIN_KEYS]
  if (list === undefined) return { ...original }
  if (!Array.isArray(list)) throw badRetainKeys()
  const kept = new Set<unknown>(list)
  for (const [key, value] of Object.entries(patch)) {
    const isDirective = key === RETAIN_KEYS || key.startsWith(DELETE_PREFIX) || key.startsWith(ORDER_PREFIX)
    if (value !== null && !isDirective && !kept.has(key)) throw badRetainKeys()
  }
  return Object.fromEntries(Object.entries(original).filter(([key]) => kept.has(key)))
}

/** Merges the lists that have a `$setElementOrder` and puts them into that order; gives the fields that are done. */
function mergeOrdered(result: JsonObject, patch: JsonObject, schema: Schema): ReadonlySet<string> {
  const done = new Set<string>()
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(ORDER_PREFIX)) continue
    if (!Array.isArray(order)) throw argumentType('[]interface {}', order)
    const key = directiveField(directive, ORDER_PREFIX, badOrder)
    const known = field(schema, key)
    const mergeKey = known?.patchMergeKey ?? ''
    const originalList = listOrNothing(result[key])
    const patchList = listOrNothing(patch[key])
    checkOrder(patchList ?? [], order, mergeKey)
    const merged =
      originalList && patchList
        ? mergeListField(originalList, patchList, known, false)
        : (originalList ?? (patchList && (withoutDirectives(patchList) as Items)))
    if (!merged) continue
    const [inOrder, serverOnly] = partition(merged, order, keyOf(mergeKey))
    result[key] = mergeInOrder(
      sortLike(serverOnly, originalList ?? [], keyOf(mergeKey)),
      sortLike(inOrder, order, keyOf(mergeKey)),
      originalList ?? [],
      keyOf(mergeKey),
    )
    done.add(key)
  }
  return done
}

/** The items of a patch must come in the order that the patch itself prescribes. */
function checkOrder(patchList: Items, order: Items, mergeKey: string): void {
  if (patchList.length === 0 || order.length === 0) return
  const identity = keyOf(mergeKey)
  const items = patchList.filter((item) => !(isObject(item) && item[DIRECTIVE] !== undefined))
  let at = 0
  for (const item of order) if (at < items.length && identity(items[at]) === identity(item)) at++
  if (at === items.length) return
  throw new StrategicMergeError(
    'broken',
    `The order in patch list:\n${goValue(patchList)}\n doesn't match ${ORDER_PREFIX} list:\n${goValue(order)}\n`,
  )
}

function mergeListField(
  original: Items,
  patch: Items,
  known: FieldSchema | undefined,
  isDeletion: boolean,
): Items {
  if (!isDeletion && !known?.patchStrategy?.includes('merge')) return patch
  if (original.length === 0 && patch.length === 0) return original
  if (!isDeletion) checkAlike(original, patch)
  if (!isObject(original[0] ?? patch[0])) {
    if (isDeletion) return original.filter((item) => !patch.includes(item))
    const merged = uniqueScalars([...original, ...patch])
    return inPatchOrder(merged, patch, original, '')
  }
  const mergeKey = known?.patchMergeKey ?? ''
  const schema = known && known.type.kind === 'array' ? structOf(known.type.items) : undefined
  if (mergeKey === '') {
    throw new StrategicMergeError(
      'broken',
      `cannot merge lists without merge key for ${schema?.goName ?? ''}`,
    )
  }
  const { base, additions } = applyItemDirectives(original, patch, mergeKey)
  const merged = mergeItems(base, additions, mergeKey, schema)
  return inPatchOrder(merged, additions, base, mergeKey)
}

/** All items of both lists are of one type, and that is no list. */
function checkAlike(original: Items, patch: Items): void {
  const [first, ...rest] = [...original, ...patch].map(typeName)
  if (first?.startsWith('[]')) throw new StrategicMergeError('broken', 'lists of lists are not supported')
  if (rest.every((type) => type === first)) return
  const shown = goValue([original, patch])
  throw new StrategicMergeError('broken', `list element types are not identical: ${shown}`)
}

/** Items with `$patch: delete` take theirs out; one with `$patch: replace` makes the rest stand alone. */
function applyItemDirectives(
  original: Items,
  patch: Items,
  mergeKey: string,
): { base: Items; additions: Items } {
  let base = original
  const additions: unknown[] = []
  let isReplacement = false
  for (const item of patch) {
    if (!isObject(item)) throw argumentType('map[string]interface {}', item)
    const directive = item[DIRECTIVE]
    if (directive === undefined) additions.push(item)
    else if (directive === 'delete') {
      if (!(mergeKey in item)) throw noMergeKey(item, mergeKey)
      base = base.filter((other) => !isObject(other) || other[mergeKey] !== item[mergeKey])
    } else if (directive === 'replace') isReplacement = true
    else if (directive === 'merge') {
      throw new StrategicMergeError('broken', 'merging lists cannot yet be specified in the patch')
    } else throw badDirective(directive, item)
  }
  return isReplacement ? { base: additions, additions: [] } : { base, additions }
}

function mergeItems(base: Items, additions: Items, mergeKey: string, schema: Schema): Items {
  const merged: unknown[] = [...base]
  for (const item of additions) {
    if (!isObject(item)) throw argumentType('map[string]interface {}', item)
    if (!(mergeKey in item)) throw noMergeKey(item, mergeKey)
    const at = positionOf(merged, item, keyOf(mergeKey))
    if (at >= 0) merged[at] = mergeMap(merged[at] as JsonObject, item, schema)
    else merged.push(item)
  }
  return merged
}

/** What the patch names comes in the patch's order, what only the server has keeps its place among it. */
function inPatchOrder(merged: Items, patch: Items, original: Items, mergeKey: string): Items {
  const identity = keyOf(mergeKey)
  const [fromPatch, serverOnly] = partition(merged, patch, identity)
  return mergeInOrder(
    sortLike(serverOnly, original, identity),
    sortLike(fromPatch, patch, identity),
    original,
    identity,
  )
}

/** What identifies an item: the value of its merge key, or the item itself. */
function keyOf(mergeKey: string): (item: unknown) => unknown {
  if (mergeKey === '') return (item) => item
  return (item) => {
    if (!isObject(item)) throw argumentType('map[string]interface {}', item)
    if (!(mergeKey in item)) throw noMergeKey(item, mergeKey)
    return item[mergeKey]
  }
}

function directiveField(directive: string, prefix: string, error: () => StrategicMergeError): string {
  const slash = directive.indexOf('/')
  if (slash < 0 || directive.slice(0, slash) !== prefix) throw error()
  return directive.slice(slash + 1)
}

function listOrNothing(value: unknown): Items | undefined {
  if (value === undefined || Array.isArray(value)) return value
  throw argumentType('[]interface {}', value)
}

/** The field of a type; a type that is known has no other fields. Undefined where there is no schema. */
function field(schema: Schema, key: string): FieldSchema | undefined {
  if (!schema) return undefined
  const known = schema.byName.get(key)
  if (known) return known
  throw new StrategicMergeError(
    'broken',
    `unable to find api field in struct ${schema.goName} for the json field ${JSON.stringify(key)}`,
  )
}

function structField(schema: Schema, key: string): Schema {
  const known = field(schema, key)
  return known && structOf(known.type)
}

function structOf(type: TypeNode): Schema {
  return type.kind === 'struct' ? type.schema : undefined
}

/** New content: directives and nulls mean nothing where there is nothing to change. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined)
  if (!isObject(value)) return value
  if (DIRECTIVE in value) return undefined
  const entries = Object.entries(value).map(([key, item]) => [key, withoutDirectives(item)] as const)
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined && item !== null))
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}'
  if (isObject(value)) return 'map[string]interface {}'
  if (value === null) return '%!s(<nil>)'
  return typeof value === 'string' ? 'string' : goTypeOf(value)
}

const goTypeOf = (value: unknown): string => {
  if (typeof value === 'boolean') return 'bool'
  return Number.isInteger(value) ? 'int64' : 'float64'
}

/** As Go prints with %s what is not always a text. */
function asText(value: unknown): string {
  if (value === null) return '%!s(<nil>)'
  if (Array.isArray(value)) return `[${value.map(asText).join(' ')}]`
  if (isObject(value)) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return `map[${entries.map(([key, item]) => `${key}:${asText(item)}`).join(' ')}]`
  }
  return typeof value === 'string' ? value : `%!s(${goTypeOf(value)}=${String(value)})`
}

function argumentType(expected: string, actual: unknown): StrategicMergeError {
  return new StrategicMergeError('broken', `expected a ${expected}, but received a ${typeName(actual)}`)
}

/** As Go prints a map with %v: `map[a:1 b:[x y]]`. */
/** A map as Go prints it with %v: `map[a:1 b:[x y]]`, keys sorted. */
export function goMap(map: JsonObject): string {
  const entries = Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))
  return `map[${entries.map(([key, value]) => `${key}:${goValue(value)}`).join(' ')}]`
}

function goValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`
  if (isObject(value)) return goMap(value)
  return value === null ? '<nil>' : String(value)
}
