// Who owns which field: the registry's door to managedFields and server-side apply.
//
// Every write comes through here between decoding and admission. The algorithms are pure and lie in api/patch/apply;
// here they get the schema of the kind, its versions, and the time.
// Upstream: staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/{fieldmanager,structuredmerge,skipnonapplied}.go

import { type JsonObject, type ManagedFieldsEntry, parseApiVersion } from '#api/meta/object.ts'
import { badRequest } from '#api/meta/status.ts'
import {
  CLIENT_SIDE_APPLIER,
  fieldsOfLastApplied,
  renewLastApplied,
} from '#api/patch/apply/client-side-apply.ts'
import { applyConflict, conflictsBeyond } from '#api/patch/apply/conflicts.ts'
import {
  entriesOf,
  ManagedFieldsError,
  type Owners,
  ownersOfRequest,
  ownersOfStored,
} from '#api/patch/apply/owners.ts'
import { type Applied, applyConfiguration, ownersAfterUpdate } from '#api/patch/apply/ownership.ts'
import { ElementError } from '#api/patch/apply/path-element.ts'
import { TypedError } from '#api/patch/apply/typed-error.ts'
import { validateObject } from '#api/patch/apply/validate.ts'
import { equalValues } from '#api/patch/apply/values.ts'
import { type Catalog, toStored, toVersion } from '#apiserver/registry/catalog.ts'
import { createFieldDoors, type FieldDoor } from '#apiserver/registry/field-doors.ts'
import { cloneJson, equalJson, metadataOf } from '#apiserver/registry/json.ts'
import { plainError } from '#apiserver/registry/object-store.ts'
import type { Scope } from '#apiserver/registry/scope.ts'
import { type Clock, formatTime } from '#sys/clock.ts'

export interface FieldManagement {
  /** Sets `draft.metadata.managedFields` after a create, update or patch by `manager`; `live` is absent for a create. */
  recordUpdate(scope: Scope, draft: JsonObject, live: JsonObject | undefined, manager: string): void
  /** Server-side apply of `patch` (in the version of the request); throws 409 for a conflict. */
  apply(scope: Scope, live: JsonObject | undefined, patch: JsonObject, options: ApplyOptions): JsonObject
  /** Takes back new times of entries that are otherwise as they were, so that nothing is written for them. */
  keepTimes(draft: JsonObject, live: JsonObject): void
}

interface ApplyOptions {
  readonly manager: string
  readonly force: boolean
}

/** Owns what an object had before anybody applied to it, where nobody's writes were recorded. */
const BEFORE_FIRST_APPLY = 'before-first-apply'

export function createFieldManagement(catalog: Catalog, clock: Clock): FieldManagement {
  const doors = createFieldDoors(catalog)
  const now = (): string => formatTime(clock.now())
  return {
    recordUpdate(scope, draft, live, manager) {
      const metadata = metadataOf(draft)
      const given = metadata['managedFields'] as ManagedFieldsEntry[] | undefined
      delete metadata['managedFields']
      const door = doors.of(scope)
      const owners = ownersBefore(given, entriesIn(live), scope.subresource !== '')
      // an object whose owners are not known, or no longer wanted, has none until somebody applies to it
      if (owners.size === 0 && live) return
      const entries = entriesAfterUpdate(door, scope, owners, draft, live, manager, now())
      if (entries) metadata['managedFields'] = entries
    },

    apply: (scope, live, patch, options) => apply(doors.of(scope), scope, live, patch, options, now()),

    keepTimes(draft, live) {
      const [entries, before] = [entriesIn(draft) ?? [], entriesIn(live) ?? []]
      if (entries.length !== before.length) return
      if (entries.every((entry, i) => entry.time === before[i]!.time)) return
      if (!entries.every((entry, i) => equalBesidesTime(entry, before[i]!))) return
      const metadata = metadataOf(draft)
      metadata['managedFields'] = before
      if (!equalJson(draft, live)) metadata['managedFields'] = entries
    },
  }
}

const entriesIn = (object: JsonObject | undefined): readonly ManagedFieldsEntry[] | undefined =>
  object && (metadataOf(object)['managedFields'] as ManagedFieldsEntry[] | undefined)

function equalBesidesTime(a: ManagedFieldsEntry, b: ManagedFieldsEntry): boolean {
  return a === b || equalValues({ ...a, time: undefined }, { ...b, time: undefined })
}

/** Clients may send entries through the object itself; whatever cannot be read counts as not sent. */
function ownersBefore(
  given: readonly ManagedFieldsEntry[] | undefined,
  stored: readonly ManagedFieldsEntry[] | undefined,
  isSubresource: boolean,
): Owners {
  if (isSubresource || given === undefined || equalValues(given, stored)) return readStored(stored)
  if (given.every((entry) => Object.keys(entry).length === 0) && given.length < 2) return new Map()
  const owners = readOr(() => ownersOfRequest(given))
  return owners && owners.size > 0 ? owners : readStored(stored)
}

const readStored = (stored: readonly ManagedFieldsEntry[] | undefined): Owners =>
  readOr(() => ownersOfStored(stored)) ?? new Map()

