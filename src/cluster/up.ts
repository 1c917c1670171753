// Brings a cluster up: decides what it is, starts its supervisor, and waits until it can be used.

import { closeSync, openSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import net from 'node:net'
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
  resolveConfig,
} from '#cluster/config.ts'
import { checkRanges, chooseHostCIDR, routesInUse } from '#cluster/hosts/network.ts'
import { addContext, kubeconfigPath } from '#cluster/kubeconfig-file.ts'
import { type ClusterLayout, clusterLayout } from '#cluster/layout.ts'
import { checkMachine, installPackages, missingPackages } from '#cluster/packages.ts'
import { clientOf } from '#cluster/processes/credentials.ts'
import { readConfig, writeConfig } from '#cluster/saved-config.ts'
import { parseIdentity } from '#cluster/supervisor/child.ts'
import { askSupervisor } from '#cluster/supervisor/control-socket.ts'
import { controlPlaneProcess, nodeLayouts, type SelfCommand } from '#cluster/supervisor/processes.ts'
import { UserError } from '#cluster/user-error.ts'
import { type Clock, systemClock } from '#sys/clock.ts'
import { readTextIfExists } from '#sys/files.ts'
import { silentLogger } from '#sys/log.ts'
import { isRunning, type ProcessIdentity, spawnDetached } from '#sys/process.ts'
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
  const { progress } = options
  checkMachine()
  const layout = clusterLayout(checkName(options.name ?? DEFAULT_NAME), options.dataDir)
  const running = await askSupervisor(layout.supervisorSocket, 'status')
  const kept = await readConfig(layout)
  const inUse = running ? [] : await routesInUse(layout.bridge)
  const config = resolveConfig(options, kept, chooseHostCIDR(inUse))
  if (!running) {
    if (config.nodes > 0) checkRanges(config, inUse)
    // A control plane that outlived its supervisor holds the port with right: it will be taken over. One that was
    // just killed gives it back only when the last of its threads has ended.
    const earlier = await earlierControlPlane(layout)
    if (!earlier || !isRunning(earlier)) await checkPort(config.apiPort, earlier !== undefined)
    await installMissing(config, progress)
    await writeConfig(layout, config)
    progress.step(`starting ${config.name}`)
    await startSupervisor(layout, options.self, systemClock)
  } else if (kept && kept.nodes !== config.nodes) {
    throw new UserError(
      `Cluster ${config.name} runs with ${kept.nodes} nodes: 'k8ts down --name ${config.name}', then up with --nodes ${config.nodes}.`,
    )
  }
  const client = clientOf(layout, `https://127.0.0.1:${config.apiPort}`, 'admin', 'k8ts', systemClock)
  await untilServing(layout, client, options.signal)
  progress.step('API server answers')
  await untilNodesReady(layout, config, client, options.signal, progress)
  await addContext(options.kubeconfigFile ?? kubeconfigPath(), await readFile(layout.adminKubeconfig, 'utf8'))
  return { layout, config, client, wasStarted: !running }
}

async function installMissing(config: ClusterConfig, progress: Progress): Promise<void> {
  const missing = await missingPackages(config)
  if (missing.length === 0) return
  progress.step(`installing ${missing.join(', ')}`)
  await installPackages(missing, (text) => progress.detail(text.trim().split('\n').at(-1) ?? ''))
}

/** The control plane of an earlier supervisor, as its pid file names it. */
async function earlierControlPlane(layout: ClusterLayout): Promise<ProcessIdentity | undefined> {
  return parseIdentity((await readTextIfExists(controlPlaneProcess(layout, []).pidFile)) ?? '')
}

/** Somebody else's port is told before anything is made; one that an own process has just left is waited for. */
async function checkPort(port: number, wasOurs: boolean): Promise<void> {
  for (let tries = wasOurs ? DYING_CHECKS : 1; tries > 0; tries--) {
    if (await isPortFree(port)) return
    if (tries > 1) await systemClock.sleep(POLL_MS)
  }
  throw new UserError(`Port ${port} is in use by another program: choose another with --api-port.`)
}

async function isPortFree(port: number): Promise<boolean> {
  const server = net.createServer()
  const isFree = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    })
    server.listen(port, () => resolve(true))
  })
  if (isFree) await new Promise((resolve) => server.close(resolve))
  return isFree
}

async function startSupervisor(layout: ClusterLayout, self: SelfCommand, clock: Clock): Promise<void> {
  await mkdir(layout.logDir, { recursive: true, mode: 0o700 })
  const logFile = path.join(layout.logDir, 'supervisor.log')
  const outputFd = openSync(logFile, 'a', 0o600)
  const [command = '', ...args] = self
  const child = spawnDetached(
    command,
    [...args, 'process', 'supervisor', '--data-dir', layout.dataDir, '--name', layout.name],
    { outputFd },
  )
  closeSync(outputFd)
  let ended = ''
  child.once('exit', (code, signal) => (ended = signal ?? `exit code ${code}`))
  child.unref()
  const deadline = clock.monotonic() + SUPERVISOR_TIMEOUT_MS
  while (!(await askSupervisor(layout.supervisorSocket, 'status'))) {
    if (ended === '' && clock.monotonic() < deadline) await clock.sleep(POLL_MS)
    else throw new UserError(`The supervisor did not start (${ended || 'no answer'}): see ${logFile}.`)
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
  const stop = new AbortController()
  const informer = createInformer<Node>(
    nodes,
    {},
    { client, clock: systemClock, random: systemRandom, log: silentLogger },
  )
  const waiting = new Set(expected)
  const ready = new Promise<void>((resolve, reject) => {
    const onAbort = () => reject(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    const timer = systemClock.after(READY_TIMEOUT_MS, () =>
      reject(
        new UserError(`${[...waiting].join(', ')} did not become Ready: see the logs in ${layout.logDir}.`),
      ),
    )
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

const isReady = (node: Node): boolean =>
  (node.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True')
