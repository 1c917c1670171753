// Keeps what a ResourceQuota says is used: recounts it when something that it counts has come, changed or gone.
//
//   change of a counted object ─▶ quotas of its namespace to which it matters ─▶ recount from the caches ─▶ status
//
// Invariant: the status is written over the version of the quota that was read, so a charge that admission has made
// meanwhile is never overwritten: the conflict brings the quota back.
// Upstream: pkg/controller/resourcequota

import { type KubeObject, keyOf, type ObjectKey } from '#api/meta/object.ts'
import type { Evaluator } from '#api/quota/evaluator.ts'
import { resourceQuotas } from '#api/resources.ts'
import type { ResourceQuota } from '#api/types/core.ts'
import type { Change } from '#client/informer.ts'
import type { Requeue } from '#client/work-queue.ts'
import {
  type Controller,
  type ControllerContext,
  controller,
  type KeySink,
  mapped,
  primary,
  type Watch,
} from '#controllers/controller.ts'
import { DEFINITIONS, DISCOVERY_DELAY_MS } from '#controllers/discovery.ts'
import { CountedKinds } from '#controllers/resourcequota/counted-kinds.ts'
import { isStatusNews, isUsageNews, quotaStatus } from '#controllers/resourcequota/plan.ts'

/** A charge for a write that failed leaves no trace to watch for: it is given back by the next recount. */
const RECOUNT_MS = 300_000
/** Not a key of an object: kinds have come or gone. */
const KINDS = 'kinds:'

export function resourceQuotaController(context: ControllerContext): Controller {
  const { client, clock, informers } = context
  const quotas = informers.informer(resourceQuotas)
  const definitions = DEFINITIONS.map((type) => informers.informer(type))
  let sink: KeySink | undefined
  const kinds = new CountedKinds(context, (evaluator, change) => {
    for (const key of quotasOf(evaluator, change)) sink?.add(key)
  })

  function quotasOf(evaluator: Evaluator, change: Change<KubeObject>): readonly ObjectKey[] {
    const matters = (quota: ResourceQuota): boolean =>
      change.type === 'updated'
        ? isUsageNews(quota, evaluator, change.previous, change.object, clock.now())
        : evaluator.matching(Object.keys(quota.spec?.hard ?? {})).length > 0
    return quotas
      .list(change.object.metadata?.namespace ?? '')
      .filter(matters)
      .map(keyOf)
  }

  async function reconcile(key: ObjectKey, signal: AbortSignal): Promise<Requeue> {
    if (key === KINDS) {
      await kinds.refresh()
      for (const quota of quotas.list()) sink?.add(keyOf(quota))
      return
    }
    const quota = quotas.get(key)
    if (!quota) return
    const namespace = quota.metadata?.namespace ?? ''
    const counted = await kinds.of(Object.keys(quota.spec?.hard ?? {}), signal)
    const status = quotaStatus(
      quota,
      counted.map(({ evaluator, informer }) => ({ evaluator, objects: informer.list(namespace) })),
      clock.now(),
    )
    if (isStatusNews(quota, status)) await client.resource(resourceQuotas).updateStatus({ ...quota, status })
    return { afterMs: RECOUNT_MS }
  }

  const definitionWatch = (informer: (typeof definitions)[number]): Watch => ({
    ...mapped(informer, () => []),
    start: (queue) => informer.onChange(() => queue.addAfter(KINDS, DISCOVERY_DELAY_MS)),
  })

  const loop = controller(context, 'resourcequota-controller', {
    watches: [
      primary(quotas, (change) => change.type !== 'updated' || isLimitNews(change)),
      ...definitions.map(definitionWatch),
    ],
    workers: 5,
    start: (queue) => {
      sink = queue
    },
    reconcile,
  })
  return {
    name: loop.name,
    async run(signal) {
      await loop.run(signal)
      await kinds.stop()
    },
  }
}

/** What is used changes with each write that admission charges, and is no reason to count. */
function isLimitNews({
  object,
  previous,
}: Extract<Change<ResourceQuota>, { readonly type: 'updated' }>): boolean {
  return JSON.stringify(object.spec?.hard) !== JSON.stringify(previous.spec?.hard)
}
