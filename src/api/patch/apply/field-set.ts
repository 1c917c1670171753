// Sets of fields, in the form in which `managedFields` shows them: a tree of path elements.
//
// An element is `f:name` for a field, `k:{…}` for an item by its keys, `v:…` for an item by its value. A node without
// elements is a field of the set; a node with elements is one too when it also has the element '.'. So the wire form
// is worked on as it is: nothing is decoded, and a set that an operation does not change is shared.
// Invariant: no node holds only '.', none but a field itself is empty; sets are never changed once made.
// Upstream: vendor/sigs.k8s.io/structured-merge-diff/v6/fieldpath/set.go

export interface FieldSet {
  readonly [element: string]: FieldSet
}

type Draft = { [element: string]: FieldSet }

/** A field of the set that has no fields of the set below it. */
export const LEAF: FieldSet = Object.freeze({})

/** No fields. A root is never a field itself, so the empty tree is free to mean this. */
export const EMPTY: FieldSet = Object.freeze({})

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false
  return true
}

/** Whether a node, as its parent holds it, is itself a field of the set. */
export const isMember = (node: FieldSet | undefined): boolean =>
  node !== undefined && (node['.'] !== undefined || isEmptySet(node))

/** A node that is a field of the set, whatever lies below it. */
export function asMember(node: FieldSet | undefined): FieldSet {
  if (node === undefined) return LEAF
  return isMember(node) ? node : { '.': LEAF, ...node }
}

/** The node that is a field of the set or not, with the fields below it; undefined for nothing at all. */
export function nodeOf(member: boolean, set: FieldSet): FieldSet | undefined {
  const inner = below(set)
  if (member && inner !== set && !isEmptySet(inner)) return set
  if (isEmptySet(inner)) return member ? LEAF : undefined
  return member ? { '.': LEAF, ...inner } : inner
}

/** `set` without its own mark. */
function below(set: FieldSet): FieldSet {
  if (set['.'] === undefined) return set
  const out: Draft = {}
  for (const element in set) if (element !== '.') out[element] = set[element]!
  return out
}

/** Whether the set has the field at a path. */
export function hasField(set: FieldSet, path: readonly string[]): boolean {
  let node: FieldSet | undefined = set
  for (const element of path) node = node?.[element]
  return path.length > 0 && isMember(node)
}

/** A set of the fields at the paths given. */
export function fieldSet(...paths: readonly (readonly string[])[]): FieldSet {
  return paths.reduce<FieldSet>((set, path) => union(set, setOfPath(path)), EMPTY)
}

function setOfPath(path: readonly string[]): FieldSet {
  return path.reduceRight<FieldSet>((node, element) => ({ [element]: node }), LEAF)
}

/** The fields of both. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(b)) return a
  if (isEmptySet(a)) return b
  const out: Draft = { ...a }
  for (const element in b) {
    const [left, right] = [a[element], b[element]!]
    if (element !== '.' && left !== undefined) out[element] = unionNode(left, right)
    else out[element] = right
  }
  return out
}

function unionNode(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a
  const node = union(a, b)
  return isMember(a) || isMember(b) ? asMember(node) : node
}

/** The fields that are in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const out: Draft = {}
  for (const element in a) {
    const [left, right] = [a[element]!, b[element]]
    if (element === '.' || right === undefined) continue
    const node = nodeOf(isMember(left) && isMember(right), intersection(left, right))
    if (node) out[element] = node
  }
  return out
}

/** The fields of `a` that are not in `b`; those below a field of `b` stay. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return without(a, b, (left, right) => {
    const member = isMember(left) && !isMember(right)
    const rest = difference(left, right)
    return rest === left && member === isMember(left) ? left : nodeOf(member, rest)
  })
}

/** The fields of `a` that are neither in `b` nor below one of its fields. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return without(a, b, (left, right) => {
    if (isMember(right)) return undefined
    const rest = recursiveDifference(left, right)
    return rest === left ? left : nodeOf(isMember(left), rest)
  })
}

/** `a` with the nodes that it shares with `b` replaced by what `cut` leaves of them; `a` itself where nothing changes. */
function without(
  a: FieldSet,
  b: FieldSet,
  cut: (left: FieldSet, right: FieldSet) => FieldSet | undefined,
): FieldSet {
  let out: Draft | undefined
  for (const element in b) {
    const left = a[element]
    if (element === '.' || left === undefined) continue
    const rest = cut(left, b[element]!)
    if (rest === left) continue
    out ??= { ...a }
    if (rest === undefined) delete out[element]
    else out[element] = rest
  }
  return out ?? a
}

/** Calls `visit` with the path of each field: those of a node before those below it. */
export function forEachField(
  set: FieldSet,
  visit: (path: readonly string[]) => void,
  prefix: readonly string[] = [],
): void {
  for (const element in set) {
    if (element !== '.' && isMember(set[element])) visit([...prefix, element])
  }
  for (const element in set) {
    if (element !== '.') forEachField(set[element]!, visit, [...prefix, element])
  }
}
