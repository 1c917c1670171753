// The owners of a workload as its Scale shows them, and back: both have one field in common, the replicas.
//
// Upstream: staging/src/k8s.io/apimachinery/pkg/util/managedfields/scalehandler.go

import { difference, fieldSet, hasField, isEmptySet } from '#api/patch/apply/field-set.ts'
import { changeOwner, type Owner, type Owners } from '#api/patch/apply/owners.ts'

const SCALE_API_VERSION = 'autoscaling/v1'
const SCALE_REPLICAS = ['f:spec', 'f:replicas']

/** Where the replicas are in the parent. */
export interface ReplicasField {
  /** As elements: `f:spec`, `f:replicas`. */
  readonly path: readonly string[]
  /** The version of the parent that a write through its Scale counts as. */
  readonly apiVersion: string
  /** Owners of versions that are gone are dropped. */
  isServed(apiVersion: string): boolean
}

/** The owners of the parent's replicas, as owners of a Scale; they keep the identities that they have there. */
export function scaleOwners(field: ReplicasField, owners: Owners): Owners {
  const found: Owners = new Map()
  for (const [identity, owner] of owners) {
    if (!field.isServed(owner.apiVersion) || !hasField(owner.fields, field.path)) continue
    const { entry: _, ...rest } = owner
    found.set(identity, { ...rest, apiVersion: SCALE_API_VERSION, fields: fieldSet(SCALE_REPLICAS) })
  }
  return found
}

/**
 * The owners of the parent after a write through its Scale, whose owners are `written`. An updater's identity names
 * the version, which is another here than there: its share of the replicas becomes an entry of its own.
 */
export function parentOwners(field: ReplicasField, owners: Owners, written: Owners): Owners {
  const replicas = fieldSet(field.path)
  const result: Owners = new Map()
  for (const [identity, owner] of owners) {
    if (!field.isServed(owner.apiVersion)) continue
    const isTaken = hasField(owner.fields, field.path) && !written.has(identity)
    const fields = isTaken ? difference(owner.fields, replicas) : owner.fields
    if (!isEmptySet(fields)) result.set(identity, changeOwner(owner, { fields }))
  }
  for (const [identity, owner] of written) {
    if (owners.has(identity) || !hasField(owner.fields, SCALE_REPLICAS)) continue
    result.set(identity, shareOf(owner, field))
  }
  return result
}

const shareOf = ({ manager, operation, subresource }: Owner, field: ReplicasField): Owner => ({
  manager,
  operation,
  subresource,
  apiVersion: field.apiVersion,
  fields: fieldSet(field.path),
})
