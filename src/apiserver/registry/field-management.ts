// Who owns which field: the registry's door to managedFields and server-side apply.
//
// The algorithms are pure and lie in api/patch/apply; here they get the schema of the kind and the time.

import type { JsonObject } from '#api/meta/object.ts'
import type { Scope } from '#apiserver/registry/scope.ts'

export interface FieldManagement {
  /** Sets `draft.metadata.managedFields` after a create, update or patch by `manager`; `live` is absent for a create. */
  recordUpdate(scope: Scope, draft: JsonObject, live: JsonObject | undefined, manager: string): void
  /** Server-side apply of `patch` (in the version of the request); throws 409 for a conflict. */
  apply(
    scope: Scope,
    live: JsonObject | undefined,
    patch: JsonObject,
    options: { readonly manager: string; readonly force: boolean },
  ): JsonObject
  /** Takes back new times of entries that are otherwise as they were, so that nothing is written for them. */
  keepTimes(draft: JsonObject, live: JsonObject): void
}
