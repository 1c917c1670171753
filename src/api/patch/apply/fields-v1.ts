// `fieldsV1` from outside and to outside: read into the one written form, written in the order of upstream.
//
// What the server has written itself needs no reading. Upstream: sigs.k8s.io/structured-merge-diff/v6/fieldpath/serialize.go

import { EMPTY, type FieldSet, isEmptySet, nodeOf } from '#api/patch/apply/field-set.ts'
import { canonicalElement, compareElements, ElementError } from '#api/patch/apply/path-element.ts'

/** Reads a set; throws ElementError for what is none. */
export function readFields(fields: unknown): FieldSet {
  return fields === undefined || fields === null ? EMPTY : readNode(fields).below
}

/** A node of a tree from outside: what lies below it, and whether it is a field itself. */
function readNode(node: unknown): { below: FieldSet; member: boolean } {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) {
    throw new ElementError('a set of fields is a tree of objects')
  }
  const below: { [element: string]: FieldSet } = {}
  let marked = false
  for (const [text, inner] of Object.entries(node)) {
    if (text === '.') {
      marked = true
      continue
    }
    const element = canonicalElement(text)
    if (element === undefined) continue
    const read = readNode(inner)
    const made = nodeOf(read.member, read.below)
    if (made) below[element] = made
  }
  return { below, member: marked || isEmptySet(below) }
}

/** A set with its elements in order; what is in order already is shared. */
export function sortedFields(set: FieldSet): FieldSet {
  const elements = Object.keys(set)
  let isSorted = isAscending(elements)
  if (!isSorted) elements.sort(compareElements)
  const nodes = elements.map((element) => {
    const node = sortedFields(set[element]!)
    isSorted &&= node === set[element]
    return node
  })
  if (isSorted) return set
  const out: { [element: string]: FieldSet } = {}
  for (const [position, element] of elements.entries()) out[element] = nodes[position]!
  return out
}

function isAscending(elements: readonly string[]): boolean {
  for (let i = 1; i < elements.length; i++) {
    if (compareElements(elements[i - 1]!, elements[i]!) > 0) return false
  }
  return true
}
