// A bound on the entries of an object: beyond ten updaters, the oldest become one, `ancient-changes`.
//
// Appliers are not counted. Upstream: staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/capmanagers.go

import { union } from '#api/patch/apply/field-set.ts'
import { identityOf, type Owner, type Owners } from '#api/patch/apply/owners.ts'
import { compareStrings } from '#api/patch/apply/values.ts'

const MAX_UPDATERS = 10

/** Merges the oldest updaters of each version until few enough are left; changes `owners`. */
export function capUpdaters(owners: Owners): void {
  if (owners.size <= MAX_UPDATERS) return
  const updaters = [...owners].filter(([, owner]) => owner.operation === 'Update').sort(oldestFirst)
  let surplus = updaters.length - MAX_UPDATERS
  const firstOf = new Map<string, string>()
  for (const [identity, owner] of updaters) {
    if (surplus <= 0) return
    const first = firstOf.get(owner.apiVersion)
    if (first === undefined) {
      firstOf.set(owner.apiVersion, identity)
      continue
    }
    mergeInto(owners, bucketOf(owner), first, owner)
    owners.delete(identity)
    surplus--
  }
}

/** Adds `owner` to the bucket, which begins as the first updater of its version. */
function mergeInto(owners: Owners, bucket: Owner, first: string, owner: Owner): void {
  const identity = identityOf(bucket)
  let before = owners.get(identity)
  if (!before) {
    before = owners.get(first)!
    owners.delete(first)
  }
  owners.set(identity, { ...bucket, fields: union(owner.fields, before.fields) })
}

/** An owner that stands for all old ones of a version; it is as old as the youngest of them. */
const bucketOf = ({ apiVersion, time, fields }: Owner): Owner => ({
  manager: 'ancient-changes',
  operation: 'Update',
  apiVersion,
  subresource: '',
  time,
  fields,
})

function oldestFirst([identity, owner]: [string, Owner], [other, otherOwner]: [string, Owner]): number {
  return compareStrings(owner.time ?? '', otherOwner.time ?? '') || compareStrings(identity, other)
}
