// Deletes all objects of one kind in a namespace, and counts what is left.
//
// Upstream: pkg/controller/namespace/deletion/namespaced_resources_deleter.go

import type { KubeObject } from '#api/meta/object.ts'
import { isNotFound, StatusError } from '#api/meta/status.ts'
import type { Pod } from '#api/types/core.ts'
import type { Client } from '#client/client.ts'
import type { DiscoveredResource } from '#controllers/discovery.ts'
import { isPodTerminal } from '#controllers/pods/pod-state.ts'

export interface ContentLeft {
  /** `<resource>.<group>`, with the dot also where the group is the core group. */
  readonly name: string
  readonly count: number
  readonly finalizers: ReadonlyMap<string, number>
  /** How long until it may be gone; 0 means it should be gone already. */
  readonly estimateSeconds: number
}

/** Time that finalizers are given when nothing else says how long it will take. */
const FINALIZER_ESTIMATE_SECONDS = 15

const isUnsupported = (error: unknown): boolean =>
  isNotFound(error) || (error instanceof StatusError && error.code === 405)

/** Whether the server can do that at all; other failures reject. */
async function supported(call: Promise<void>): Promise<boolean> {
  try {
    await call
    return true
  } catch (error) {
    if (isUnsupported(error)) return false
    throw error
  }
}

/** Rejects when the server refuses, or when objects stay for no reason that can be seen. */
export async function deleteContent(
  client: Client,
  type: DiscoveredResource,
  namespace: string,
  deletedForSeconds: number,
): Promise<ContentLeft> {
  const resource = client.resource(type)
  const background = { propagationPolicy: 'Background' } as const
  const name = `${type.resource}.${type.group}`
  const nothing: ContentLeft = { name, count: 0, finalizers: new Map(), estimateSeconds: 0 }

  const list = async (): Promise<readonly KubeObject[] | undefined> => {
    if (!type.verbs.includes('list')) return undefined
    try {
      return (await resource.list({ namespace })).items
    } catch (error) {
      if (isUnsupported(error)) return undefined
      throw error
    }
  }

  const before = await list()
  if (before?.length === 0) return nothing
  const estimate = type.resource === 'pods' && type.group === '' ? longestGrace(before ?? []) : 0
  const estimateSeconds = deletedForSeconds >= estimate ? 0 : estimate
  const isDone =
    type.verbs.includes('deletecollection') &&
    (await supported(resource.deleteCollection({ namespace }, background)))
  for (const item of isDone ? [] : (before ?? [])) {
    await supported(resource.delete(namespace, item.metadata?.name ?? '', background))
  }

  const after = await list()
  if (!after || after.length === 0) return { ...nothing, estimateSeconds: after ? 0 : estimateSeconds }
  const finalizers = countFinalizers(after)
  if (estimateSeconds === 0 && finalizers.size === 0) {
    throw new Error(
      `unexpected items still remain in namespace: ${namespace} for gvr: ` +
        `${type.group}/${type.version}, Resource=${type.resource}`,
    )
  }
  return {
    name,
    count: after.length,
    finalizers,
    estimateSeconds: estimateSeconds === 0 ? FINALIZER_ESTIMATE_SECONDS : estimateSeconds,
  }
}

function longestGrace(items: readonly KubeObject[]): number {
  const running = (items as readonly Pod[]).filter((pod) => !isPodTerminal(pod))
  return Math.max(0, ...running.map((pod) => pod.spec?.terminationGracePeriodSeconds ?? 0))
}

function countFinalizers(items: readonly KubeObject[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of items.flatMap((item) => item.metadata?.finalizers ?? [])) {
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}
