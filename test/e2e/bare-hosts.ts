// Hosts with a container runtime each and nothing of Kubernetes: the ground on which a test puts components by itself.
//
// Made of the same parts as those of `k8ts up`; whatever is started through `run` is ended by `remove`.

import { setMaxListeners } from 'node:events'
import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ClusterConfig, resolveConfig } from '#cluster/config.ts'
import { down } from '#cluster/down.ts'
import { ensureHost, insideHost } from '#cluster/hosts/host.ts'
import { machineFolders, prepareMachine, withMachineLock } from '#cluster/hosts/machine.ts'
import { ensureBridge } from '#cluster/hosts/network.ts'
import { loadBuiltInImages } from '#cluster/images/load.ts'
import { type ClusterLayout, clusterLayout, type NodeLayout, nodeLayout } from '#cluster/layout.ts'
import { chooseRanges, hostRange, rangesInUse } from '#cluster/ranges.ts'
import { createChild } from '#cluster/supervisor/child.ts'
import { containerdProcess, pidFile } from '#cluster/supervisor/processes.ts'
import { systemClock } from '#sys/clock.ts'
import { exists, writeFileAtomically } from '#sys/files.ts'
import { silentLogger } from '#sys/log.ts'
import { ensurePinFolder } from '#sys/namespaces.ts'
import { freePort } from '#sys/ports.ts'
import { run as runCommand } from '#sys/process.ts'
import { randomSuffix, systemRandom } from '#sys/random.ts'

const RUNTIME_START_MS = 20_000
const K8TS = fileURLToPath(new URL('../../bundle/main.js', import.meta.url))

export interface BareHosts {
  readonly layout: ClusterLayout
  /** Addresses and ranges, as a cluster would have them. */
  readonly config: ClusterConfig
  readonly nodes: readonly NodeLayout[]
  /** Starts `k8ts <args>` on the machine, or inside a host, and again when it ends. */
  run(name: string, args: readonly string[], host?: NodeLayout): void
  /** Runs `k8ts <args>` on the machine to its end; rejects when it fails. */
  once(args: readonly string[]): Promise<void>
  remove(): Promise<void>
}

export async function makeBareHosts(count: number): Promise<BareHosts> {
  const name = `t-${randomSuffix(systemRandom, 6)}`
  const dataDir = await mkdtemp(path.join(tmpdir(), 'k8ts-'))
  const layout = clusterLayout(name, dataDir)
  const stop = new AbortController()
  // Each process that is watched listens.
  setMaxListeners(0, stop.signal)
  const running: Promise<void>[] = []
  const start = (child: ReturnType<typeof createChild>): void => void running.push(child.run(stop.signal))
  const remove = async (): Promise<void> => {
    stop.abort()
    await Promise.all(running)
    await down({
      name,
      dataDir,
      deleteData: true,
      clock: systemClock,
      kubeconfigFile: path.join(dataDir, 'kubectl-config'),
    })
  }
  try {
    const config = await takeRanges(layout, count)
    await ensurePinFolder(layout.pinDir)
    await ensureBridge(layout, config)
    const nodes = Array.from({ length: count }, (_, i) => nodeLayout(layout, i + 1))
    for (const node of nodes) {
      await ensureHost(layout, node, config)
      start(createChild(containerdProcess(layout, node), systemClock, silentLogger))
      const deadline = AbortSignal.timeout(RUNTIME_START_MS)
      while (!(await exists(node.containerdSocket))) await systemClock.sleep(20, deadline)
      await loadBuiltInImages(node.containerdSocket, path.join(node.dir, 'archives'), stop.signal)
    }
    return {
      layout,
      config,
      nodes,
      run(processName, args, host) {
        const command = [process.execPath, K8TS, ...args]
        const spec = {
          name: processName,
          command: host ? insideHost(host, command) : command,
          logFile: path.join(layout.logDir, `${processName}.log`),
          pidFile: pidFile(layout, processName),
          stopTimeoutMs: 10_000,
        }
        start(createChild(spec, systemClock, silentLogger))
      },
      once: async (args) => void (await runCommand(process.execPath, [K8TS, ...args])),
      remove,
    }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Ranges that no other cluster has; the record of it keeps others away. */
async function takeRanges(layout: ClusterLayout, nodes: number): Promise<ClusterConfig> {
  const runRoot = path.dirname(layout.runDir)
  await mkdir(layout.runDir, { recursive: true, mode: 0o700 })
  await prepareMachine(machineFolders(runRoot))
  return await withMachineLock(runRoot, async () => {
    const inUse = await rangesInUse(layout)
    const free = { ...chooseRanges(inUse), hostCIDR: hostRange(undefined, inUse) }
    const config = resolveConfig({ name: layout.name, nodes, apiPort: await freePort() }, undefined, free)
    await writeFileAtomically(layout.runRecord, JSON.stringify(config))
    return config
  })
}
