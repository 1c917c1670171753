// What the runtime has, pod by pod: kept current by its events, by looking at once after own acts, and by lists.
//
// relist ▶ (a pod's sandboxes or containers changed) ▶ refresh that pod ▶ tell the pod workers. A list is two
// cheap calls on a local socket; statuses are asked only of what changed, and never again of what has exited.
// Invariant: `get` is never older than the end of the last `refresh` of that pod.
// Upstream: pkg/kubelet/pleg/{generic,evented}.go

import { isNotFound } from '#kubelet/cri/channel.ts'
import type { Runtime } from '#kubelet/cri/runtime.ts'
import type { Container, ContainerStatus, Sandbox, SandboxStatus } from '#kubelet/cri/types.ts'
import {
  CONTAINER_NAME,
  POD_NAME,
  POD_NAMESPACE,
  POD_UID,
  readContainerAnnotations,
} from '#kubelet/runtime/labels.ts'
import type { RuntimeContainer, RuntimePod, RuntimeState } from '#kubelet/runtime/runtime-pod.ts'
import { terminationMessage } from '#kubelet/runtime/termination-message.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

export interface RuntimeCache {
  get(uid: string): RuntimePod | undefined
  /** All pods that have a sandbox or a container. */
  list(): readonly RuntimePod[]
  /** Looks at one pod now; gives what it has. */
  refresh(uid: string): Promise<RuntimePod | undefined>
  /** Asks for a sandbox that has just been made, and knows it from then on. */
  sandboxStatus(id: string): Promise<SandboxStatus>
  /** Resolves after the first complete list. */
  whenListed(signal: AbortSignal): Promise<void>
  /** Milliseconds (monotonic) of the last list that came through. */
  lastListedAt(): number
  run(signal: AbortSignal): Promise<void>
}

export interface RuntimeCacheOptions {
  readonly runtime: Runtime
  readonly clock: Clock
  readonly log: Logger
  /** A pod changed, or is gone from the runtime. */
  onChange(uid: string): void
}

const RELIST_MS = 1000
/** While the runtime's events are followed, lists only make sure that none was lost. */
const RELIST_WITH_EVENTS_MS = 5000
const EVENTS_RETRY_MS = 10_000
/** An event may come before CRI knows of it: it is looked several times. Bursts are looked at together. */
const AFTER_EVENT_MS: readonly number[] = [15, 30, 80, 200, 700]

interface Listed {
  readonly sandboxes: readonly Sandbox[]
  readonly containers: readonly Container[]
}

