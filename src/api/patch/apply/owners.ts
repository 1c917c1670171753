// Who owns which fields of an object: `metadata.managedFields`, read and written.
//
// An owner is a manager's name with what it does (Apply or Update) and through which subresource; each Update also
// counts by the version it was made in. Upstream: staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/managedfields.go

import type { ManagedFieldsEntry } from '#api/meta/object.ts'
import { EMPTY, type FieldSet } from '#api/patch/apply/field-set.ts'
import { readFields, sortedFields } from '#api/patch/apply/fields-v1.ts'
import { compareStrings } from '#api/patch/apply/values.ts'

export interface Owner {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly subresource: string
  readonly time?: string | undefined
  readonly fields: FieldSet
  /** How the owner stands in the stored object, where nothing has changed since. */
  readonly entry?: ManagedFieldsEntry
}

/** By identity. Upstream keeps a map as well, so that of two entries with one identity the last counts. */
export type Owners = Map<string, Owner>

/** What makes an owner this one: its name in sorted lists and in conflicts. */
export function identityOf(owner: Omit<Owner, 'fields'>): string {
  const { manager, operation, apiVersion, subresource } = owner
  const named = manager === '' ? '' : `"manager":${quoted(manager)},`
  const version = operation === 'Update' ? `,"apiVersion":${quoted(apiVersion)}` : ''
  const through = subresource === '' ? '' : `,"subresource":${quoted(subresource)}`
  return `{${named}"operation":"${operation}"${version}${through}}`
}

const quoted = (text: string): string => (/^[\w./-]*$/.test(text) ? `"${text}"` : JSON.stringify(text))

/** Thrown for entries that the server cannot have written. */
export class ManagedFieldsError extends Error {}

/** Reads entries that the server has written: their sets are taken as they are. */
export function ownersOfStored(entries: readonly ManagedFieldsEntry[] | undefined): Owners {
  return readOwners(entries, (entry) => ({ fields: (entry.fieldsV1 ?? EMPTY) as FieldSet, entry }))
}

/** Reads entries that a client has sent. */
export function ownersOfRequest(entries: readonly ManagedFieldsEntry[] | undefined): Owners {
  return readOwners(entries, (entry) => ({ fields: readFields(entry.fieldsV1) }))
}

function readOwners(
  entries: readonly ManagedFieldsEntry[] | undefined,
  read: (entry: ManagedFieldsEntry) => Pick<Owner, 'fields' | 'entry'>,
): Owners {
  const owners: Owners = new Map()
  for (const [position, entry] of (entries ?? []).entries()) {
    checkEntry(entry, position)
    const owner: Owner = {
      manager: entry.manager ?? '',
      operation: entry.operation as Owner['operation'],
      apiVersion: entry.apiVersion!,
      subresource: entry.subresource ?? '',
      time: entry.time,
      ...read(entry),
    }
    owners.set(identityOf(owner), owner)
  }
  return owners
}

function checkEntry(entry: ManagedFieldsEntry, position: number): void {
  const { operation, apiVersion, fieldsType } = entry
  if (operation !== 'Apply' && operation !== 'Update') {
    throw new ManagedFieldsError('operation must be `Apply` or `Update`')
  }
  if (!apiVersion) throw new ManagedFieldsError('apiVersion must not be empty')
  if (!fieldsType) {
    throw new ManagedFieldsError(`missing fieldsType in managed fields entry ${position}`)
  }
  if (fieldsType !== 'FieldsV1') {
    const type = JSON.stringify(fieldsType)
    throw new ManagedFieldsError(`invalid fieldsType ${type} in managed fields entry ${position}`)
  }
}

/** The entries of `owners` in their order; undefined when there are none. */
export function entriesOf(owners: Owners): ManagedFieldsEntry[] | undefined {
  if (owners.size === 0) return undefined
  return [...owners.values()].sort(compareOwners).map((owner) => owner.entry ?? entryOf(owner))
}

function entryOf({ manager, operation, apiVersion, time, fields, subresource }: Owner): ManagedFieldsEntry {
  const entry: { -readonly [K in keyof ManagedFieldsEntry]: ManagedFieldsEntry[K] } = {}
  if (manager !== '') entry.manager = manager
  entry.operation = operation
  entry.apiVersion = apiVersion
  if (time !== undefined) entry.time = time
  entry.fieldsType = 'FieldsV1'
  entry.fieldsV1 = sortedFields(fields)
  if (subresource !== '') entry.subresource = subresource
  return entry
}

/** Appliers before updaters, the oldest first, then by name. */
function compareOwners(a: Owner, b: Owner): number {
  return (
    compareStrings(a.operation, b.operation) ||
    compareStrings(a.time ?? '', b.time ?? '') ||
    compareStrings(a.manager, b.manager) ||
    compareStrings(a.apiVersion, b.apiVersion) ||
    compareStrings(a.subresource, b.subresource)
  )
}

/** `owner` with other fields, or another time. */
export function changeOwner(owner: Owner, change: Partial<Pick<Owner, 'fields' | 'time'>>): Owner {
  if ((change.fields ?? owner.fields) === owner.fields && !('time' in change)) return owner
  const { entry: _, ...rest } = owner
  return { ...rest, ...change }
}
