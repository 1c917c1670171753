// JSON patch (RFC 6902): a list of operations on paths, applied in order, all or nothing.
//
// Pure; the document is never changed. As upstream's library does, a path's first part (what stands before its first
// slash) is ignored, negative list positions count from the end, a key that is not there can be replaced and is copied
// as null, and nothing is added in place of the whole document.
// Upstream: gopkg.in/evanphx/json-patch.v4 patch.go

import type { JsonObject } from '#api/meta/object.ts'

export interface JsonPatchOperation {
  readonly op?: string
  readonly path?: string
  readonly from?: string
  readonly value?: unknown
}

/** The patch does not fit the document; the message says which operation and why, in the words of that library. */
export class JsonPatchError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'JsonPatchError'
  }
}

/** A `test` operation has found something else. */
export class JsonPatchTestError extends JsonPatchError {}

type Container = JsonObject | unknown[]

/** Gives `document` with all `operations` applied; throws JsonPatchError at the first that does not fit. */
export function applyJsonPatch(document: JsonObject, operations: readonly JsonPatchOperation[]): JsonObject {
  const holder: Holder = { root: structuredClone(document) }
  for (const operation of operations) applyOne(holder, operation)
  if (typeof holder.root !== 'object' || holder.root === null || Array.isArray(holder.root)) {
    throw new JsonPatchError('the patched document is not an object')
  }
  return holder.root as JsonObject
}

interface Holder {
  root: unknown
}

function applyOne(holder: Holder, operation: JsonPatchOperation): void {
  const { op, path } = operation
  if (typeof path !== 'string') throw new JsonPatchError(`${op} operation is missing its path`)
  const quoted = JSON.stringify(path)
  switch (op) {
    case 'add':
      add(holder, path, structuredClone(operation.value ?? null), `add ${MISSING} path: ${quoted}`)
      break
    case 'remove':
      remove(holder, path, `remove ${MISSING} path: ${quoted}`)
      break
    case 'replace':
      replace(holder, path, structuredClone(operation.value ?? null))
      break
    case 'move': {
      const from = fromOf(operation)
      const value = get(holder, from, `move ${MISSING} from path: ${from}`)
      remove(holder, from, `move ${MISSING} from path: ${from}`)
      add(holder, path, value, `move ${MISSING} destination path: ${path}`)
      break
    }
    case 'copy': {
      const from = fromOf(operation)
      const value = structuredClone(get(holder, from, `copy ${MISSING} from path: ${from}`))
      add(holder, path, value, `copy ${MISSING} destination path: ${path}`)
      break
    }
    case 'test':
      test(holder, path, operation.value ?? null)
      break
    default:
      throw new JsonPatchError(`Unexpected kind: ${op}`)
  }
}

const MISSING = 'operation does not apply: doc is missing'

function fromOf(operation: JsonPatchOperation): string {
  if (typeof operation.from !== 'string')
    throw new JsonPatchError(`${operation.op} operation is missing from`)
  return operation.from
}

/** The container that holds the last part of `path`, and that part; `complaint` is said where there is none. */
function locate(holder: Holder, path: string, complaint: string): { container: Container; key: string } {
  const parts = path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const key = parts.pop()
  let current: unknown = key === undefined ? undefined : holder.root
  for (const part of parts) {
    if (!isContainer(current)) break
    current = Array.isArray(current) ? current[position(part, current.length)] : own(current, part)
  }
  if (key === undefined || !isContainer(current)) throw new JsonPatchError(`${complaint}: missing value`)
  return { container: current, key }
}

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null

const own = (object: JsonObject, key: string): unknown =>
  Object.hasOwn(object, key) ? object[key] : undefined

/** A position in a list of `length`; throws outside of it. */
function position(text: string, length: number): number {
  if (!/^-?\d+$/.test(text)) throw new JsonPatchError(`Unable to access invalid index: ${text}`)
  const index = Number(text)
  const resolved = index < 0 ? index + length : index
  if (resolved < 0 || resolved >= length) throw new JsonPatchError(`Unable to access invalid index: ${text}`)
  return resolved
}

function setKey(object: JsonObject, key: string, value: unknown): void {
  // defineProperty, so that a key such as __proto__ is data and nothing else
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
}

function add(holder: Holder, path: string, value: unknown, complaint: string): void {
  const { container, key } = locate(holder, path, complaint)
  if (!Array.isArray(container)) setKey(container, key, value)
  else if (key === '-') container.push(value)
  else container.splice(position(key, container.length + 1), 0, value)
}

function get(holder: Holder, path: string, complaint: string): unknown {
  const { container, key } = locate(holder, path, complaint)
  if (Array.isArray(container)) return container[position(key, container.length)]
  return own(container, key) ?? null
}

function remove(holder: Holder, path: string, complaint: string): void {
  const { container, key } = locate(holder, path, complaint)
  if (Array.isArray(container)) container.splice(position(key, container.length), 1)
  else if (!Object.hasOwn(container, key)) {
    const what = complaint.startsWith('remove') ? 'remove' : 'move'
    const where = what === 'remove' ? path : key
    const why = `Unable to remove nonexistent key: ${key}: missing value`
    throw new JsonPatchError(`error in ${what} for path: '${where}': ${why}`)
  } else delete container[key]
}

function replace(holder: Holder, path: string, value: unknown): void {
  if (path === '') {
    holder.root = value
    return
  }
  const { container, key } = locate(holder, path, `replace ${MISSING} path: ${path}`)
  if (Array.isArray(container)) container[position(key, container.length)] = value
  else setKey(container, key, value)
}

function test(holder: Holder, path: string, expected: unknown): void {
  const complaint = `test operation does not apply: is missing path: ${path}`
  if (!deepEqual(path === '' ? holder.root : get(holder, path, complaint), expected)) {
    throw new JsonPatchTestError(`testing value ${path} failed: test failed`)
  }
}

function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (!isContainer(a) || !isContainer(b) || Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every(
    (key) => Object.hasOwn(b, key) && deepEqual(own(a as JsonObject, key), own(b as JsonObject, key)),
  )
}
