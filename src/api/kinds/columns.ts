// What the columns of `kubectl get` have in common: names, ages, labels, the containers of a template.
//
// Upstream: pkg/printers/internalversion/printers.go, staging/src/k8s.io/apimachinery/pkg/util/duration

import type { Column } from '#api/kinds/kind.ts'
import { formatSelectorOrNone } from '#api/kinds/scale-selector.ts'
import type { ObjectMeta } from '#api/meta/object.ts'
import { timeMs } from '#api/meta/time.ts'
import { describeType } from '#api/schema/descriptions.ts'
import type { PodTemplateSpec } from '#api/types/core.ts'
import type { LabelSelector } from '#api/types/meta.ts'

interface WithMetadata {
  readonly metadata?: ObjectMeta
}

/** A column whose description is that of a field: `field('core.v1.PodStatus', 'podIP')`. */
interface FieldReference {
  readonly type: string
  readonly name: string
  readonly hasParagraphs?: boolean
}

export const field = (type: string, name: string): FieldReference => ({ type, name })

/** The same where the description has paragraphs, of which our source has left two spaces. */
export const longField = (type: string, name: string): FieldReference => ({ type, name, hasParagraphs: true })

type Cell<T> = Column<T>['cell']

interface ColumnOptions {
  readonly type?: Column<unknown>['type']
  readonly format?: string
  readonly isWide?: boolean
}

/** Descriptions of fields are looked up when somebody asks for a table, not when the kinds are loaded. */
export function column<T>(
  name: string,
  description: string | FieldReference,
  cell: Cell<T>,
  options: ColumnOptions = {},
): Column<T> {
  return {
    name,
    type: options.type ?? 'string',
    ...(options.format && { format: options.format }),
    get description() {
      return typeof description === 'string' ? description : textOf(description)
    },
    priority: options.isWide ? 1 : 0,
    cell,
  }
}

function textOf({ type, name, hasParagraphs }: FieldReference): string {
  const text = describeType(type).fields[name] ?? ''
  return hasParagraphs ? text.replace(/(?<=\S) {2,}(?=[^\s=])|(?<=\.\.\.) (?=\})/g, breakOf) : text
}

/** The line that ended where spaces are: two end a paragraph, more indent what follows. */
function breakOf(spaces: string, offset: number, text: string): string {
  const isListed = /^\d\. /.test(text.slice(offset + spaces.length))
  if (spaces.length === 2) return '\n\n'
  if (spaces.length === 4 && isListed) return `\n\n${' '.repeat(2)}`
  return `\n${' '.repeat(spaces.length - 1)}`
}

export const integer = { type: 'integer' } as const
export const boolean = { type: 'boolean' } as const
export const wide = { isWide: true } as const

export function nameColumn<T extends WithMetadata>(options: ColumnOptions = {}): Column<T> {
  const cell = (object: T): string => object.metadata?.name ?? ''
  return column('Name', field('meta.v1.ObjectMeta', 'name'), cell, { format: 'name', ...options })
}

/** The name, marked where an annotation makes the object the default of its kind. */
export function nameColumnWithDefault<T extends WithMetadata>(annotations: readonly string[]): Column<T> {
  return column(
    'Name',
    field('meta.v1.ObjectMeta', 'name'),
    ({ metadata }) => {
      const isDefault = annotations.some((name) => metadata?.annotations?.[name] === 'true')
      return `${metadata?.name ?? ''}${isDefault ? ' (default)' : ''}`
    },
    { format: 'name' },
  )
}

export function ageColumn<T extends WithMetadata>(): Column<T> {
  return {
    name: 'Age',
    type: 'string',
    get description() {
      return textOf(longField('meta.v1.ObjectMeta', 'creationTimestamp'))
    },
    priority: 0,
    cell: (object, now) => since(object.metadata?.creationTimestamp, now),
  }
}

/** The columns of a kind that declares none, as upstream's default printer has them. */
export const DEFAULT_COLUMNS: readonly Column<WithMetadata>[] = [
  nameColumn(),
  column(
    'Created At',
    longField('meta.v1.ObjectMeta', 'creationTimestamp'),
    ({ metadata }) => metadata?.creationTimestamp ?? null,
    { type: 'date' },
  ),
]

/** How long ago, or `<unknown>`. */
export function since(time: string | null | undefined, now: number): string {
  return time ? humanDuration(now - timeMs(time)) : '<unknown>'
}

/** The two greatest units that matter: `42s`, `3m5s`, `7h`, `2d4h`, `3y20d`. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.trunc(seconds / 60)
  if (minutes < 10) return twoUnits(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.trunc(minutes / 60)
  if (hours < 8) return twoUnits(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.trunc(hours / 24)
  if (hours < 24 * 8) return twoUnits(days, 'd', hours % 24, 'h')
  if (days < 365 * 2) return `${days}d`
  const years = Math.trunc(days / 365)
  return days < 365 * 8 ? twoUnits(years, 'y', days % 365, 'd') : `${years}y`
}

const twoUnits = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`

/** `a=b,c=d` in the order of the keys, or `<none>`. */
export function formatLabelMap(labels: Readonly<Record<string, string>> | undefined): string {
  const parts = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`)
  return parts.length > 0 ? parts.sort().join(',') : '<none>'
}

/** The label selector by which a workload finds its pods; no library tells the description of such a field. */
export const selectorColumn = <T>(
  description: string,
  selectorOf: (object: T) => LabelSelector | undefined,
): Column<T> => column('Selector', description, (object: T) => formatSelectorOrNone(selectorOf(object)), wide)

/** Containers and Images of the template that `templateOf` finds. */
export function templateColumns<T>(templateOf: (object: T) => PodTemplateSpec | undefined): Column<T>[] {
  const list = (object: T, name: 'name' | 'image'): string =>
    (templateOf(object)?.spec?.containers ?? []).map((container) => container[name] ?? '').join(',')
  return [
    column(
      'Containers',
      'Names of each container in the template.',
      (object: T) => list(object, 'name'),
      wide,
    ),
    column(
      'Images',
      'Images referenced by each container in the template.',
      (object: T) => list(object, 'image'),
      wide,
    ),
  ]
}
