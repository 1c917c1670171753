// Texts with places for values, `'%d of %s'.format([1, 'a'])`: that each place has a value of a type that it can show.
//
// Judged where both the text and the list are written out. Upstream: github.com/google/cel-go/ext/formatting.go

import { type CelType, isDyn } from '#api/cel/checker/types.ts'
import type { CelCall, CelNode } from '#api/cel/node.ts'
import type { CelIssue } from '#api/cel/tokens.ts'

type TypeOf = (node: CelNode) => CelType

/** What each letter can show, and what is said of anything else. */
const CLAUSES: Readonly<Record<string, readonly [types: readonly string[], text: string]>> = {
  d: [['int', 'uint'], 'decimal clause can only be used on integers'],
  f: [['double', 'string'], 'fixed-point clause can only be used on doubles'],
  e: [['double', 'string'], 'scientific clause can only be used on doubles'],
  b: [['int', 'uint', 'bool'], 'only integers and bools can be formatted as binary'],
  x: [['int', 'uint', 'string', 'bytes'], 'only integers, byte buffers, and strings can be formatted as hex'],
  X: [['int', 'uint', 'string', 'bytes'], 'only integers, byte buffers, and strings can be formatted as hex'],
  o: [['int', 'uint'], 'octal clause can only be used on integers'],
}
const SHOWN = [
  'list',
  'map',
  'int',
  'uint',
  'double',
  'bool',
  'string',
  'timestamp',
  'bytes',
  'duration',
  'type',
  'null',
]
const SHOWN_TEXT =
  'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps'

export function formatIssue(call: CelCall, typeOf: TypeOf): CelIssue | undefined {
  const { name, target, args, at } = call
  const [list] = args
  if (name !== 'format' || target?.kind !== 'literal' || target.type !== 'string' || list?.kind !== 'list')
    return undefined
  const values = list.items.map(({ value }) => value)
  const places = placesOf(target.text)
  for (const [i, place] of places.entries()) {
    const value = values[i]
    if (!value) return { at, text: `index ${i} out of range` }
    if (place.problem !== undefined) return { at, text: place.problem }
    const wrong = wrongValue(place.letter, value, typeOf)
    if (wrong) return { at: wrong.at, text: `error during formatting: ${wrong.text}` }
  }
  if (values.length <= places.length) return undefined
  const text = `too many arguments supplied to string.format (expected ${places.length}, got ${values.length})`
  return { at, text }
}

type FormatPlace =
  | { readonly letter: string; readonly problem?: never }
  | { readonly problem: string; readonly letter?: never }

function placesOf(text: string): FormatPlace[] {
  return [...text.matchAll(/%(?:%|(\.\d*)?([\s\S]?))/g)].flatMap(
    ([whole, precision, letter]): FormatPlace[] => {
      if (whole === '%%') return []
      if (whole === '%') return [{ problem: 'unexpected end of string' }]
      const begin = 'could not parse formatting clause: '
      if (letter === '')
        return [
          { problem: `${begin}error while parsing precision: could not find end of precision specifier` },
        ]
      if (precision === '.') {
        const why = 'error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax'
        return [{ problem: `${begin}error while parsing precision: ${why}` }]
      }
      if (letter === 's' || CLAUSES[letter!]) return [{ letter: letter! }]
      return [{ problem: `${begin}unrecognized formatting clause "${letter}"` }]
    },
  )
}

function wrongValue(letter: string, value: CelNode, typeOf: TypeOf): CelIssue | undefined {
  const type = typeOf(value)
  const [types, text] = CLAUSES[letter] ?? [SHOWN, SHOWN_TEXT]
  if (!isDyn(type) && !types.includes(type.name))
    return { at: value.at, text: `${text}, was given ${type.name}` }
  if (letter !== 's') return undefined
  // what is written out is shown part by part
  const parts =
    value.kind === 'list'
      ? value.items.map((item) => item.value)
      : value.kind === 'map'
        ? value.entries.flatMap((entry) => [entry.key, entry.value])
        : []
  for (const part of parts) {
    const wrong = wrongValue(letter, part, typeOf)
    if (wrong) return wrong
  }
  return undefined
}
