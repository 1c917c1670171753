// Writes pod statuses to the API server: at once when something changed, never when nothing did.
//
// set ▶ cache ▶ queue by UID ▶ merge with what the API has ▶ patch ▶ (a finished pod) delete with grace 0.
// Invariant: what is cached is what was last decided, so a lost write is made good by the next try, and the
// status that a restarted kubelet continues from is the one in the API.
// Upstream: pkg/kubelet/status/status_manager.go

import { keyOf } from '#api/meta/object.ts'
import { isConflict, isNotFound } from '#api/meta/status.ts'
import { pods } from '#api/resources.ts'
import type { Pod, PodStatus } from '#api/types/core.ts'
import type { Client } from '#client/client.ts'
import { createWorkQueue } from '#client/work-queue.ts'
import { isTerminalPhase } from '#kubelet/pods/pod-spec.ts'
import { finalStatus, illegalTransition, mergedStatus, nextStatus } from '#kubelet/status/merge-status.ts'
import { sameJson, statusPatch } from '#kubelet/status/status-patch.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

export interface StatusWriter {
  /** What was last decided; before that what the API has. */
  get(pod: Pod): PodStatus
  /** Takes a new status; writes it when it says something new. */
  set(pod: Pod, status: PodStatus): void
  /** The pod is over on this node: its last status, after which a deleted pod may go. */
  finish(pod: Pod): void
  /** Looks again whether the API has what it should: after a change of the pod there. */
  check(uid: string): void
  /** The pod is gone from the API. */
  forget(uid: string): void
  /** Resolves when `signal` has aborted and what had begun is written. */
  run(signal: AbortSignal): Promise<void>
}

export interface StatusWriterOptions {
  readonly client: Client
  readonly clock: Clock
  readonly log: Logger
  /** The pod as the informer has it. */
  latest(key: string): Pod | undefined
  /** Whether something of the pod may still run: until then it is not reported as ended. */
  mayBeRunning(uid: string): boolean
}

interface Entry {
  status: PodStatus
  readonly key: string
  isFinished: boolean
  /** The pod as the last write left it; newer than the informer's for a moment. */
  written?: Pod
}

/** Writes at the same time; they are short, and a slow one must not hold up the readiness of others. */
const WRITERS = 16

export function createStatusWriter(options: StatusWriterOptions): StatusWriter {
  const { client, clock, log } = options
  const resource = client.resource(pods)
  const entries = new Map<string, Entry>()
  const queue = createWorkQueue({
    clock,
    workers: WRITERS,
    baseDelayMs: 100,
    maxDelayMs: 10_000,
    async work(uid) {
      const entry = entries.get(uid)
      if (entry) await write(uid, entry)
      return undefined
    },
    onError: (uid, error, failures) =>
      log.warn({ uid, failures, error: String(error) }, 'pod status was not written'),
  })

  function put(pod: Pod, status: PodStatus, isFinished: boolean): void {
    const uid = pod.metadata?.uid ?? ''
    const entry = entries.get(uid)
    const old = entry?.status ?? pod.status ?? {}
    const illegal = illegalTransition(pod, old, status)
    if (illegal !== undefined) {
      log.warn(
        { pod: keyOf(pod), container: illegal },
        'an ended container cannot run again: status not believed',
      )
      return
    }
    const next = nextStatus(pod, old, status, clock.now())
    if (entry && !isFinished && sameJson(entry.status, next)) return
    entries.set(uid, {
      ...entry,
      status: next,
      key: keyOf(pod),
      isFinished: isFinished || entry?.isFinished === true,
    })
    queue.add(uid)
  }

  async function write(uid: string, entry: Entry): Promise<void> {
    const pod = newer(options.latest(entry.key), entry.written, uid)
    if (!pod) return
    const merged = mergedStatus(pod.status ?? {}, entry.status, options.mayBeRunning(uid))
    const patch = statusPatch(pod.status ?? {}, merged)
    const { namespace = '', name = '' } = pod.metadata ?? {}
    let current = pod
    try {
      if (patch) {
        const body = { metadata: { uid }, status: patch }
        current = await resource.patch(namespace, name, 'strategic', body, { subresource: 'status' })
        entry.written = current
      }
      if (
        !current.metadata?.deletionTimestamp ||
        !entry.isFinished ||
        !isTerminalPhase(current.status?.phase)
      )
        return
      await resource.delete(namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } })
      log.info({ pod: entry.key, uid }, 'pod deleted')
    } catch (error) {
      // Gone, or another one of the same name: nothing is left to report to.
      if (!isNotFound(error) && !(isConflict(error) && patch === undefined)) throw error
    }
  }

  return {
    get: (pod) => entries.get(pod.metadata?.uid ?? '')?.status ?? pod.status ?? {},
    set: (pod, status) => put(pod, status, false),
    finish(pod) {
      const status = entries.get(pod.metadata?.uid ?? '')?.status ?? pod.status ?? {}
      put(pod, finalStatus(status), true)
    },
    check(uid) {
      if (entries.has(uid)) queue.add(uid)
    },
    forget: (uid) => entries.delete(uid),
    run: (signal) => queue.run(signal),
  }
}

/** The later of two states of the pod with this UID. */
function newer(cached: Pod | undefined, written: Pod | undefined, uid: string): Pod | undefined {
  const versionOf = (pod: Pod | undefined): bigint =>
    pod?.metadata?.uid === uid ? BigInt(pod.metadata.resourceVersion ?? '0') : -1n
  const [a, b] = [versionOf(cached), versionOf(written)]
  if (a < 0n && b < 0n) return undefined
  // Absent from the cache with a state written: deleted meanwhile, and the cache knows.
  if (a < 0n) return undefined
  return b > a ? written : cached
}
