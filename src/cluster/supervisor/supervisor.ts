// The supervisor: prepares hosts, starts the cluster's processes, and starts again what ends.
//
// It holds the cluster's lock, so there is one of it. When it dies its children go on; the next one takes them
// over. Everything that it prepares can be prepared again, so a start after a crash is a start.

import { setMaxListeners } from 'node:events'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { ClusterConfig } from '#cluster/config.ts'
import { ensureHost } from '#cluster/hosts/host.ts'
import { machineFolders, prepareMachine } from '#cluster/hosts/machine.ts'
import { ensureBridge } from '#cluster/hosts/network.ts'
import { loadBuiltInImages } from '#cluster/images/load.ts'
import type { ClusterLayout, NodeLayout } from '#cluster/layout.ts'
import { ensurePki } from '#cluster/processes/credentials.ts'
import { type Child, type ChildStatus, createChild } from '#cluster/supervisor/child.ts'
import {
  type ControlRequest,
  type SupervisorStatus,
  serveControl,
} from '#cluster/supervisor/control-socket.ts'
import { rotateLogs } from '#cluster/supervisor/log-rotation.ts'
import {
  containerdProcess,
  controlPlaneProcess,
  etcdProcess,
  nodeLayouts,
  nodeProcess,
  runsOwnEtcd,
  type SelfCommand,
} from '#cluster/supervisor/processes.ts'
import type { Clock } from '#sys/clock.ts'
import { lockFile } from '#sys/file-lock.ts'
import { exists } from '#sys/files.ts'
import type { Logger } from '#sys/log.ts'
import { ensurePinFolder } from '#sys/namespaces.ts'
import { identify, readProcess, tryRun } from '#sys/process.ts'

export interface SupervisorOptions {
  readonly layout: ClusterLayout
  readonly config: ClusterConfig
  readonly self: SelfCommand
  readonly clock: Clock
  readonly log: Logger
}

const RETRY_MS = 1_000
const SOCKET_WAIT_MS = 20
const SOCKET_TRIES = 500
const LOCK_WAIT_MS = 5_000

/** Runs until it is told to stop (by its socket or `signal`), another holds the lock, or the cluster is not wanted any more. */
export async function runSupervisor(options: SupervisorOptions, signal: AbortSignal): Promise<void> {
  const { layout, config, self, clock, log } = options
  await mkdir(layout.runDir, { recursive: true, mode: 0o700 })
  const lock = await lockFile(layout.lockFile, LOCK_WAIT_MS)
  if (!lock) throw new Error(`another supervisor runs ${layout.name}`)
  if (!(await exists(layout.runRecord))) {
    // whoever took the cluster down did so before this one had begun
    await rm(layout.runDir, { recursive: true, force: true })
    return log.info({}, `${layout.name} has been taken down meanwhile`)
  }
  await writeFile(layout.supervisorPidFile, JSON.stringify(identify(process.pid)))
  const stop = new AbortController()
  const ending = AbortSignal.any([signal, stop.signal])
  // Every child and every wait listens to it.
  setMaxListeners(0, ending)
  const children: Child[] = []
  let problem = ''

  function supervise(child: Child): Promise<void> {
    children.push(child)
    return child.run(ending)
  }
  const child = (spec: Child['spec']) => createChild(spec, clock, log)

  const startedAt = clock.now()
  /** The supervisor itself, as one of the processes. */
  function own(): ChildStatus {
    const stat = readProcess(process.pid)
    return {
      ...{ name: 'supervisor', pid: process.pid, isRunning: true, restarts: 0, startedAt, lastExit: '' },
      memoryBytes: stat?.residentBytes ?? 0,
      cpuMs: process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000,
    }
  }

  async function handle(request: ControlRequest): Promise<SupervisorStatus> {
    if (request === 'stop') {
      stop.abort()
      // Nodes before the control plane, so that they can still say what ended.
      for (const each of [...children].reverse()) await each.stop()
    }
    return { pid: process.pid, processes: [own(), ...children.map((each) => each.status())], problem }
  }

  async function runNode(node: NodeLayout): Promise<void> {
    await untilDone(async () => ensureHost(layout, node, config))
    const runtime = supervise(child(containerdProcess(layout, node)))
    const kubelet = untilDone(async () => {
      await untilRuntimeAnswers(node)
      await loadBuiltInImages(node.containerdSocket, path.join(node.dir, 'archives'), ending)
    }).then(() => (ending.aborted ? undefined : supervise(child(nodeProcess(layout, node, self)))))
    await Promise.all([runtime, kubelet])
  }

  /** Tries again until it works: a full disk or a missing program is told, and may be mended meanwhile. */
  async function untilDone(work: () => Promise<void>): Promise<void> {
    while (!ending.aborted) {
      try {
        await work()
        problem = ''
        return
      } catch (error) {
        problem = error instanceof Error ? error.message : String(error)
        log.error({ error: problem }, 'a host is not ready')
        await clock.sleep(RETRY_MS, ending).catch(() => undefined)
      }
    }
  }

  async function untilRuntimeAnswers(node: NodeLayout): Promise<void> {
    for (let tries = 0; tries < SOCKET_TRIES && !ending.aborted; tries++) {
      if (await exists(node.containerdSocket)) {
        const { code } = await tryRun('ctr', ['--address', node.containerdSocket, 'version'], {
          timeoutMs: 5_000,
        })
        if (code === 0) return
      }
      await clock.sleep(SOCKET_WAIT_MS, ending).catch(() => undefined)
    }
  }

  const running: Promise<void>[] = [rotateLogs(layout.logDir, clock, log, ending)]
  if (runsOwnEtcd(config)) running.push(supervise(child(etcdProcess(layout, config))))
  running.push(supervise(child(controlPlaneProcess(layout, self))))
  const nodes = nodeLayouts(layout, config)
  const certificates = ensurePki(layout, config, clock)
  if (nodes.length > 0) {
    const prepared = untilDone(async () => {
      await prepareMachine(machineFolders(path.dirname(layout.runDir)))
      await ensurePinFolder(layout.pinDir)
      await ensureBridge(layout, config)
      await certificates
    })
    running.push(prepared.then(async () => void (await Promise.all(nodes.map(runNode)))))
  }
  // Whoever finds the socket also finds the certificates; without them nothing that was started is of use.
  await certificates.catch(async (error: unknown) => {
    await handle('stop')
    throw error
  })
  const socket = await serveControl(layout.supervisorSocket, handle)
  await Promise.all(running)
  socket.close()
  await rm(path.join(layout.supervisorSocket), { force: true })
  await rm(layout.supervisorPidFile, { force: true })
  await lock.release()
}