function readOr(read: () => Owners): Owners | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof ManagedFieldsError || error instanceof ElementError) return undefined
    throw error
  }
}

/** Undefined where there is nothing to own, or where the lists of an object are such that nobody can own their items. */
function entriesAfterUpdate(
  door: FieldDoor,
  scope: Scope,
  owners: Owners,
  draft: JsonObject,
  live: JsonObject | undefined,
  manager: string,
  now: string,
): ManagedFieldsEntry[] | undefined {
  const update = {
    before: live ? inVersion(scope, live) : door.zero,
    after: door.written(toVersion(scope.kind, draft, scope.version)),
    manager,
    now,
  }
  try {
    return entriesOf(ownersAfterUpdate(door, owners, update))
  } catch (error) {
    if (error instanceof TypedError) return undefined
    throw error
  }
}

const inVersion = (scope: Scope, stored: JsonObject): JsonObject =>
  toVersion(scope.kind, stored, scope.version)

function apply(
  door: FieldDoor,
  scope: Scope,
  live: JsonObject | undefined,
  patch: JsonObject,
  options: ApplyOptions,
  now: string,
): JsonObject {
  const owners = ownersToApplyTo(door, scope, live, now)
  checkPatch(door, patch)
  const before = live ? inVersion(scope, live) : door.zero
  const applied = applyOrTakeOver(door, owners, before, patch, options, now)
  if (applied.conflicts) throw applyConflict(applied.conflicts, owners)
  const draft = applied.object ? draftOf(door, scope, applied.object, patch) : cloneJson(live ?? door.zero)
  const metadata = metadataOf(draft)
  delete metadata['managedFields']
  const entries = entriesOf(applied.owners)
  if (entries) metadata['managedFields'] = entries
  if (options.manager === CLIENT_SIDE_APPLIER) renewLastApplied(draft, patch)
  return draft
}

function ownersToApplyTo(door: FieldDoor, scope: Scope, live: JsonObject | undefined, now: string): Owners {
  let owners: Owners
  try {
    owners = ownersOfStored(entriesIn(live))
  } catch (error) {
    if (!(error instanceof ManagedFieldsError)) throw error
    throw plainError(`failed to decode managed fields: ${error.message}`)
  }
  if (owners.size > 0 || !live) return owners
  const update = { before: door.zero, after: inVersion(scope, live), manager: BEFORE_FIRST_APPLY, now }
  return ownersAfterUpdate(door, owners, update)
}

function checkPatch(door: FieldDoor, patch: JsonObject): void {
  const kind = kindShown(patch)
  if (kind !== kindShown({ apiVersion: door.apiVersion, kind: door.kind })) {
    throw badRequest(`invalid object type: ${kind}`)
  }
  const metadata = patch['metadata'] as JsonObject | null | undefined
  if (Array.isArray(metadata?.['managedFields'])) throw badRequest('metadata.managedFields must be nil')
  try {
    validateObject(door.type, patch)
  } catch (error) {
    if (!(error instanceof TypedError)) throw error
    throw plainError(`failed to create typed patch object (${objectShown(patch)}): ${error.message}`)
  }
}

/** `apps/v1, Kind=Deployment`. */
function kindShown(object: JsonObject): string {
  const { apiVersion, kind } = object
  if (typeof apiVersion === 'string' && apiVersion.split('/').length > 2) return '/, Kind='
  const { group, version } = parseApiVersion(typeof apiVersion === 'string' ? apiVersion : '')
  return `${group}/${version}, Kind=${typeof kind === 'string' ? kind : ''}`
}

function objectShown(object: JsonObject): string {
  const { namespace, name } = (object['metadata'] ?? {}) as JsonObject
  const shown = (value: unknown): string => (typeof value === 'string' ? value : '')
  return `${shown(namespace)}/${shown(name)}; ${kindShown(object)}`
}

/** kubectl gets by force what it owns as the last one who applied on the client's side. */
function applyOrTakeOver(
  door: FieldDoor,
  owners: Owners,
  live: JsonObject,
  config: JsonObject,
  { manager, force }: ApplyOptions,
  now: string,
): Applied {
  const application = { live, config, manager, force, now }
  const applied = applyConfiguration(door, owners, application)
  if (!applied.conflicts || manager !== CLIENT_SIDE_APPLIER) return applied
  const own = fieldsOfLastApplied(door.type, live, door.apiVersion)
  if (!own) return applied
  const conflicts = conflictsBeyond(applied.conflicts, own)
  if (conflicts.size > 0) return { ...applied, conflicts }
  return applyConfiguration(door, owners, { ...application, force: true })
}

/** What the merge has made, as an object of its kind, stored and defaulted. */
function draftOf(door: FieldDoor, scope: Scope, merged: JsonObject, patch: JsonObject): JsonObject {
  const { kind, version } = scope
  const typed = door.toTyped(merged)
  if (typeof typed === 'string') {
    const why = `unable to convert unstructured object to ${kindShown(merged)}: ${typed}`
    throw plainError(`failed to convert new object (${objectShown(patch)}) to proper version: ${why}`)
  }
  const draft = toStored(kind, typed, version)
  kind.defaults?.(draft)
  return draft
}
