// What a change takes from the owners of the fields that it touches.
//
// Who changes a field that others own conflicts with them; by force, or by an update, it takes the field. A field
// that goes is nobody's. Upstream: (*Updater).update in vendor/sigs.k8s.io/structured-merge-diff/v6/merge/update.go

import type { JsonObject } from '#api/meta/object.ts'
import { type Comparison, compareObjects } from '#api/patch/apply/compare.ts'
import { difference, type FieldSet, intersection, isEmptySet, union } from '#api/patch/apply/field-set.ts'
import { changeOwner, type Owners } from '#api/patch/apply/owners.ts'
import { reconcileFields } from '#api/patch/apply/reconcile.ts'
import type { OwnableFields, Versions } from '#api/patch/apply/versions.ts'

/** Fields that a change would take, by the identity of their owner. */
export type Conflicts = Map<string, FieldSet>

export interface Change {
  readonly before: JsonObject
  readonly after: JsonObject
  /** Of both objects, and of the request. */
  readonly apiVersion: string
  /** Who makes the change: it does not conflict with itself. */
  readonly identity: string
}

export interface Taking {
  readonly comparison: Comparison
  /** Nothing has been taken yet when there are some and force was not allowed. */
  readonly conflicts: Conflicts
}

/** Takes the fields that `change` touches from their owners, in `owners`; those left with nothing go. */
export function takeFields(
  versions: Versions,
  ownable: OwnableFields,
  owners: Owners,
  change: Change,
  force: boolean,
): Taking {
  const compared = new Map<string, Comparison | undefined>()
  const comparisonIn = (apiVersion: string): Comparison | undefined => {
    if (!compared.has(apiVersion)) compared.set(apiVersion, compareIn(versions, ownable, change, apiVersion))
    return compared.get(apiVersion)
  }
  const comparison = comparisonIn(change.apiVersion)!
  const conflicts: Conflicts = new Map()
  for (const [identity, owner] of owners) {
    if (identity === change.identity) continue
    const theirs = comparisonIn(owner.apiVersion)
    if (!theirs) owners.delete(identity)
    else {
      const taken = touched(owner.fields, theirs)
      if (!isEmptySet(taken)) conflicts.set(identity, taken)
    }
  }
  if (conflicts.size > 0 && !force) return { comparison, conflicts }
  for (const [identity, owner] of owners) {
    let fields = owner.fields
    const taken = conflicts.get(identity)
    if (taken) fields = difference(fields, taken)
    if (identity !== change.identity) fields = difference(fields, comparisonIn(owner.apiVersion)!.removed)
    if (isEmptySet(fields)) owners.delete(identity)
    else owners.set(identity, changeOwner(owner, { fields }))
  }
  return { comparison, conflicts }
}

function touched(fields: FieldSet, { added, modified }: Comparison): FieldSet {
  if (isEmptySet(added)) return isEmptySet(modified) ? added : intersection(modified, fields)
  return intersection(isEmptySet(modified) ? added : union(added, modified), fields)
}

function compareIn(
  versions: Versions,
  ownable: OwnableFields,
  change: Change,
  apiVersion: string,
): Comparison | undefined {
  const type = versions.typeOf(apiVersion)
  if (!type) return undefined
  const before = versions.convert(change.before, apiVersion)
  const after = versions.convert(change.after, apiVersion)
  const { added, modified, removed } = compareObjects(type, before, after)
  return {
    added: ownable(added),
    modified: ownable(modified),
    removed: ownable(removed),
  }
}

/** Owners with their sets brought up to the present schemas; those of versions that are gone are left out. */
export function presentOwners(versions: Versions, owners: Owners): Owners {
  const present: Owners = new Map()
  for (const [identity, owner] of owners) {
    const type = versions.typeOf(owner.apiVersion)
    if (type) present.set(identity, changeOwner(owner, { fields: reconcileFields(type, owner.fields) }))
  }
  return present
}
