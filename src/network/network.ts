// The pod network's loop: routes to other nodes' pods, this node's CNI configuration, its packet rules.
//
//   nodes ─▶ routes, and the own podCIDR ─▶ CNI configuration (the runtime becomes ready with it)
//   pods on this node ─▶ host ports ─▶ nft
//
// Each of the three is written only when it differs from what was written last.

import path from 'node:path'
import { nodes, pods } from '#api/resources.ts'
import type { Node, Pod } from '#api/types/core.ts'
import type { InformerFactory } from '#client/informer-factory.ts'
import { createWorkQueue } from '#client/work-queue.ts'
import { CNI_CONFIG_FILE, cniConfig } from '#network/cni-config.ts'
import { type Routes, routeCommands, routesTo } from '#network/routes.ts'
import { hostPortsOf, networkTable } from '#network/rules.ts'
import type { Clock } from '#sys/clock.ts'
import { writeFileAtomically } from '#sys/files.ts'
import type { Logger } from '#sys/log.ts'
import { run } from '#sys/process.ts'

export interface NetworkDependencies {
  readonly informers: InformerFactory
  readonly clock: Clock
  readonly log: Logger
  /** '' for the machine itself: it gets routes and nothing else. */
  readonly nodeName: string
  /** The range of all pods. */
  readonly podCIDR: string
  /** Name of its nft table. */
  readonly table: string
  /** Where the container runtime looks for its CNI configuration. */
  readonly cniConfDir: string
  /** Where addresses in use are remembered. */
  readonly cniStateDir: string
  readonly mtu: number
}

/** Runs until `signal` aborts; everything stays in place, so that pods stay connected over a restart. */
export async function podNetwork(dependencies: NetworkDependencies, signal: AbortSignal): Promise<void> {
  const { informers, clock, log, nodeName } = dependencies
  const nodeInformer = informers.informer<Node>(nodes)
  const podInformer = nodeName
    ? informers.informer<Pod>(pods, { fieldSelector: `spec.nodeName=${nodeName}` })
    : undefined
  let routes: Routes = new Map()
  let config = ''
  let rules = ''

  async function syncRoutes(): Promise<void> {
    const next = routesTo(nodeInformer.list(), nodeName)
    const commands = routeCommands(routes, next)
    if (commands.length === 0) return
    await run('ip', ['-force', '-batch', '-'], { input: `${commands.join('\n')}\n` })
    routes = next
  }

  async function syncConfig(): Promise<void> {
    const podCIDR = nodeInformer.get(nodeName)?.spec?.podCIDR
    if (!podCIDR) return
    const next = cniConfig({ podCIDR, stateDir: dependencies.cniStateDir, mtu: dependencies.mtu })
    if (next === config) return
    await writeFileAtomically(path.join(dependencies.cniConfDir, CNI_CONFIG_FILE), next)
    config = next
    log.info({ podCIDR }, 'pod network is configured')
  }

  async function syncRules(): Promise<void> {
    const next = networkTable(
      dependencies.table,
      dependencies.podCIDR,
      hostPortsOf(podInformer?.list() ?? []),
    )
    if (next === rules) return
    await run('nft', ['-f', '-'], { input: next })
    rules = next
  }

  const work: Readonly<Record<string, () => Promise<void>>> = {
    routes: syncRoutes,
    config: syncConfig,
    rules: syncRules,
  }
  const queue = createWorkQueue({
    clock,
    baseDelayMs: 100,
    maxDelayMs: 10_000,
    onError: (key, error, failures) =>
      log.error({ part: key, failures, error: String(error) }, 'pod network is not up to date'),
    async work(key) {
      await work[key]?.()
      return undefined
    },
  })

  nodeInformer.onChange((change) => {
    queue.add('routes')
    if (nodeName && change.object.metadata?.name === nodeName) queue.add('config')
  })
  podInformer?.onChange(() => queue.add('rules'))
  if (nodeName) queue.add('rules')
  await queue.run(signal)
}
