// What an applier has given up goes from the object, unless somebody else owns it.
//
// A field goes when the applier named it last time, does not name it now, and no other owner names it. Owners may
// speak other versions: an object is taken to each, so what one version cannot say is not lost in another.
// Upstream: (*Updater).prune in vendor/sigs.k8s.io/structured-merge-diff/v6/merge/update.go

import type { JsonObject } from '#api/meta/object.ts'
import {
  difference,
  EMPTY,
  type FieldSet,
  intersection,
  isEmptySet,
  union,
} from '#api/patch/apply/field-set.ts'
import { fieldsOf } from '#api/patch/apply/fields-of.ts'
import type { MergeType } from '#api/patch/apply/merge-type.ts'
import type { Owner, Owners } from '#api/patch/apply/owners.ts'
import { removeFields, withNamedFields } from '#api/patch/apply/remove.ts'
import type { Versions } from '#api/patch/apply/versions.ts'

/** Prunes `merged`, in `apiVersion`; `owners` already hold what the applier names now, `last` what it named before. */
export function pruneGivenUp(
  versions: Versions,
  merged: JsonObject,
  apiVersion: string,
  owners: Owners,
  last: Owner | undefined,
): JsonObject {
  if (!last || isEmptySet(last.fields)) return merged
  const type = versions.typeOf(last.apiVersion)
  if (!type) return merged
  const full = versions.convert(merged, last.apiVersion)
  const without = removeFields(type, full, withNamedFields(type, last.fields))
  const owned = addBackOwned(versions, { full, pruned: without }, last.apiVersion, owners)
  const pruned = addBackDangling(type, full, versions.convert(owned, last.apiVersion), last.fields)
  return versions.convert(pruned, apiVersion)
}

interface Pruning {
  readonly full: JsonObject
  readonly pruned: JsonObject
}

/** Puts back what somebody owns, version by version, beginning with the one that was pruned. */
function addBackOwned(
  versions: Versions,
  pruning: Pruning,
  prunedVersion: string,
  owners: Owners,
): JsonObject {
  const byVersion = new Map<string, FieldSet>([[prunedVersion, EMPTY]])
  for (const { apiVersion, fields } of owners.values()) {
    byVersion.set(apiVersion, union(byVersion.get(apiVersion) ?? EMPTY, fields))
  }
  let current = pruning
  for (const [apiVersion, owned] of byVersion) {
    const type = versions.typeOf(apiVersion)
    if (!type || (apiVersion === prunedVersion && isEmptySet(owned))) continue
    current = addBack(versions, type, apiVersion, current, owned)
  }
  return current.pruned
}

function addBack(
  versions: Versions,
  type: MergeType,
  apiVersion: string,
  pruning: Pruning,
  owned: FieldSet,
): Pruning {
  const full = versions.convert(pruning.full, apiVersion)
  const pruned = versions.convert(pruning.pruned, apiVersion)
  const named = (set: FieldSet): FieldSet => withNamedFields(type, set)
  const kept = union(named(fieldsOf(type, pruned)), named(owned))
  const removed = difference(named(fieldsOf(type, full)), kept)
  return { full, pruned: removeFields(type, full, removed) }
}

/** Puts back what went with a container but was never the applier's. */
function addBackDangling(type: MergeType, full: JsonObject, pruned: JsonObject, last: FieldSet): JsonObject {
  const named = (set: FieldSet): FieldSet => withNamedFields(type, set)
  const gone = difference(named(fieldsOf(type, full)), named(fieldsOf(type, pruned)))
  return removeFields(type, full, intersection(gone, named(last)))
}
