// Brings a cluster up: decides what it is, starts its supervisor, and waits until it can be used.

import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { nodes } from '#api/resources.ts'
import type { Node } from '#api/types/core.ts'
import type { Client } from '#client/client.ts'
import { createInformer } from '#client/informer.ts'
import {
  type ClusterConfig,
  type ClusterWishes,
  checkName,
  DEFAULT_NAME,
  DEFAULT_RANGES,
  resolveConfig,
} from '#cluster/config.ts'
import { down } from '#cluster/down.ts'
import { machineFolders, restoreMachine, withMachineLock } from '#cluster/hosts/machine.ts'
import { addContext, kubeconfigPath } from '#cluster/kubeconfig-file.ts'
import { type ClusterLayout, clusterLayout, DATA_ROOT } from '#cluster/layout.ts'
import { checkMachine, installPackages, missingPackages } from '#cluster/packages.ts'
import { clientOf, SERVER_ISSUER } from '#cluster/processes/credentials.ts'
import { checkRanges, chooseRanges, hostRange, rangesInUse, rangesKept } from '#cluster/ranges.ts'
import { readConfig, writeConfig } from '#cluster/saved-config.ts'
import { readServerArgs } from '#cluster/server-flags.ts'
import { parseIdentity } from '#cluster/supervisor/child.ts'
import { askSupervisor } from '#cluster/supervisor/control-socket.ts'
import { nodeLayouts, pidFile, type SelfCommand } from '#cluster/supervisor/processes.ts'
import { spawnSupervisor } from '#cluster/supervisor/start.ts'
import { UserError } from '#cluster/user-error.ts'
import { type Clock, systemClock } from '#sys/clock.ts'
import { exists, readTextIfExists, removeIfEmpty, writeFileAtomically } from '#sys/files.ts'
import { silentLogger } from '#sys/log.ts'
import { isPortFree } from '#sys/ports.ts'
import { isRunning, type ProcessIdentity } from '#sys/process.ts'
import { systemRandom } from '#sys/random.ts'

export interface UpOptions extends ClusterWishes {
  readonly dataDir?: string
  readonly self: SelfCommand
  /** Told what is being done; `detail` is a sign of life within a step. */
  readonly progress: Progress
  readonly signal?: AbortSignal
  /** The person's kubeconfig, which gets the context; absent: the one that kubectl would use. */
  readonly kubeconfigFile?: string
}

export interface Progress {
  step(text: string): void
  detail(text: string): void
}

export interface RunningCluster {
  readonly layout: ClusterLayout
  readonly config: ClusterConfig
  /** Acts as the administrator. */
  readonly client: Client
  /** False when everything ran already. */
  readonly wasStarted: boolean
}

const READY_TIMEOUT_MS = 120_000
const POLL_MS = 25
const DYING_CHECKS = 80
/** Longer silence than this from a new supervisor means that it did not start. */
const SUPERVISOR_TIMEOUT_MS = 15_000

/** Resolves when the API server answers and every node is Ready. */
export async function up(options: UpOptions): Promise<RunningCluster> {
  const { progress, signal } = options
  checkMachine()
  const layout = clusterLayout(checkName(options.name ?? DEFAULT_NAME), options.dataDir)
  const running = await askSupervisor(layout.supervisorSocket, 'status')
  const config = running ? await runningConfig(layout, options) : await start(layout, options)
  const client = clientOf(layout, `https://127.0.0.1:${config.apiPort}`, 'admin', 'k8ts', systemClock)
  if (!running) progress.step('waiting for the API server')
  await untilServing(layout, client, signal)
  signal?.throwIfAborted()
  if (!running) await forgetNodes(layout, config, client)
  await untilNodesReady(layout, config, client, signal, progress)
  await addContext(options.kubeconfigFile ?? kubeconfigPath(), await readFile(layout.adminKubeconfig, 'utf8'))
  return { layout, config, client, wasStarted: !running }
}

