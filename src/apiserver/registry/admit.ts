// How the registry asks admission: one request record a write, mutating before validation, validating after it.

import type { JsonObject } from '#api/meta/object.ts'
import type { AdmissionOperation, AdmissionRequest } from '#apiserver/admission/plugin.ts'
import { dedupOwnerReferences } from '#apiserver/registry/before-write.ts'
import type { Scope } from '#apiserver/registry/scope.ts'

export interface AdmissionInput {
  readonly operation: AdmissionOperation
  /** Differs from the path's name for objects whose name was generated. */
  readonly name?: string
  readonly dryRun: boolean
  readonly object?: JsonObject
  readonly oldObject?: JsonObject
  readonly options: JsonObject
}

export function admissionRequest(scope: Scope, input: AdmissionInput): AdmissionRequest {
  return {
    operation: input.operation,
    kind: scope.kind,
    version: scope.version,
    // a namespace is its own: plugins find it where they look for that of any object
    namespace:
      scope.kind.resource === 'namespaces' && scope.kind.group === ''
        ? (input.name ?? scope.name)
        : scope.namespace,
    name: input.name ?? scope.name,
    subresource: scope.subresource,
    user: scope.user,
    dryRun: input.dryRun,
    ...(input.object && { object: input.object }),
    ...(input.oldObject && { oldObject: input.oldObject }),
    options: input.options,
    warn: (text) => scope.trail.warn(text),
    annotate: (key, value, least) => scope.trail.annotate(key, value, least),
  }
}

const REPEATS =
  'API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed:'

/** Removes repeated owner references and tells the client; once before and once after mutating admission. */
export function dedupAndWarn(scope: Scope, draft: JsonObject, afterAdmission: boolean): void {
  const repeated = dedupOwnerReferences(draft)
  if (repeated.length === 0) return
  const when = afterAdmission ? ' after mutating admission happens' : ''
  scope.trail.warn(
    `.metadata.ownerReferences contains duplicate entries${when}; ${REPEATS} ${repeated.join(', ')}`,
  )
}
