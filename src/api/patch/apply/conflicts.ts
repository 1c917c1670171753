// The answer to a configuration that would change what others own.
//
// Upstream: staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/conflict.go

import { failure, type StatusError } from '#api/meta/status.ts'
import { difference, type FieldSet, forEachField, isEmptySet } from '#api/patch/apply/field-set.ts'
import { sortedFields } from '#api/patch/apply/fields-v1.ts'
import type { Owners } from '#api/patch/apply/owners.ts'
import { showPath } from '#api/patch/apply/path-element.ts'
import type { Conflicts } from '#api/patch/apply/take-over.ts'

/** The conflicts without those on the fields of `allowed`. */
export function conflictsBeyond(conflicts: Conflicts, allowed: FieldSet): Conflicts {
  const rest: Conflicts = new Map()
  for (const [identity, fields] of conflicts) {
    const beyond = difference(fields, allowed)
    if (!isEmptySet(beyond)) rest.set(identity, beyond)
  }
  return rest
}

/** 409 with one cause a field. */
export function applyConflict(conflicts: Conflicts, owners: Owners): StatusError {
  const found = [...conflicts.keys()].sort().map((identity) => {
    const paths: string[] = []
    forEachField(sortedFields(conflicts.get(identity)!), (path) => paths.push(showPath(path)))
    return { with: showOwner(identity, owners), paths }
  })
  const causes = found.flatMap((one) =>
    one.paths.map((field) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${one.with}`,
      field,
    })),
  )
  const text =
    causes.length === 1
      ? `1 conflict: ${causes[0]!.message}: ${causes[0]!.field}`
      : `${causes.length} conflicts: ${found.map(showConflicts).join('\n')}`
  return failure(409, 'Conflict', `Apply failed with ${text}`, { causes })
}

const showConflicts = (one: { with: string; paths: readonly string[] }): string =>
  [`conflicts with ${one.with}:`, ...one.paths.map((path) => `- ${path}`)].join('\n')

function showOwner(identity: string, owners: Owners): string {
  const { manager, subresource, operation, apiVersion } = owners.get(identity)!
  const name = JSON.stringify(manager)
  const through = subresource === '' ? name : `${name} with subresource ${JSON.stringify(subresource)}`
  return operation === 'Update' ? `${through} using ${apiVersion}` : through
}
