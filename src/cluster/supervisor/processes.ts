// The processes that make up a cluster, in the order in which they start. Pure.
//
//   etcd (where it is ours) ─ control-plane ─ for each node: containerd-N ─ node-N

import path from 'node:path'
import type { ClusterConfig } from '#cluster/config.ts'
import { insideHost } from '#cluster/hosts/host.ts'
import { type ClusterLayout, type NodeLayout, nodeLayout } from '#cluster/layout.ts'
import type { ChildSpec } from '#cluster/supervisor/child.ts'

/** How this program is started again: node and the entry file of the command line. */
export type SelfCommand = readonly [node: string, entry: string]

/**
 * V8 lets garbage pile up to several times of what lives before it looks at it. A process that mostly waits pays
 * next to nothing for looking earlier, and stays tens of megabytes smaller; there is one for each node.
 */
const SMALL_HEAP = ['--max-semi-space-size=2', '--initial-old-space-size=24', '--heap-growing-percent=30']
/** The API server makes a lot of garbage in bursts: it gets more room for it. */
const BUSY_HEAP = ['--max-semi-space-size=4']
/** For our own processes: each of their threads would keep an arena of glibc's for itself. */
export const PROCESS_ENVIRONMENT: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '2' }

export const ETCD_PORT_OFFSET = 1

/** Loopback address of an etcd of our own: beside the API server's port, so that clusters do not collide. */
export function ownEtcdUrl(config: ClusterConfig): string {
  return `http://127.0.0.1:${config.apiPort === 65_535 ? 65_534 : config.apiPort + ETCD_PORT_OFFSET}`
}

export const runsOwnEtcd = (config: ClusterConfig): boolean =>
  config.store === 'etcd' && config.etcdServers.length === 0

/** Where the identity of a process is kept while it runs. */
export function pidFile(layout: ClusterLayout, name: string): string {
  return path.join(layout.runDir, `${name}.pid`)
}

export function controlPlaneProcess(layout: ClusterLayout, self: SelfCommand): ChildSpec {
  return spec(layout, 'control-plane', ownCommand(self, BUSY_HEAP, layout, 'control-plane'), 15_000)
}

export function supervisorCommand(layout: ClusterLayout, self: SelfCommand): readonly string[] {
  return ownCommand(self, SMALL_HEAP, layout, 'supervisor')
}

export function etcdProcess(layout: ClusterLayout, config: ClusterConfig): ChildSpec {
  const client = ownEtcdUrl(config)
  const peer = `http://127.0.0.1:${Number(new URL(client).port) + 1}`
  const command = [
    'etcd',
    ...['--name', 'k8ts', '--data-dir', layout.etcdDir],
    ...['--listen-client-urls', client, '--advertise-client-urls', client],
    ...[
      '--listen-peer-urls',
      peer,
      '--initial-advertise-peer-urls',
      peer,
      '--initial-cluster',
      `k8ts=${peer}`,
    ],
    ...['--quota-backend-bytes', String(2 * 1024 ** 3), '--log-level', 'warn'],
  ]
  return spec(layout, 'etcd', command, 10_000)
}

export function containerdProcess(layout: ClusterLayout, node: NodeLayout): ChildSpec {
  return spec(
    layout,
    `containerd-${node.index}`,
    insideHost(node, ['containerd', '--config', node.containerdConfig]),
    10_000,
  )
}

export function nodeProcess(layout: ClusterLayout, node: NodeLayout, self: SelfCommand): ChildSpec {
  const command = [...ownCommand(self, SMALL_HEAP, layout, 'node'), '--index', String(node.index)]
  return spec(layout, `node-${node.index}`, insideHost(node, command), 10_000)
}

export function nodeLayouts(layout: ClusterLayout, config: ClusterConfig): readonly NodeLayout[] {
  return Array.from({ length: config.nodes }, (_, i) => nodeLayout(layout, i + 1))
}

function ownCommand(
  [node, entry]: SelfCommand,
  heap: readonly string[],
  layout: ClusterLayout,
  name: string,
): readonly string[] {
  return [node, ...heap, entry, 'process', name, '--data-dir', layout.dataDir, '--name', layout.name]
}

function spec(
  layout: ClusterLayout,
  name: string,
  command: readonly string[],
  stopTimeoutMs: number,
): ChildSpec {
  return {
    name,
    command,
    logFile: path.join(layout.logDir, `${name}.log`),
    pidFile: pidFile(layout, name),
    stopTimeoutMs,
  }
}
