// Writes an object the way Go's spew prints the struct it is decoded into (`%#v`, no methods, sorted keys).
//
// Absent, null and empty lists and maps are all nil, since upstream's objects went through protobuf, which
// cannot tell them apart; an empty struct behind a pointer stays. Upstream: k8s.io/utils/dump (ForHash),
// github.com/davecgh/go-spew (format.go). Left out: times and managedFields, which a template never has.

import { canonicalQuantity, parseQuantity, type Quantity } from '#api/meta/quantity.ts'
import { GO_STRUCTS } from '#controllers/hash/go-structs.ts'

interface Field {
  readonly name: string
  /** Undefined: the fields lie in the parent's JSON object. */
  readonly json: string | undefined
  readonly type: string
}

type Json = Readonly<Record<string, unknown>>

/** The dump of `value` as the Go struct `type`, with its type in front: what upstream hashes. */
export function dumpGoStruct(type: string, value: object): string {
  return typed(type, value)
}

/** A value with its type in front: how fields of structs are printed. */
function typed(type: string, value: unknown): string {
  return value !== undefined && value !== null && type.startsWith('*')
    ? `(${type})${bare(type.slice(1), value)}`
    : `(${type.slice(type.indexOf('/') + 1)})${bare(type, value)}`
}

/** A value without its type: how elements of lists and maps are printed. */
function bare(type: string, value: unknown): string {
  if (type.startsWith('*'))
    return value === undefined || value === null ? '<nil>' : bare(type.slice(1), value)
  if (type.startsWith('[]')) return dumpSlice(type.slice(2), value)
  if (type === 'map[string]string') return dumpMap('string', value)
  if (type === 'v1.ResourceList') return dumpMap('resource.Quantity', value)
  if (type === 'v1.Time') return '{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}'
  if (type === 'resource.Quantity') return dumpQuantity(value)
  if (type === 'intstr.IntOrString') return dumpIntOrString(value)
  if (type === 'bool') return value === true ? 'true' : 'false'
  if (type === 'int32' || type === 'int64') return String(value ?? 0)
  return GO_STRUCTS[type] === undefined ? String(value ?? '') : dumpStruct(type, (value ?? {}) as Json)
}

function dumpSlice(element: string, value: unknown): string {
  const items = (value ?? []) as readonly unknown[]
  return items.length === 0 ? '<nil>' : `[${items.map((item) => bare(element, item)).join(' ')}]`
}

function dumpMap(element: string, value: unknown): string {
  const entries = Object.entries((value ?? {}) as Json)
  if (entries.length === 0) return '<nil>'
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `map[${entries.map(([key, item]) => `${key}:${bare(element, item)}`).join(' ')}]`
}

function dumpStruct(type: string, value: Json): string {
  const parts = fieldsOf(type).map((field) => {
    const item = field.json === undefined ? value : value[field.json]
    return `${field.name}:${typed(field.type, item)}`
  })
  return `{${parts.join(' ')}}`
}

function fieldsOf(type: string): readonly Field[] {
  return (GO_STRUCTS[type] ?? '').split(' ').map((word) => {
    const [names = '', fieldType = ''] = splitOnce(word, ':')
    const [name = '', json = name.charAt(0).toLowerCase() + name.slice(1)] = splitOnce(names, '=')
    return { name, json: json === '-inline' ? undefined : json, type: fieldType }
  })
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

function dumpIntOrString(value: unknown): string {
  const isText = typeof value === 'string'
  return `{Type:(intstr.Type)${isText ? 1 : 0} IntVal:(int32)${isText ? 0 : (value ?? 0)} StrVal:(string)${isText ? value : ''}}`
}

/** A quantity as Go holds it after reading its canonical text: a small integer, or a big decimal. */
function dumpQuantity(value: unknown): string {
  const text = canonicalQuantity(String(value ?? '0'))
  const quantity = parseQuantity(text)
  const isZero = text === '0'
  const fits = isZero || fitsSmallInteger(text, quantity)
  const small = fits ? quantity : { mantissa: 0n, scale: 0 }
  return (
    `{i:(resource.int64Amount){value:(int64)${small.mantissa} scale:(resource.Scale)${small.scale}} ` +
    `d:(resource.infDecAmount){Dec:(*inf.Dec)${fits ? '<nil>' : dumpBigDecimal(quantity)}} ` +
    `s:(string)${isZero ? '0' : (quantity.text ?? '')} Format:(resource.Format)${quantity.format}}`
  )
}

/** Go's estimate of whether the digits fit an int64; it counts digits, and is careful with binary suffixes. */
function fitsSmallInteger(text: string, quantity: Quantity): boolean {
  const digits = /^[+-]?(\d+)/.exec(text)?.[1]?.length ?? 0
  const binary = /([KMGTPE])i$/.exec(text)?.[1]
  if (binary === undefined) return digits <= 18
  const exponent = ('KMGTPE'.indexOf(binary) + 1) * 10
  return 15 - digits - Math.trunc((exponent * 3) / 10) - 1 >= 0 && abs(quantity.mantissa) < 2n ** 63n
}

/** Rounded to nanos, as 64-bit words with the lowest first. */
function dumpBigDecimal({ mantissa, scale }: Quantity): string {
  const words: string[] = []
  for (let rest = abs(mantissa) * 10n ** BigInt(scale + 9); rest > 0n; rest >>= 64n)
    words.push(String(rest & (2n ** 64n - 1n)))
  const magnitude = words.length === 0 ? '<nil>' : `[${words.join(' ')}]`
  return `{unscaled:(big.Int){neg:(bool)${mantissa < 0n} abs:(big.nat)${magnitude}} scale:(inf.Scale)9}`
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value)