export function createRuntimeCache(options: RuntimeCacheOptions): RuntimeCache {
  const { runtime, clock, log } = options
  const pods = new Map<string, RuntimePod>()
  const signatures = new Map<string, string>()
  /** Containers that have exited do not change any more. */
  const exited = new Map<string, RuntimeContainer>()
  /** What a sandbox is (its addresses) does not change while its state does not. */
  const knownSandboxes = new Map<string, SandboxStatus>()
  const refreshing = new Map<string, Promise<unknown>>()
  let listedAt = Number.NEGATIVE_INFINITY
  let hasEvents = false
  let markListed: () => void = () => undefined
  const firstList = new Promise<void>((resolve) => (markListed = resolve))

  /** One refresh of a pod after the other: a later one must not be overtaken by an earlier. */
  function refresh(uid: string): Promise<RuntimePod | undefined> {
    return inTurn(uid, () => refreshNow(uid))
  }

  /** Whether this look found what no other has found before: a worker's own acts are no news to it. */
  function refreshForNews(uid: string): Promise<boolean> {
    return inTurn(uid, async () => {
      const before = signatures.get(uid)
      await refreshNow(uid)
      return signatures.get(uid) !== before
    })
  }

  function inTurn<T>(uid: string, work: () => Promise<T>): Promise<T> {
    const result = (refreshing.get(uid) ?? Promise.resolve()).then(work)
    const settled = result.catch(() => undefined)
    refreshing.set(uid, settled)
    void settled.then(() => refreshing.get(uid) === settled && refreshing.delete(uid))
    return result
  }

  async function refreshNow(uid: string): Promise<RuntimePod | undefined> {
    const labels = { [POD_UID]: uid }
    const [sandboxes, containers] = await Promise.all([
      runtime.listSandboxes(labels),
      runtime.listContainers(labels),
    ])
    return store(uid, { sandboxes, containers })
  }

  async function store(uid: string, listed: Listed): Promise<RuntimePod | undefined> {
    const signature = signatureOf(listed)
    const before = pods.get(uid)
    const pod = await inspect(uid, listed)
    for (const { id } of before?.containers ?? []) {
      if (!pod?.containers.some((container) => container.id === id)) exited.delete(id)
    }
    if (pod) {
      pods.set(uid, pod)
      signatures.set(uid, signature)
    } else {
      pods.delete(uid)
      signatures.delete(uid)
    }
    return pod
  }

  async function inspect(uid: string, { sandboxes, containers }: Listed): Promise<RuntimePod | undefined> {
    const first = sandboxes[0] ?? containers[0]
    if (!first) return undefined
    const newestFirst = [...sandboxes].sort((a, b) => b.createdAt - a.createdAt)
    const [sandboxStatuses, containerStatuses] = await Promise.all([
      Promise.all(
        newestFirst.map((sandbox, position) => (position === 0 ? inspectSandbox(sandbox) : bare(sandbox))),
      ),
      Promise.all(containers.map((container) => exited.get(container.id) ?? inspectContainer(container))),
    ])
    const present = sandboxStatuses.filter((status) => status !== undefined)
    const [newest] = present
    return {
      uid,
      name: first.labels[POD_NAME] ?? '',
      namespace: first.labels[POD_NAMESPACE] ?? '',
      sandboxes: present,
      containers: containerStatuses
        .filter((status) => status !== undefined)
        .sort((a, b) => b.createdAt - a.createdAt || b.restartCount - a.restartCount),
      ips: newest?.state === 'SANDBOX_READY' ? addressesOf(newest) : [],
    }
  }

  async function sandboxStatus(id: string): Promise<SandboxStatus> {
    const status = await runtime.sandboxStatus(id)
    knownSandboxes.set(id, status)
    return status
  }

  async function inspectSandbox({ id, state }: Sandbox): Promise<SandboxStatus | undefined> {
    const known = knownSandboxes.get(id)
    if (known?.state === state) return known
    try {
      return await sandboxStatus(id)
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  async function inspectContainer(container: Container): Promise<RuntimeContainer | undefined> {
    try {
      const status = await runtime.containerStatus(container.id)
      const result = await converted(container, status)
      if (result.state === 'exited') exited.set(result.id, result)
      return result
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  async function relist(): Promise<void> {
    const [sandboxes, containers] = await Promise.all([runtime.listSandboxes(), runtime.listContainers()])
    const present = new Set(sandboxes.map(({ id }) => id))
    for (const id of knownSandboxes.keys()) if (!present.has(id)) knownSandboxes.delete(id)
    const byPod = grouped(sandboxes, containers)
    const changed: string[] = []
    for (const [uid, listed] of byPod) if (signatures.get(uid) !== signatureOf(listed)) changed.push(uid)
    for (const uid of pods.keys()) if (!byPod.has(uid)) changed.push(uid)
    const outcomes = await Promise.allSettled(changed.map((uid) => refreshForNews(uid)))
    changed.forEach((uid, position) => {
      const outcome = outcomes[position]
      if (outcome?.status === 'rejected')
        log.warn({ uid, error: String(outcome.reason) }, 'pod could not be inspected')
      else if (outcome?.value) options.onChange(uid)
    })
    listedAt = clock.monotonic()
    markListed()
  }

  /** Events only shorten the wait for the next list: what has happened is read from lists and statuses alone. */
  async function followEvents(look: () => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        hasEvents = true
        await runtime.watchEvents(look, signal)
      } catch (error) {
        log.debug({ error: String(error) }, 'no events from the runtime')
      }
      hasEvents = false
      look()
      await clock.sleep(EVENTS_RETRY_MS, signal).catch(() => undefined)
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    let wake: () => void = () => undefined
    let looks = AFTER_EVENT_MS.length
    const look = (): void => {
      looks = 0
      wake()
    }
    const following = followEvents(look, signal)
    while (!signal.aborted) {
      try {
        await relist()
      } catch (error) {
        log.warn({ error: String(error) }, 'the runtime could not be listed')
      }
      const over = new AbortController()
      const ending = AbortSignal.any([signal, over.signal])
      const isAfterEvent = looks < AFTER_EVENT_MS.length
      const woken = new Promise<void>((resolve) => {
        if (!isAfterEvent) wake = resolve
      })
      const idleMs = hasEvents ? RELIST_WITH_EVENTS_MS : RELIST_MS
      const pause = clock.sleep(AFTER_EVENT_MS[looks] ?? idleMs, ending).catch(() => undefined)
      await Promise.race([pause, woken])
      over.abort()
      if (isAfterEvent) looks++
    }
    await following
  }

  return {
    get: (uid) => pods.get(uid),
    list: () => [...pods.values()],
    refresh,
    sandboxStatus,
    whenListed: (signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        void firstList.then(resolve)
      }),
    lastListedAt: () => listedAt,
    run,
  }
}

function grouped(sandboxes: readonly Sandbox[], containers: readonly Container[]): Map<string, Listed> {
  const pods = new Map<string, { sandboxes: Sandbox[]; containers: Container[] }>()
  const groupOf = (uid: string) => {
    const group = pods.get(uid) ?? { sandboxes: [], containers: [] }
    pods.set(uid, group)
    return group
  }
  for (const sandbox of sandboxes) {
    const uid = sandbox.labels[POD_UID]
    if (uid !== undefined) groupOf(uid).sandboxes.push(sandbox)
  }
  for (const container of containers) {
    const uid = container.labels[POD_UID]
    if (uid !== undefined) groupOf(uid).containers.push(container)
  }
  return pods
}

/** Changes when a sandbox or container appears, goes, or changes its state. */
function signatureOf({ sandboxes, containers }: Listed): string {
  const parts = [...sandboxes, ...containers].map((one) => `${one.id}:${one.state}`)
  return parts.sort().join()
}

/** Of older sandboxes only the state counts; their addresses are history. */
function bare(sandbox: Sandbox): Promise<SandboxStatus> {
  return Promise.resolve({ ...sandbox, network: null, linux: null })
}

function addressesOf(sandbox: SandboxStatus): readonly string[] {
  const ips = [sandbox.network?.ip ?? '', ...(sandbox.network?.additionalIps ?? []).map(({ ip }) => ip)]
  return ips.filter((ip) => ip !== '')
}

const STATES: Readonly<Record<string, RuntimeState>> = {
  CONTAINER_CREATED: 'created',
  CONTAINER_RUNNING: 'running',
  CONTAINER_EXITED: 'exited',
}

const millis = (nanos: number): number => (nanos > 0 ? nanos / 1e6 : 0)

async function converted(container: Container, status: ContainerStatus): Promise<RuntimeContainer> {
  const record = readContainerAnnotations(status.annotations)
  const state = STATES[status.state] ?? 'unknown'
  const words = state === 'exited' ? [status.message, await terminationMessage(status)] : []
  return {
    id: status.id,
    name: status.labels[CONTAINER_NAME] ?? status.metadata.name,
    sandboxId: container.podSandboxId,
    state,
    createdAt: millis(status.createdAt),
    startedAt: state === 'created' ? 0 : millis(status.startedAt),
    finishedAt: state === 'exited' ? millis(status.finishedAt) : 0,
    exitCode: status.exitCode,
    reason: state === 'exited' ? status.reason : '',
    message: words.filter((text) => text !== '').join(': '),
    image: status.image.image,
    imageRef: status.imageRef,
    imageId: status.imageId,
    hash: record.hash,
    restartCount: record.restartCount,
    logPath: status.logPath,
    mounts: status.mounts,
    resources: status.resources?.linux ?? undefined,
    user: status.user?.linux ?? undefined,
    stopSignal: ['', 'RUNTIME_DEFAULT'].includes(status.stopSignal) ? '' : status.stopSignal,
  }
}
