// A cluster for a test: `const cluster = await startCluster({ nodes: 2 })`, and `await cluster.stop()`.
//
// It has a name, a port and a data directory of its own, so that any number run side by side and beside the
// person's own clusters, whose kubeconfig it leaves alone.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Client } from '#client/client.ts'
import type { ClusterConfig, ClusterWishes } from '#cluster/config.ts'
import { down } from '#cluster/down.ts'
import type { ClusterLayout } from '#cluster/layout.ts'
import type { SelfCommand } from '#cluster/supervisor/processes.ts'
import { up } from '#cluster/up.ts'
import { systemClock } from '#sys/clock.ts'
import { freePort } from '#sys/ports.ts'
import { randomSuffix, systemRandom } from '#sys/random.ts'

export interface TestCluster {
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string
  /** Acts as the administrator. */
  readonly client: Client
  readonly config: ClusterConfig
  readonly layout: ClusterLayout
  /** Starts it again after `pause`, or after its processes were killed. */
  resume(): Promise<void>
  /** Stops everything but keeps the data. */
  pause(): Promise<void>
  /** Removes everything. */
  stop(): Promise<void>
}

/** Resolves when all nodes are Ready; needs root. */
export async function startCluster(
  wishes: Omit<ClusterWishes, 'name' | 'apiPort'> = {},
): Promise<TestCluster> {
  const name = `t-${randomSuffix(systemRandom, 6)}`
  const dataDir = await mkdtemp(path.join(tmpdir(), 'k8ts-'))
  const kubeconfigFile = path.join(dataDir, 'kubectl-config')
  const entry = fileURLToPath(new URL('../bundle/main.js', import.meta.url))
  const self: SelfCommand = [process.execPath, entry]
  const progress = { step: () => undefined, detail: () => undefined }
  const apiPort = await freePort()
  const start = () => up({ ...wishes, name, dataDir, apiPort, self, progress, kubeconfigFile })
  const remove = (deleteData: boolean) =>
    down({ name, dataDir, deleteData, clock: systemClock, kubeconfigFile })
  try {
    const { client, config, layout } = await start()
    return {
      kubeconfig: layout.adminKubeconfig,
      client,
      config,
      layout,
      resume: async () => void (await start()),
      pause: async () => void (await remove(false)),
      stop: async () => void (await remove(true)),
    }
  } catch (error) {
    await remove(true)
    await rm(dataDir, { recursive: true, force: true })
    throw error
  }
}