/** What runs already; wishes that it does not fulfil are refused. */
async function runningConfig(layout: ClusterLayout, options: UpOptions): Promise<ClusterConfig> {
  const kept = await readConfig(layout)
  if (!kept)
    throw new UserError(
      `A cluster ${layout.name} runs with another data directory: give that one with --data-dir, or choose another --name.`,
    )
  const config = resolveConfig(options, kept, kept)
  for (const [flag, field] of [
    ['--nodes', 'nodes'],
    ['--api-port', 'apiPort'],
  ] as const) {
    if (kept[field] === config[field]) continue
    throw new UserError(
      `Cluster ${config.name} runs with ${flag} ${kept[field]}: 'k8ts down --name ${config.name}', then up with ${flag} ${config[field]}.`,
    )
  }
  if (kept.apiServerArgs?.join('\n') !== config.apiServerArgs?.join('\n')) {
    throw new UserError(
      `Cluster ${config.name} runs with other flags of its API server: 'k8ts down --name ${config.name}', then up again.`,
    )
  }
  return config
}

/** Decides what the cluster is, and starts its supervisor; a failure on the way leaves nothing behind. */
async function start(layout: ClusterLayout, options: UpOptions): Promise<ClusterConfig> {
  const { progress, signal } = options
  const runRoot = path.dirname(layout.runDir)
  const [hadConfig, hadData, hadRunDir] = await Promise.all(
    [layout.configFile, layout.dataDir, layout.runDir].map(exists),
  )
  try {
    // One `up` after the other: each sees the ranges that those before it have taken.
    const config = await withMachineLock(runRoot, () => decide(layout, options))
    await checkServerFiles(config)
    await installMissing(config, progress)
    signal?.throwIfAborted()
    await writeConfig(layout, config)
    progress.step(`starting ${config.name}`)
    await startSupervisor(layout, options.self, systemClock)
    return config
  } catch (error) {
    // The path may lead nowhere, which is why we are here.
    if (!hadRunDir) await takeDownBegun(layout, options)
    if (!hadConfig) await rm(layout.configFile, { force: true }).catch(() => undefined)
    if (!hadData) await removeIfEmpty(layout.dataDir)
    await removeIfEmpty(DATA_ROOT)
    await restoreMachine(machineFolders(runRoot))
    throw error
  }
}

/** A supervisor that did not come up may have started processes and made hosts; its logs say why, and stay. */
async function takeDownBegun(layout: ClusterLayout, { kubeconfigFile }: UpOptions): Promise<void> {
  const { name, dataDir } = layout
  if (!(await exists(layout.runDir))) return
  await down({
    name,
    dataDir,
    deleteData: false,
    clock: systemClock,
    ...(kubeconfigFile !== undefined && { kubeconfigFile }),
  })
}

/** Files that the API server would not start with are refused here, where somebody reads why. */
async function checkServerFiles({ apiServerArgs = [] }: ClusterConfig): Promise<void> {
  if (apiServerArgs.length === 0) return
  const { accessOptions } = await import('#cluster/processes/access-options.ts')
  await accessOptions(readServerArgs(apiServerArgs), SERVER_ISSUER)
}

/** Joins wishes, what is kept and what is free; the record of it tells other clusters what is taken. */
async function decide(layout: ClusterLayout, options: UpOptions): Promise<ClusterConfig> {
  const kept = await readConfig(layout)
  const inUse = await rangesInUse(layout)
  const usesNetwork = (options.nodes ?? kept?.nodes ?? 1) > 0
  const free = usesNetwork ? chooseRanges([...inUse, ...(await rangesKept(layout))]) : DEFAULT_RANGES
  const config = resolveConfig(options, kept, { ...free, hostCIDR: hostRange(kept?.hostCIDR, inUse) })
  if (config.nodes > 0) checkRanges(config, inUse, kept !== undefined)
  // A control plane that outlived its supervisor holds the port with right: it will be taken over. One that was
  // just killed gives it back only when the last of its threads has ended.
  const earlier = await earlierControlPlane(layout)
  if (!earlier || !isRunning(earlier)) await checkPort(config.apiPort, earlier !== undefined)
  await writeFileAtomically(layout.runRecord, JSON.stringify(config))
  return config
}

async function installMissing(config: ClusterConfig, progress: Progress): Promise<void> {
  const missing = await missingPackages(config)
  if (missing.length === 0) return
  progress.step(`installing ${missing.join(', ')}`)
  await installPackages(missing, (text) => progress.detail(text.trim().split('\n').at(-1) ?? ''))
}

/** The control plane of an earlier supervisor, as its pid file names it. */
async function earlierControlPlane(layout: ClusterLayout): Promise<ProcessIdentity | undefined> {
  return parseIdentity((await readTextIfExists(pidFile(layout, 'control-plane'))) ?? '')
}

