// The difference between two pod statuses as a strategic merge patch: small, and it leaves others' fields alone.
//
// Conditions merge by type and addresses are replaced whole; a field that is gone is sent as null. Nothing to
// write gives undefined. Upstream: pkg/util/pod/pod.go (PatchPodStatus)

import type { PodCondition, PodStatus } from '#api/types/core.ts'

type Json = Record<string, unknown>

/** Fields of a status that the kubelet writes; the others are not its own. */
const OWN_FIELDS = [
  'phase',
  'reason',
  'message',
  'hostIP',
  'hostIPs',
  'podIP',
  'podIPs',
  'startTime',
  'qosClass',
  'observedGeneration',
  'initContainerStatuses',
  'containerStatuses',
  'ephemeralContainerStatuses',
  'resources',
  'allocatedResources',
  'resize',
] as const satisfies readonly (keyof PodStatus)[]

/** Lists that the server would merge by key, so that a shorter one has to say that it is whole. */
const MERGED_LISTS: ReadonlySet<string> = new Set(['hostIPs', 'podIPs'])

export function statusPatch(old: PodStatus, next: PodStatus): Json | undefined {
  const patch: Json = {}
  for (const field of OWN_FIELDS) {
    const before = old[field]
    const after = next[field]
    if (sameJson(before, after)) continue
    if (after === undefined) patch[field] = null
    else if (MERGED_LISTS.has(field)) patch[field] = [...(after as readonly unknown[]), { $patch: 'replace' }]
    else if (isMap(before) && isMap(after)) patch[field] = mapPatch(before, after)
    else patch[field] = after
  }
  const conditions = conditionsPatch(old.conditions ?? [], next.conditions ?? [])
  if (conditions.length > 0) {
    patch['conditions'] = conditions
    patch['$setElementOrder/conditions'] = (next.conditions ?? []).map(({ type }) => ({ type }))
  }
  return Object.keys(patch).length > 0 ? patch : undefined
}

function conditionsPatch(old: readonly PodCondition[], next: readonly PodCondition[]): readonly Json[] {
  const before = new Map(old.map((condition) => [condition.type, condition]))
  const changed: Json[] = []
  for (const condition of next) {
    const previous = before.get(condition.type)
    before.delete(condition.type)
    if (!previous) changed.push(condition as unknown as Json)
    else {
      const difference = mapPatch(previous as unknown as Json, condition as unknown as Json)
      if (Object.keys(difference).length > 0) changed.push({ ...difference, type: condition.type })
    }
  }
  for (const type of before.keys()) changed.push({ $patch: 'delete', type })
  return changed
}

/** Changed keys with their new value, gone keys with null; maps inside are compared to their depth. */
function mapPatch(old: Json, next: Json): Json {
  const patch: Json = {}
  for (const [key, after] of Object.entries(next)) {
    const before = old[key]
    if (sameJson(before, after)) continue
    patch[key] = isMap(before) && isMap(after) ? mapPatch(before, after) : after
  }
  for (const [key, value] of Object.entries(old)) if (value !== null && !(key in next)) patch[key] = null
  return patch
}

const isMap = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Equal as JSON: the order of keys does not count, and null is the same as absent. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b || (a ?? undefined) === (b ?? undefined)) return true
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => sameJson(item, b[index]))
  }
  if (!isMap(a) || !isMap(b)) return false
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
    if (!sameJson(a[key], b[key])) return false
  return true
}
