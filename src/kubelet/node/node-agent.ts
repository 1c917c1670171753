// The node's own object: registers it, and keeps its status true, writing only what has changed.
//
// What changes is looked at each ten seconds (and at once when told), and written when it is news or five minutes
// old. That it lives is said by a Lease (node-lease.ts), on a timer of its own.
// Upstream: pkg/kubelet/kubelet_node_status.go

import { isAlreadyExists, isConflict, isNotFound } from '#api/meta/status.ts'
import { nodes } from '#api/resources.ts'
import type { Node, NodeStatus, Taint } from '#api/types/core.ts'
import type { Client } from '#client/client.ts'
import type { EventRecorder } from '#client/events.ts'
import { statusDifference } from '#kubelet/node/node-patch.ts'
import { hasChanged, type NodeFacts, nodeStatusOf } from '#kubelet/node/node-status.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

export interface NodeAgent {
  /** As the API has it, or as it was registered; undefined before that. */
  current(): Node | undefined
  /** The informer's view. */
  observe(node: Node | undefined): void
  /** Looks now: the runtime became ready, an image was pulled. */
  refresh(): void
  /** Resolves once the node is registered. */
  whenRegistered(): Promise<void>
  run(signal: AbortSignal): Promise<void>
}

export interface NodeAgentOptions {
  readonly client: Client
  readonly clock: Clock
  readonly log: Logger
  readonly recorder: EventRecorder
  readonly nodeName: string
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
  facts(): Promise<NodeFacts>
}

const LOOK_MS = 10_000
const WRITE_MS = 300_000
const FIRST_RETRY_MS = 100
const LONGEST_RETRY_MS = 7000
/** What lies in a burst of changes is written together. */
const SETTLE_MS = 50

export function createNodeAgent(options: NodeAgentOptions): NodeAgent {
  const { client, clock, log, nodeName } = options
  const resource = client.resource(nodes)
  let node: Node | undefined
  let writtenAt = Number.NEGATIVE_INFINITY
  let wake: () => void = () => undefined
  let isAsked = false
  let markRegistered: () => void = () => undefined
  const registered = new Promise<void>((resolve) => {
    markRegistered = resolve
  })

  async function register(): Promise<void> {
    const status = nodeStatusOf(await options.facts(), {}, clock.now())
    const wanted: Node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: nodeName,
        labels: options.labels,
        annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
      },
      spec: options.taints.length > 0 ? { taints: options.taints } : {},
      status,
    }
    try {
      node = await resource.create(wanted)
      log.info({ node: nodeName }, 'node registered')
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
      node = await keepOwnFields(await resource.get('', nodeName), wanted)
    }
    reportConditions({}, node.status ?? {})
    markRegistered()
  }

  /** A node that was there before keeps what others have made of it; labels of ours are set right. */
  async function keepOwnFields(existing: Node, wanted: Node): Promise<Node> {
    const labels = wanted.metadata?.labels ?? {}
    const isRight = Object.entries(labels).every(([key, value]) => existing.metadata?.labels?.[key] === value)
    if (isRight) return existing
    log.info({ node: nodeName }, 'node was registered before, its labels are brought up to date')
    return await resource.patch('', nodeName, 'strategic', { metadata: { labels } })
  }

  async function update(): Promise<void> {
    if (!node) return
    const old = node.status ?? {}
    const next = nodeStatusOf(await options.facts(), old, clock.now())
    const isDue = clock.monotonic() - writtenAt >= WRITE_MS
    if (!hasChanged(old, next) && !isDue) return
    const patch = statusDifference(old, next)
    try {
      node = await resource.patch('', nodeName, 'strategic', { status: patch }, { subresource: 'status' })
    } catch (error) {
      // Somebody deleted the node: it registers itself again.
      if (!isNotFound(error)) throw error
      node = undefined
      await register()
    }
    writtenAt = clock.monotonic()
    reportConditions(old, next)
  }

  function reportConditions(old: NodeStatus, next: NodeStatus): void {
    const reference: Node = { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, uid: nodeName } }
    for (const { type, status } of next.conditions ?? []) {
      const before = old.conditions?.find((condition) => condition.type === type)?.status
      if (before === status) continue
      const reason = EVENTS[`${type}=${status}`]
      if (reason === undefined || (type !== 'Ready' && before === undefined && status === 'True')) continue
      options.recorder.event(reference, 'Normal', reason, `Node ${nodeName} status is now: ${reason}`)
    }
  }

  async function pause(ms: number, signal: AbortSignal): Promise<void> {
    if (isAsked) return
    const waking = new Promise<void>((resolve) => {
      wake = resolve
    })
    const over = new AbortController()
    const ending = AbortSignal.any([signal, over.signal])
    await Promise.race([clock.sleep(ms, ending).catch(() => undefined), waking])
    over.abort()
  }

  return {
    current: () => node,
    observe(seen) {
      const isNewer =
        BigInt(seen?.metadata?.resourceVersion ?? '0') > BigInt(node?.metadata?.resourceVersion ?? '0')
      if (seen && node && isNewer) node = seen
      else if (!seen && node) {
        isAsked = true
        wake()
      }
    },
    refresh() {
      isAsked = true
      wake()
    },
    whenRegistered: () => registered,
    async run(signal) {
      let retryMs = FIRST_RETRY_MS
      while (!signal.aborted) {
        isAsked = false
        try {
          if (node) await update()
          else await register()
          retryMs = FIRST_RETRY_MS
          await pause(LOOK_MS, signal)
          if (isAsked) await clock.sleep(SETTLE_MS, signal).catch(() => undefined)
        } catch (error) {
          if (signal.aborted) break
          if (!isConflict(error))
            log.warn({ node: nodeName, error: String(error) }, 'node status was not written')
          await clock.sleep(retryMs, signal).catch(() => undefined)
          retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2)
        }
      }
    },
  }
}

const EVENTS: Readonly<Record<string, string>> = {
  'Ready=True': 'NodeReady',
  'Ready=False': 'NodeNotReady',
  'MemoryPressure=True': 'NodeHasInsufficientMemory',
  'MemoryPressure=False': 'NodeHasSufficientMemory',
  'DiskPressure=True': 'NodeHasDiskPressure',
  'DiskPressure=False': 'NodeHasNoDiskPressure',
  'PIDPressure=True': 'NodeHasInsufficientPID',
  'PIDPressure=False': 'NodeHasSufficientPID',
}
