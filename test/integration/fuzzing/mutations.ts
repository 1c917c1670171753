// Broken variants of what is right: of JSON values, of texts and of bytes. Repeatable: chance comes in.

import type { Random } from '#sys/random.ts'

/** Choices out of a sequence of chance. */
export class Chooser {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  below(limit: number): number {
    return Math.floor(this.#random.next() * limit)
  }

  chance(probability: number): boolean {
    return this.#random.next() < probability
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!
  }

  /** `least` to `most` times what `make` gives. */
  several<T>(least: number, most: number, make: () => T): T[] {
    return Array.from({ length: least + this.below(most - least + 1) }, make)
  }
}

const DEEP = JSON.parse(`${'['.repeat(60)}${']'.repeat(60)}`) as unknown

/** Words that mean something to one parser or another. */
export const STRANGE_TEXTS: readonly string[] = [
  ...[
    '',
    ' ',
    '.',
    '..',
    '/',
    '*',
    '-',
    '0',
    '-1',
    '1e400',
    'NaN',
    'null',
    'true',
    'a=b',
    'a in (b',
    '100%',
    '-5%',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'length',
    '$patch',
    '$(A)',
    '$(',
    '~1',
    '~2',
    '{}',
  ],
  ...[
    'a\u0000b',
    '\ud800',
    '\u202e',
    'é'.repeat(70),
    'x'.repeat(300),
    'x'.repeat(5000),
    'A'.repeat(63),
    '::1',
    '::/129',
  ],
  ...[
    '10.0.0.300',
    '0x1F',
    '1Ki',
    '1.5Gi',
    '9'.repeat(40),
    '1m',
    '0.0000000001n',
    '2026-13-45T25:61:61Z',
    '1h-1m',
    'P1D',
  ],
  ...[
    'Always',
    'Never',
    'Delete',
    'default',
    'kube-system',
    'TCP',
    'ClusterIP',
    'None',
    '\n',
    '\t{"a":',
    '(?<',
    '((((a*)*)*)*)*b',
  ],
]

const STRANGE_VALUES: readonly unknown[] = [
  ...[null, true, false, 0, -0, -1, 1, 0.5, 1e308, -1e308, 2 ** 31, 2 ** 53, 2 ** 63, 65_536, 1e-7],
  ...[
    [],
    {},
    [null],
    [[]],
    [{}],
    { '': '' },
    { '': null },
    DEEP,
    new Array(500).fill('x'),
    [1, 'a', null, {}],
  ],
]

/** A copy: what was drawn may be broken further. */
const strangeValue = (choose: Chooser): unknown => structuredClone(choose.pick(STRANGE_VALUES))

type Place = { readonly holder: Record<string, unknown> | unknown[]; readonly key: string | number }

function placesOf(value: unknown, found: Place[] = []): Place[] {
  if (Array.isArray(value)) {
    value.forEach((item, key) => {
      found.push({ holder: value, key })
      placesOf(item, found)
    })
  } else if (value && typeof value === 'object') {
    for (const [key, item] of Object.entries(value)) {
      found.push({ holder: value as Record<string, unknown>, key })
      placesOf(item, found)
    }
  }
  return found
}

/** A copy in which one to four places are wrong. */
export function mutateJson(value: unknown, choose: Chooser): unknown {
  const copy = structuredClone(value)
  const count = 1 + choose.below(4)
  for (let index = 0; index < count; index++) {
    const places = placesOf(copy)
    if (places.length === 0) return strangeValue(choose)
    mutatePlace(choose.pick(places), places, choose)
  }
  return copy
}

function mutatePlace({ holder, key }: Place, places: readonly Place[], choose: Chooser): void {
  const target = holder as Record<string | number, unknown>
  const set = (name: string | number, value: unknown) =>
    Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true })
  switch (choose.below(7)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1)
      else delete target[key]
      return
    case 1:
      set(key, [structuredClone(target[key])])
      return
    case 2:
      set(Array.isArray(holder) ? holder.length : choose.pick(STRANGE_TEXTS), strangeValue(choose))
      return
    case 3: {
      const other = choose.pick(places)
      set(key, structuredClone((other.holder as Record<string | number, unknown>)[other.key]))
      return
    }
    case 4:
      if (Array.isArray(holder)) holder.push(structuredClone(target[key]))
      else set(choose.pick(STRANGE_TEXTS), structuredClone(target[key]))
      return
    case 5:
      set(key, choose.pick(STRANGE_TEXTS))
      return
    default:
      set(key, strangeValue(choose))
  }
}

const PIECES = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '\\',
  '\\u',
  '0',
  '-',
  'e',
  '\0',
  '{"a":1,',
  '"kind":"Pod",',
  '[[[[',
]

/** A text that is cut, doubled or has something in it that does not belong there. */
export function mutateText(text: string, choose: Chooser): string {
  const at = choose.below(text.length + 1)
  switch (choose.below(4)) {
    case 0:
      return text.slice(0, at)
    case 1:
      return text.slice(0, at) + choose.pick(PIECES) + text.slice(at)
    case 2:
      return text.slice(0, at) + text.slice(at + 1 + choose.below(5))
    default:
      return text + text.slice(0, at)
  }
}

/** Bytes of which a few are others, missing or doubled; the first `kept` stay as they are. */
export function mutateBytes(bytes: Uint8Array, kept: number, choose: Chooser): Buffer {
  let copy = Buffer.from(bytes)
  for (const _round of choose.several(1, 6, () => 0)) {
    const at = kept + choose.below(Math.max(1, copy.length - kept))
    switch (choose.below(4)) {
      case 0:
        copy[Math.min(at, copy.length - 1)] = choose.below(256)
        break
      case 1:
        copy = copy.subarray(0, at)
        break
      case 2:
        copy = Buffer.concat([
          copy.subarray(0, at),
          Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]),
          copy.subarray(at),
        ])
        break
      default:
        copy = Buffer.concat([copy, copy.subarray(at)])
    }
  }
  return copy
}
