// One active instance among several: whoever holds a Lease works, the others wait for it to lapse.
//
// The holder renews it; one that cannot renew in time stops working before another may begin, because it
// gives up at the renew deadline, which is shorter than the lease. Times are judged by when a change was
// *observed*, on the own monotonic clock, so that clocks of machines need not agree.
// Upstream: client-go/tools/leaderelection

import { isNotFound } from '#api/meta/status.ts'
import { leases } from '#api/resources.ts'
import type { Lease } from '#api/types/coordination.ts'
import type { Client } from '#client/client.ts'
import { type Clock, formatMicroTime } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import type { Random } from '#sys/random.ts'
import type { Cell } from '#sys/series.ts'

export interface LeaderElectionOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly namespace: string
  readonly name: string
  /** Who we are. An instance that comes back under its old identity takes its lease up at once. */
  readonly identity: string
  readonly leaseDurationMs?: number
  readonly renewDeadlineMs?: number
  readonly retryPeriodMs?: number
  /** Shows whether we lead: 1 or 0. */
  readonly leading?: Cell | undefined
  /** Runs while we lead; its signal aborts when leadership is lost or the election ends. */
  lead(signal: AbortSignal): Promise<void>
}

/**
 * Takes part in the election until `signal` aborts, then gives the lease back. Rejects when leadership was
 * lost: state built while leading may be stale, so the process should begin anew.
 */
export async function runWithLeaderElection(
  options: LeaderElectionOptions,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, log, leading: shown, retryPeriodMs = 2_000, renewDeadlineMs = 10_000 } = options
  const lock = createLock(options)
  while (!(await lock.tryAcquire())) {
    if (signal.aborted) return
    await clock.sleep(retryPeriodMs * (1 + 0.2 * random.next()), signal).catch(() => undefined)
    if (signal.aborted) return
  }
  log.info({ lease: options.name, identity: options.identity }, 'leading')
  if (shown) shown.value = 1

  const stop = new AbortController()
  const leading = AbortSignal.any([signal, stop.signal])
  const work = options.lead(leading)
  let renewedAt = clock.monotonic()
  while (!leading.aborted) {
    await Promise.race([clock.sleep(retryPeriodMs, leading).catch(() => undefined), work])
    if (leading.aborted) break
    if (await lock.tryAcquire()) renewedAt = clock.monotonic()
    else if (clock.monotonic() - renewedAt >= renewDeadlineMs) stop.abort(new Error('leadership lost'))
  }
  await work
  if (shown) shown.value = 0
  if (!signal.aborted) throw new Error(`lost the lease ${options.namespace}/${options.name}`)
  await lock.release()
}

interface Lock {
  /** Acquires or renews; false when somebody else holds it or the API server cannot be asked. */
  tryAcquire(): Promise<boolean>
  release(): Promise<void>
}

function createLock(options: LeaderElectionOptions): Lock {
  const { client, clock, log, namespace, name, identity, leaseDurationMs = 15_000 } = options
  const resource = client.resource(leases)
  let observed = ''
  let observedAt = 0

  function spec(previous: Lease | undefined): Lease['spec'] {
    const now = formatMicroTime(clock.now())
    const isOurs = previous?.spec?.holderIdentity === identity
    const transitions = previous?.spec?.leaseTransitions ?? 0
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.round(leaseDurationMs / 1000),
      acquireTime: (isOurs && previous?.spec?.acquireTime) || now,
      renewTime: now,
      leaseTransitions: previous && !isOurs ? transitions + 1 : transitions,
    }
  }

  /** Held by somebody else whose lease has not run out since we saw it change. */
  function isHeldByOther(lease: Lease): boolean {
    const holder = lease.spec?.holderIdentity
    const record = JSON.stringify(lease.spec)
    if (record !== observed) {
      observed = record
      observedAt = clock.monotonic()
    }
    return !!holder && holder !== identity && clock.monotonic() - observedAt < leaseDurationMs
  }

  async function get(): Promise<Lease | undefined> {
    try {
      return await resource.get(namespace, name)
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  return {
    async tryAcquire() {
      try {
        const lease = await get()
        if (!lease) {
          await resource.create({ metadata: { namespace, name }, spec: spec(undefined) } as Lease)
          return true
        }
        if (isHeldByOther(lease)) return false
        await resource.update({ ...lease, spec: spec(lease) } as Lease)
        return true
      } catch (error) {
        log.debug({ lease: name, error: String(error) }, 'lease was not acquired')
        return false
      }
    },

    async release() {
      try {
        const lease = await get()
        if (lease?.spec?.holderIdentity !== identity) return
        await resource.update({
          ...lease,
          spec: { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1 },
        })
      } catch (error) {
        log.debug({ lease: name, error: String(error) }, 'lease was not given back')
      }
    },
  }
}
