// The node's heartbeat: a Lease in kube-node-lease, renewed on a timer that nothing else can hold up.
//
// Upstream: staging/src/k8s.io/component-helpers/apimachinery/lease/controller.go

import { isConflict, isNotFound } from '#api/meta/status.ts'
import { leases } from '#api/resources.ts'
import type { Lease } from '#api/types/coordination.ts'
import type { Node } from '#api/types/core.ts'
import type { Client } from '#client/client.ts'
import { type Clock, formatMicroTime } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

export interface NodeLeaseOptions {
  readonly client: Client
  readonly clock: Clock
  readonly log: Logger
  readonly nodeName: string
  /** For the owner reference: with the node goes its lease. */
  node(): Node | undefined
}

const NAMESPACE = 'kube-node-lease'
const DURATION_SECONDS = 40
const RENEW_MS = 10_000
const MAX_TRIES = 5
const RETRY_MS = 200

/** Renews until `signal` aborts. */
export async function keepNodeLease(options: NodeLeaseOptions, signal: AbortSignal): Promise<void> {
  const { client, clock, log, nodeName } = options
  const resource = client.resource(leases)
  let held: Lease | undefined

  function fresh(): Lease {
    const uid = options.node()?.metadata?.uid
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        ...held?.metadata,
        name: nodeName,
        namespace: NAMESPACE,
        ...(uid !== undefined && {
          ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid }],
        }),
      },
      spec: {
        holderIdentity: nodeName,
        leaseDurationSeconds: DURATION_SECONDS,
        renewTime: formatMicroTime(clock.now()),
      },
    }
  }

  async function renew(): Promise<void> {
    if (!held) {
      held = await resource.get(NAMESPACE, nodeName).catch((error: unknown) => {
        if (isNotFound(error)) return undefined
        throw error
      })
      if (!held) {
        held = await resource.create(fresh())
        return
      }
    }
    try {
      held = await resource.update(fresh())
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) held = undefined
      throw error
    }
  }

  while (!signal.aborted) {
    for (let attempt = 1; attempt <= MAX_TRIES && !signal.aborted; attempt++) {
      try {
        await renew()
        break
      } catch (error) {
        if (attempt === MAX_TRIES) log.warn({ node: nodeName, error: String(error) }, 'lease was not renewed')
        else await clock.sleep(RETRY_MS, signal).catch(() => undefined)
      }
    }
    await clock.sleep(RENEW_MS, signal).catch(() => undefined)
  }
}
