// What a call costs at most, and how large its result can be, from the sizes of what it is given.
//
// Undefined where a function costs one, as most do. Upstream: functionCost in github.com/google/cel-go/checker/cost.go,
// staging/src/k8s.io/apiserver/pkg/cel/library/cost.go

import type { CelType } from '#api/cel/checker/types.ts'
import { sameType } from '#api/cel/checker/types.ts'
import { fixed, type Range, sum, times, timesFactor, UNKNOWN, union } from '#api/cel/cost/size.ts'
import type { CelNode } from '#api/cel/node.ts'

/** To go through a text costs one for ten characters. */
const TRAVERSAL = 0.1
/** To match costs one for four characters of the pattern. */
const PATTERN = 0.25
const CHECK = 350_000
const FORMAT_PATTERN = 128
const FORMAT_NAME = 64
const LIST_COST = 10
const MESSAGE_COST = 40
const ADDRESS = { min: 4, max: 16 }
const ONE = fixed(1)

export interface CallArgument {
  readonly node: CelNode
  readonly type: CelType
  readonly size: Range | undefined
}

export interface CallInput {
  readonly name: string
  /** The first type that the overload takes. */
  readonly first: CelType | undefined
  readonly second: CelType | undefined
  readonly target: CallArgument | undefined
  readonly args: readonly CallArgument[]
  /** The size of an item of the list that is the target. */
  readonly itemSize: () => Range
}

export interface CallCost {
  readonly cost: Range
  readonly size?: Range
}

const sizeOf = (argument: CallArgument | undefined): Range => argument?.size ?? UNKNOWN

export function callCost(input: CallInput): CallCost | undefined {
  return kubernetesCost(input) ?? extensionCost(input) ?? standardCost(input)
}

function kubernetesCost(input: CallInput): CallCost | undefined {
  const { name, target, args } = input
  const [first] = args
  const through = (argument: CallArgument | undefined, factor = TRAVERSAL): Range =>
    timesFactor(sizeOf(argument), factor)
  switch (name) {
    case 'check':
      return target && { cost: fixed(CHECK) }
    case 'fieldSelector':
    case 'labelSelector':
      return { cost: selectorCost(sizeOf(first)) }
    case 'isSorted':
    case 'sum':
    case 'max':
    case 'min':
    case 'indexOf':
    case 'lastIndexOf':
      return target && listCost(input, target)
    case 'url':
    case 'jsonpatch.escapeKey':
      return { cost: through(first), size: sizeOf(first) }
    case 'lowerAscii':
    case 'upperAscii':
    case 'substring':
    case 'trim':
      return { cost: through(target), size: sizeOf(target) }
    case 'replace':
      return {
        cost: through(target, 2 * TRAVERSAL),
        size: replacedSize(sizeOf(target), sizeOf(first), sizeOf(args[1])),
      }
    case 'split':
      return {
        cost: through(target, 2 * TRAVERSAL),
        size: { min: 0, max: limitOf(args[1]) ?? sizeOf(target).max },
      }
    case 'join':
      return joinCost(input)
    case 'find':
    case 'findAll':
      return { cost: matchCost(sizeOf(target), sizeOf(first)), size: { min: 0, max: sizeOf(target).max } }
    case 'ip':
      return target ? { cost: ONE } : { cost: through(first) }
    case 'ip.isCanonical':
      return { cost: through(first, 2 * TRAVERSAL) }
    case 'cidr':
    case 'isIP':
    case 'isCIDR':
    case 'quantity':
    case 'isQuantity':
    case 'semver':
    case 'isSemver':
      return { cost: through(first) }
    case 'containsIP':
    case 'containsCIDR':
      return { cost: containsCost(input) }
    case 'validate':
      return { cost: timesFactor(through(first), FORMAT_PATTERN * PATTERN) }
    case '_==_':
      return equalityCost(args)
    default:
      return undefined
  }
}

/** Of lists and sets: a list is made, of so many items. */
function extensionCost({ name, target, args }: CallInput): CallCost | undefined {
  const list = sizeOf(target)
  switch (name) {
    case 'slice':
      return listMade(1, fixed(Math.max(0, (limitOf(args[1]) ?? list.max) - (limitOf(args[0]) ?? 0))))
    case 'lists.range':
      return listMade(1, fixed(limitOf(args[0]) ?? UNKNOWN.max))
    case 'reverse':
      return listMade(1, list)
    case 'flatten':
      return listMade(args.length === 0 ? 1 : (limitOf(args[0]) ?? UNKNOWN.max), list)
    case 'distinct':
      return listMade(2, times(list, list))
    case 'sort':
      return sortCost(target)
    case '@sortByAssociatedKeys':
      return sortCost(args[0])
    case 'sets.contains':
    case 'sets.intersects':
    case 'sets.equivalent': {
      const each = name === 'sets.equivalent' ? 2 : 1
      return { cost: sum(timesFactor(times(sizeOf(args[0]), sizeOf(args[1])), each), ONE) }
    }
    default:
      return undefined
  }
}

const listMade = (each: number, size: Range): CallCost => ({
  cost: sum(timesFactor(size, each), ONE, fixed(LIST_COST)),
  size,
})

function sortCost(list: CallArgument | undefined): CallCost {
  const isOfTexts = isText(list?.type.of[0])
  return listMade(isOfTexts ? 2 + TRAVERSAL : 2, times(sizeOf(list), sizeOf(list)))
}