/** Somebody else's port is told before anything is made; one that an own process has just left is waited for. */
async function checkPort(port: number, wasOurs: boolean): Promise<void> {
  for (let tries = wasOurs ? DYING_CHECKS : 1; tries > 0; tries--) {
    if (await isPortFree(port)) return
    if (tries > 1) await systemClock.sleep(POLL_MS)
  }
  throw new UserError(`Port ${port} is in use by another program: choose another with --api-port.`)
}

async function startSupervisor(layout: ClusterLayout, self: SelfCommand, clock: Clock): Promise<void> {
  const supervisor = await spawnSupervisor(layout, self)
  const deadline = clock.monotonic() + SUPERVISOR_TIMEOUT_MS
  while (!(await askSupervisor(layout.supervisorSocket, 'status'))) {
    const end = supervisor.hasEnded()
    if (end === '' && clock.monotonic() < deadline) await clock.sleep(POLL_MS)
    else {
      supervisor.kill()
      throw new UserError(`The supervisor did not start (${end || 'no answer'}): see ${supervisor.logFile}.`)
    }
  }
}

async function untilServing(
  layout: ClusterLayout,
  client: Client,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadline = systemClock.monotonic() + READY_TIMEOUT_MS
  for (;;) {
    try {
      await client.request({ method: 'GET', path: '/readyz', query: {} })
      return
    } catch (error) {
      signal?.throwIfAborted()
      if (systemClock.monotonic() < deadline) await systemClock.sleep(POLL_MS, signal)
      else
        throw new UserError(
          `The API server does not answer: see ${path.join(layout.logDir, 'control-plane.log')}.`,
          { cause: error },
        )
    }
  }
}

/** Nodes of this cluster's hosts that an earlier `up` had and this one has not: nobody will make them Ready again. */
async function forgetNodes(layout: ClusterLayout, config: ClusterConfig, client: Client): Promise<void> {
  const expected = new Set(nodeLayouts(layout, config).map((node) => node.name))
  const ours = new RegExp(`^${layout.name}-\\d+$`)
  for (const { metadata } of (await client.resource(nodes).list()).items) {
    const name = metadata?.name ?? ''
    if (ours.test(name) && !expected.has(name)) await client.resource(nodes).delete('', name)
  }
}

/** Watches the nodes until all of them are Ready. */
async function untilNodesReady(
  layout: ClusterLayout,
  config: ClusterConfig,
  client: Client,
  signal: AbortSignal | undefined,
  progress: Progress,
): Promise<void> {
  if (!config.components.includes('kubelet')) return
  const expected = new Set(nodeLayouts(layout, config).map((node) => node.name))
  if (expected.size === 0) return
  progress.step(`waiting for ${[...expected].join(', ')} to be Ready`)
  const stop = new AbortController()
  const informer = createInformer<Node>(
    nodes,
    {},
    { client, clock: systemClock, random: systemRandom, log: silentLogger },
  )
  const waiting = new Set(expected)
  const ready = new Promise<void>((resolve, reject) => {
    const onAbort = () => reject(signal?.reason)
    // One that came while the API server was asked is not announced again.
    if (signal?.aborted) return onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    const timer = systemClock.after(READY_TIMEOUT_MS, () => void notReady(layout, waiting).then(reject))
    informer.onChange(({ object, type }) => {
      const name = object.metadata?.name ?? ''
      if (type === 'deleted' || !expected.has(name) || !isReady(object)) return
      if (waiting.delete(name)) progress.detail(`${name} is Ready`)
      if (waiting.size > 0) return
      timer.cancel()
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
  })
  const running = informer.run(stop.signal)
  try {
    await ready
  } finally {
    stop.abort()
    await running
  }
}

/** Says which nodes are late, and what the supervisor knows of the reason. */
async function notReady(layout: ClusterLayout, waiting: ReadonlySet<string>): Promise<UserError> {
  const status = await askSupervisor(layout.supervisorSocket, 'status').catch(() => undefined)
  const down = (status?.processes ?? []).filter(({ isRunning: runs }) => !runs)
  const reasons = [
    ...down.map(({ name, lastExit }) => `${name} is down (${lastExit})`),
    ...(status?.problem ? [status.problem] : []),
  ]
  const why = reasons.length > 0 ? `: ${reasons.join('; ')}` : ''
  return new UserError(
    `${[...waiting].join(', ')} did not become Ready within ${READY_TIMEOUT_MS / 1000} s${why}. See the logs in ${layout.logDir}.`,
  )
}

const isReady = (node: Node): boolean =>
  (node.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True')
