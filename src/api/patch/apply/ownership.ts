// Who owns what after a write: the two ways in, for updates of any kind and for configurations that are applied.
//
//   update:  compare before and after ▶ take what changed from its owners ▶ give it to the updater
//   apply:   merge the configuration ▶ remove what its applier gave up ▶ conflicts? ▶ take ▶ the applier owns what it named
//
// Pure: the time comes in, versions and schemas come in. What an object says of its owners itself is not looked at.
// Upstream: merge.Updater, and the chain of managers in
// staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/fieldmanager.go

import type { JsonObject } from '#api/meta/object.ts'
import { capUpdaters } from '#api/patch/apply/cap-updaters.ts'
import { difference, fieldSet, isEmptySet, union } from '#api/patch/apply/field-set.ts'
import { fieldsOf } from '#api/patch/apply/fields-of.ts'
import { mergeObjects } from '#api/patch/apply/merge.ts'
import { changeOwner, identityOf, type Owner, type Owners } from '#api/patch/apply/owners.ts'
import { pruneGivenUp } from '#api/patch/apply/prune.ts'
import { type Conflicts, presentOwners, takeFields } from '#api/patch/apply/take-over.ts'
import { equalValues } from '#api/patch/apply/values.ts'
import type { OwnableFields, Versions } from '#api/patch/apply/versions.ts'

/** Through which door a write comes. */
export interface Door {
  readonly versions: Versions
  readonly ownable: OwnableFields
  readonly apiVersion: string
  readonly subresource: string
}

/** What identifies an object, and what only the server sets, has no owner. */
const UNOWNED = fieldSet(
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((name) => ['f:metadata', `f:${name}`]),
)

/** Stands for the writer while its change is judged: so it takes fields from its own earlier entry as well. */
const THIS_WRITE = 'current-operation'

export interface Update {
  readonly before: JsonObject
  readonly after: JsonObject
  readonly manager: string
  readonly now: string
}

/** Owners after an update: who changed a field owns it. */
export function ownersAfterUpdate(door: Door, owners: Owners, update: Update): Owners {
  const { versions, ownable, apiVersion, subresource } = door
  const { before, after, manager, now } = update
  const present = presentOwners(versions, owners)
  const change = { before, after, apiVersion, identity: THIS_WRITE }
  const { comparison } = takeFields(versions, ownable, present, change, true)
  const changed = difference(union(comparison.modified, comparison.added), UNOWNED)
  if (!isEmptySet(changed)) {
    const writer = { manager: manager || 'unknown', operation: 'Update', apiVersion, subresource } as const
    const identity = identityOf(writer)
    const earlier = present.get(identity)
    const fields = earlier ? union(changed, earlier.fields) : changed
    present.set(identity, { ...writer, time: now, fields })
  }
  capUpdaters(present)
  return present
}

export interface Application {
  readonly live: JsonObject
  readonly config: JsonObject
  readonly manager: string
  readonly force: boolean
  readonly now: string
}

export type Applied =
  | { readonly conflicts: Conflicts; readonly owners: Owners }
  | {
      readonly conflicts?: undefined
      readonly owners: Owners
      /** Undefined where the configuration changes nothing but ownership. */
      readonly object: JsonObject | undefined
    }

/** Merges a valid configuration into the live object; with conflicts, nothing has happened. */
export function applyConfiguration(door: Door, owners: Owners, application: Application): Applied {
  const { versions, ownable, apiVersion, subresource } = door
  const { live, config, manager, force, now } = application
  const type = versions.typeOf(apiVersion)!
  const present = presentOwners(versions, owners)
  const applier = { manager: manager || 'unknown', operation: 'Apply', apiVersion, subresource } as const
  const identity = identityOf(applier)
  const last = present.get(identity)
  const fields = ownable(fieldsOf(type, config))
  present.set(identity, ownerNow(applier, last, fields))

  const merged = mergeObjects(type, live, config)
  const object = pruneGivenUp(versions, merged, apiVersion, present, last)
  const change = { before: live, after: object, apiVersion, identity }
  const { conflicts } = takeFields(versions, ownable, present, change, force)
  if (conflicts.size > 0 && !force) return { conflicts, owners: present }

  const isChanged = !equalValues(live, object)
  const own = present.get(identity)
  const owned = own && difference(own.fields, UNOWNED)
  if (!own || !owned || isEmptySet(owned)) present.delete(identity)
  else present.set(identity, changeOwner(own, { fields: owned, ...(isChanged && { time: now }) }))
  return { owners: present, object: isChanged ? object : undefined }
}

/** The applier with what it names now; it keeps its time until the object changes. */
function ownerNow(applier: Omit<Owner, 'fields'>, last: Owner | undefined, fields: Owner['fields']): Owner {
  return { ...applier, ...(last?.time !== undefined && { time: last.time }), fields }
}