function listCost({ itemSize }: CallInput, target: CallArgument): CallCost {
  const [item] = target.type.of
  if (!item) return { cost: timesFactor(sizeOf(target), TRAVERSAL) }
  const isText = item.name === 'string' || item.name === 'bytes'
  const each = isText ? sum(ONE, timesFactor(itemSize(), TRAVERSAL)) : ONE
  return { cost: times(sizeOf(target), each) }
}

function selectorCost(length: Range): Range {
  const requirements = timesFactor(timesFactor(length, 0.5), LIST_COST + MESSAGE_COST)
  return sum(fixed(LIST_COST), timesFactor(length, TRAVERSAL), requirements)
}

function replacedSize(size: Range, old: Range, replacement: Range): Range {
  const most = old.min === 0 ? size.max + 1 : replacement.max <= old.min ? 0 : Math.ceil(size.max / old.min)
  const least = old.max === 0 ? size.min + 1 : old.max <= replacement.min ? 0 : Math.ceil(size.min / old.max)
  const kept = {
    max: old.min === 0 || replacement.max <= old.min ? size.max : 0,
    min: old.max === 0 || old.max <= replacement.min ? size.min : 0,
  }
  return sum(times({ min: least, max: most }, replacement), kept)
}

function limitOf(argument: CallArgument | undefined): number | undefined {
  const isNumber = argument?.node.kind === 'literal' && argument.node.type === 'int'
  return isNumber ? Number((argument.node as { text: string }).text) : undefined
}

function joinCost({ target, args, itemSize }: CallInput): CallCost {
  const list = sizeOf(target)
  const separators = { min: Math.max(0, list.min - 1), max: Math.max(0, list.max - 1) }
  const texts = times(list, itemSize())
  const size = args.length > 0 ? sum(texts, times(sizeOf(args[0]), separators)) : texts
  return { cost: timesFactor(size, TRAVERSAL), size }
}

const matchCost = (text: Range, pattern: Range): Range =>
  times(timesFactor(sum(text, ONE), TRAVERSAL), timesFactor(pattern, PATTERN))

function containsCost({ name, second, args }: CallInput): Range {
  const addresses = timesFactor(sum(ADDRESS, ADDRESS), TRAVERSAL)
  const mask = name === 'containsCIDR' ? sum(timesFactor(ADDRESS, TRAVERSAL), ONE) : fixed(0)
  const parse = second?.name === 'string' ? timesFactor(sizeOf(args[0]), TRAVERSAL) : fixed(0)
  return sum(addresses, mask, parse)
}

const COMPARED_AT_ONCE = ['net.IP', 'net.CIDR', 'kubernetes.Quantity', 'kubernetes.Semver']

function equalityCost([left, right]: readonly CallArgument[]): CallCost | undefined {
  if (!left || !right || !sameType(left.type, right.type)) return undefined
  const { name } = left.type
  if (COMPARED_AT_ONCE.includes(name) || name.startsWith('kubernetes.authorization.')) return { cost: ONE }
  if (name === 'kubernetes.NamedFormat') return { cost: timesFactor({ min: 1, max: FORMAT_NAME }, TRAVERSAL) }
  if (name === 'kubernetes.URL')
    return { cost: timesFactor({ min: 1, max: right.size?.max ?? 1 }, TRAVERSAL) }
  return undefined
}

function standardCost({ name, first, second, target, args }: CallInput): CallCost | undefined {
  const [left, right] = args
  switch (name) {
    case 'format':
      return { cost: timesFactor(sizeOf(target), TRAVERSAL) }
    case 'bytes':
      return first?.name === 'string' ? converted(sizeOf(left), 1, 4) : undefined
    case 'string':
      return first?.name === 'bytes' ? converted(sizeOf(left), 0.25, 1) : undefined
    case 'strings.quote': {
      const { min, max } = sizeOf(left)
      return { cost: timesFactor(sizeOf(left), TRAVERSAL), size: { min: min + 2, max: max * 2 + 2 } }
    }
    case 'startsWith':
    case 'endsWith':
      return { cost: timesFactor(sizeOf(left), TRAVERSAL) }
    case '@in':
      return second?.kind === 'list' ? { cost: sizeOf(right) } : undefined
    case 'matches':
      return target ? { cost: matchCost(sizeOf(target), sizeOf(left)) } : undefined
    case 'contains':
      return { cost: times(timesFactor(sizeOf(target), TRAVERSAL), timesFactor(sizeOf(left), TRAVERSAL)) }
    case '_+_':
      return additionCost(first, sum(sizeOf(left), sizeOf(right)))
    case '_?_:_':
      return { cost: fixed(0), size: union(sizeOf(right), sizeOf(args[2])) }
    case '_<_':
    case '_<=_':
    case '_>_':
    case '_>=_':
      return isText(first) && isText(second)
        ? { cost: comparisonCost(sizeOf(left), sizeOf(right)) }
        : undefined
    case '_==_':
    case '_!=_':
      return { cost: comparisonCost(sizeOf(left), sizeOf(right)) }
    default:
      return undefined
  }
}

const isText = (type: CelType | undefined): boolean => type?.name === 'string' || type?.name === 'bytes'

const converted = (size: Range, least: number, most: number): CallCost => ({
  cost: timesFactor(size, TRAVERSAL),
  size: { min: Math.floor(size.min * least), max: size.max * most },
})

function additionCost(first: CelType | undefined, size: Range): CallCost | undefined {
  if (first?.kind === 'list') return { cost: ONE, size }
  return isText(first) ? { cost: timesFactor(size, TRAVERSAL), size } : undefined
}

/** The shorter of the two settles it. */
function comparisonCost(left: Range, right: Range): Range {
  const max = Math.min(left.max, right.max)
  return timesFactor({ min: max > 0 ? 1 : 0, max }, TRAVERSAL)
}
