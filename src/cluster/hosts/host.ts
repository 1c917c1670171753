// A host: one node's machine on this machine. Made, entered, taken down.
//
// It is a network namespace and a mount namespace, pinned to files, with a cable to the segment, a cgroup, and
// folders of its own. Making it again changes nothing; taking it down leaves nothing, whatever state it was in.

import { mkdir, readFile, rm } from 'node:fs/promises'
import type { ClusterConfig } from '#cluster/config.ts'
import { ensureCgroup, processesIn, removeCgroup } from '#cluster/hosts/cgroups.ts'
import { containerdConfig, hasSysResource } from '#cluster/hosts/containerd.ts'
import { connectHost } from '#cluster/hosts/network.ts'
import type { ClusterLayout, NodeLayout } from '#cluster/layout.ts'
import type { Clock } from '#sys/clock.ts'
import { writeFileAtomically } from '#sys/files.ts'
import {
  createNamespaces,
  enterArguments,
  isPinned,
  namespaceId,
  processesInMountNamespace,
  unpin,
} from '#sys/namespaces.ts'
import { run, tryRun } from '#sys/process.ts'

const KILL_TRIES = 100
const KILL_WAIT_MS = 50

export async function ensureHost(
  cluster: ClusterLayout,
  node: NodeLayout,
  config: ClusterConfig,
): Promise<void> {
  const folders = [
    node.kubeletDir,
    node.containerdRoot,
    node.containerdState,
    node.cniConfDir,
    node.cniStateDir,
  ]
  await Promise.all(folders.map((folder) => mkdir(folder, { recursive: true })))
  await ensureNamespaces(node)
  await connectHost(cluster, node, config)
  await ensureCgroup(node.cgroup)
  const status = await readFile('/proc/self/status', 'utf8')
  await writeFileAtomically(node.containerdConfig, containerdConfig(node, hasSysResource(status)))
}

async function ensureNamespaces(node: NodeLayout): Promise<void> {
  if ((await isPinned(node.netNamespace)) && (await isPinned(node.mountNamespace))) return
  await unpin(node.netNamespace)
  await unpin(node.mountNamespace)
  await createNamespaces(node.netNamespace, node.mountNamespace)
  // The runtime pins pods' networks below /run/netns: a folder of this host's own, gone with it.
  // What the machine shares already (/run/netns, once anybody has used `ip netns`) would carry that mount into the
  // machine and into every other host: so all ties are cut first, and made anew for what is below this host.
  const script =
    'mount --make-rprivate / && mount --make-rshared / && ' +
    'mkdir -p /run/netns && mount -t tmpfs -o mode=755 tmpfs /run/netns'
  await run('nsenter', enterArguments(node.netNamespace, node.mountNamespace, ['sh', '-c', script]))
}

/** The command that runs `command` inside the host, with absolute paths since the working directory changes. */
export function insideHost(node: NodeLayout, command: readonly string[]): readonly string[] {
  return ['nsenter', ...enterArguments(node.netNamespace, node.mountNamespace, command)]
}

/** Ends everything that runs in the host and removes it; its data stays. */
export async function removeHost(node: NodeLayout, clock: Clock): Promise<void> {
  await killAll(node, clock)
  await unpin(node.netNamespace)
  await unpin(node.mountNamespace)
  await tryRun('ip', ['link', 'del', node.link])
  await removeCgroup(node.cgroup, clock)
  await rm(node.containerdState, { recursive: true, force: true })
  await rm(node.containerdSocket, { force: true })
  await rm(`${node.containerdSocket}.ttrpc`, { force: true })
}

/** Kills by id: what is in the host's mount namespace (runtime, shims) and in its cgroups (containers). */
async function killAll(node: NodeLayout, clock: Clock): Promise<void> {
  const id = await namespaceId(node.mountNamespace)
  const isAPin = await isPinned(node.mountNamespace)
  for (let tries = 0; tries < KILL_TRIES; tries++) {
    const inNamespace = id !== undefined && isAPin ? await processesInMountNamespace(id) : []
    const pids = new Set([...inNamespace, ...(await processesIn(node.cgroup))])
    if (pids.size === 0) return
    for (const pid of pids) kill(pid)
    await clock.sleep(KILL_WAIT_MS)
  }
  throw new Error(`processes of ${node.name} do not end`)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
