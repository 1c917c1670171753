// Whether a value of one type may stand where another is wanted, and what that says about type parameters.
//
// What is known of parameters (`A` is an int) is kept in bindings, which a match that succeeds extends. `dyn` fits
// everything. Upstream: github.com/google/cel-go/checker/types.go

import { type CelType, DYN, isDyn, isDynOrError, NULL, sameType } from '#api/cel/checker/types.ts'

/** What each parameter stands for. */
export type Bindings = ReadonlyMap<string, CelType>

/** `{x: x}` doubles the type of `x`: without a bound, types grow as 2^n with the length of an expression. */
export const MAX_PARTS = 200

/** Whether each of `found` is as `wanted`; what that says of parameters is put into the bindings. */
export function matchTypes(
  found: readonly CelType[],
  wanted: readonly CelType[],
  bindings: Map<string, CelType>,
): boolean {
  // only what is new: expressions have thousands of parameters
  const draft: Draft = { known: bindings, found: new Map() }
  if (!fitAll(draft, found, wanted)) return false
  for (const [name, type] of draft.found) bindings.set(name, type)
  return true
}

/** A type with what is known of its parameters put in; those of which nothing is known stay, or become dyn. */
export const substitute = (type: CelType, bindings: Bindings, unknown: 'keep' | 'dyn' = 'keep'): CelType =>
  substituted(type, bindings, unknown, { left: MAX_PARTS })

/** Whether the type, with what is known of its parameters, is larger than any sensible expression needs. */
export const isTooLarge = (type: CelType, bindings: Bindings): boolean =>
  type.of.length > 0 && !hasAtMost(type, bindings, { left: MAX_PARTS })

interface Count {
  left: number
}

function hasAtMost(type: CelType, bindings: Bindings, count: Count): boolean {
  const known = type.kind === 'parameter' ? bindings.get(type.name) : undefined
  if (known) return hasAtMost(known, bindings, count)
  return --count.left >= 0 && type.of.every((one) => hasAtMost(one, bindings, count))
}

function substituted(type: CelType, bindings: Bindings, unknown: 'keep' | 'dyn', count: Count): CelType {
  if (--count.left < 0) return DYN
  if (type.kind === 'parameter') {
    const known = bindings.get(type.name)
    if (known) return substituted(known, bindings, unknown, count)
    return unknown === 'dyn' ? DYN : type
  }
  if (type.of.length === 0) return type
  return { ...type, of: type.of.map((one) => substituted(one, bindings, unknown, count)) }
}

interface Draft {
  readonly known: Bindings
  readonly found: Map<string, CelType>
}

const boundIn = ({ known, found }: Draft, name: string): CelType | undefined =>
  found.get(name) ?? known.get(name)

function fitAll(draft: Draft, found: readonly CelType[], wanted: readonly CelType[]): boolean {
  return found.length === wanted.length && found.every((type, i) => fits(draft, type, wanted[i]!))
}

function fits(draft: Draft, a: CelType, b: CelType): boolean {
  if (b.kind === 'parameter') {
    const outcome = bind(draft, b, a)
    if (outcome !== 'free') return outcome === 'bound'
  }
  if (a.kind === 'parameter') return bind(draft, a, b) === 'bound'
  if (isDynOrError(a) || isDynOrError(b)) return true
  if (a === NULL) return isNullable(b)
  if (b === NULL) return isNullable(a)
  if (a.kind === 'type') return b.kind === 'type'
  return a.kind === b.kind && a.name === b.name && fitAll(draft, a.of, b.of)
}

const isNullable = (type: CelType): boolean =>
  type === NULL ||
  type.kind === 'opaque' ||
  type.kind === 'object' ||
  type.name === 'duration' ||
  type.name === 'timestamp'

/** Takes `parameter` for `type`; `free` where it cannot, and nothing was known of the parameter before. */
function bind(draft: Draft, parameter: CelType, type: CelType): 'bound' | 'taken' | 'free' {
  if (sameType(parameter, type)) return 'bound'
  const known = boundIn(draft, parameter.name)
  if (!known) {
    if (occurs(draft, parameter, type)) return 'free'
    draft.found.set(parameter.name, type)
    return 'bound'
  }
  if (sameType(known, type)) return 'bound'
  if (!fits(draft, type, known)) return 'taken'
  const general = moreGeneral(type, known)
  if (!occurs(draft, parameter, general)) draft.found.set(parameter.name, general)
  return 'bound'
}

/** Of two types that fit, the one that says less. */
export const moreGeneral = (a: CelType, b: CelType): CelType => (saysNoMore(a, b) ? a : b)

function saysNoMore(a: CelType, b: CelType): boolean {
  if (isDyn(a) || a.kind === 'parameter') return true
  if (isDyn(b) || b.kind === 'parameter' || a.kind !== b.kind) return false
  if (a.kind === 'type') return true
  return a.name === b.name && a.of.length === b.of.length && a.of.every((one, i) => saysNoMore(one, b.of[i]!))
}

/** A parameter must not stand for something that it is a part of. */
function occurs(draft: Draft, parameter: CelType, type: CelType): boolean {
  if (sameType(parameter, type)) return true
  if (type.kind === 'parameter') {
    const known = boundIn(draft, type.name)
    return known !== undefined && occurs(draft, parameter, known)
  }
  return type.of.some((one) => occurs(draft, parameter, one))
}
