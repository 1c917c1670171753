// One step on the way to a field: its name, its keys, its value or its place; how it is written, ordered and shown.
//
// The written form is the identity: `f:image`, `k:{"name":"web"}`, `v:"a.b/c"`, `i:0`, so it is made in one way only.
// Upstream: vendor/sigs.k8s.io/structured-merge-diff/v6/fieldpath/{element,serialize-pe}.go

import { compareStrings, compareValues, showValue } from '#api/patch/apply/values.ts'

type KeyValue = readonly [name: string, value: unknown]

export const fieldElement = (name: string): string => `f:${name}`
export const valueElement = (value: unknown): string => `v:${written(value)}`

/** The element of an item by its keys, which are sorted by name. */
export function keyElement(keys: readonly KeyValue[]): string {
  let text = 'k:{'
  for (const [name, value] of keys) {
    text += `${text.length > 3 ? ',' : ''}${written(name)}:${written(value)}`
  }
  return `${text}}`
}

const MARKUP = /[<>&\u2028\u2029]/g

/** JSON as Go writes it: safe within HTML. */
function written(value: unknown): string {
  const text = JSON.stringify(value)
  if (!MARKUP.test(text)) return text
  return text.replace(MARKUP, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Thrown for an element that cannot be read. */
export class ElementError extends Error {}

/**
 * An element from outside in its one written form; undefined for a kind of element that is not known, which is
 * passed over. Throws ElementError.
 */
export function canonicalElement(text: string): string | undefined {
  if (text.length < 2) throw new ElementError('key must be 2 characters long:')
  if (text[1] !== ':') throw new ElementError(`missing colon: ${text}`)
  switch (text[0]) {
    case 'f':
      return text
    case 'v':
      return valueElement(parse(text))
    case 'k':
      return keyElement(keysOf(text))
    case 'i':
      if (!/^i:[+-]?\d+$/.test(text)) throw new ElementError(`invalid index: ${text}`)
      return `i:${Number(text.slice(2))}`
    default:
      return undefined
  }
}

function parse(element: string): unknown {
  try {
    return JSON.parse(element.slice(2)) as unknown
  } catch (cause) {
    throw new ElementError(`not JSON: ${element}`, { cause })
  }
}

function keysOf(element: string): KeyValue[] {
  const keys = parse(element)
  if (typeof keys !== 'object' || keys === null || Array.isArray(keys)) {
    throw new ElementError(`not an object: ${element}`)
  }
  return Object.entries(keys).sort(([a], [b]) => compareStrings(a, b))
}

const KINDS = '.fkvi'

/** The order of elements in a set: fields, then items by keys, by value, by place. */
export function compareElements(a: string, b: string): number {
  if (a[0] === 'f' && b[0] === 'f') return compareStrings(a, b)
  if (a[0] !== b[0]) return KINDS.indexOf(a[0]!) - KINDS.indexOf(b[0]!)
  switch (a[0]) {
    case 'k':
      return compareKeys(keysOf(a), keysOf(b))
    case 'v':
      return compareValues(parse(a), parse(b))
    case 'i':
      return Number(a.slice(2)) - Number(b.slice(2))
    default:
      return compareStrings(a, b)
  }
}

function compareKeys(a: readonly KeyValue[], b: readonly KeyValue[]): number {
  for (const [position, [name, value]] of a.entries()) {
    const other = b[position]
    if (!other) return 1
    const order = compareStrings(name, other[0]) || compareValues(value, other[1])
    if (order !== 0) return order
  }
  return a.length - b.length
}

/** A path as errors show it: `.spec.containers[name="web"].image`. */
export const showPath = (path: readonly string[]): string => path.map(showElement).join('')

export function showElement(element: string): string {
  switch (element[0]) {
    case 'k': {
      const keys = keysOf(element).map(([name, value]) => `${name}=${showValue(value)}`)
      return `[${keys.join(',')}]`
    }
    case 'v':
      return `[=${showValue(parse(element))}]`
    case 'i':
      return `[${element.slice(2)}]`
    default:
      return `.${element.slice(2)}`
  }
}
