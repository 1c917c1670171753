// Takes a cluster down and leaves nothing of it on the machine but, unless asked, its data.
//
// It does not need a supervisor that answers: what runs is found by the identities that were kept, and what was
// made by the names that the cluster's own name gives.

import { readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { checkName } from '#cluster/config.ts'
import { removeCgroup } from '#cluster/hosts/cgroups.ts'
import { removeHost } from '#cluster/hosts/host.ts'
import { machineFolders, restoreMachine } from '#cluster/hosts/machine.ts'
import { removeBridge } from '#cluster/hosts/network.ts'
import { kubeconfigPath, removeContext } from '#cluster/kubeconfig-file.ts'
import { type ClusterLayout, clusterLayout, DATA_ROOT, nodeLayout } from '#cluster/layout.ts'
import { readConfig } from '#cluster/saved-config.ts'
import { end, parseIdentity } from '#cluster/supervisor/child.ts'
import { askSupervisor } from '#cluster/supervisor/control-socket.ts'
import { UserError } from '#cluster/user-error.ts'
import type { Clock } from '#sys/clock.ts'
import { type FileLock, lockFile } from '#sys/file-lock.ts'
import { exists, removeIfEmpty } from '#sys/files.ts'
import { removePinFolder } from '#sys/namespaces.ts'

export interface DownOptions {
  readonly name: string
  readonly dataDir?: string
  readonly deleteData: boolean
  readonly clock: Clock
  /** The person's kubeconfig; absent: the one that kubectl would use. */
  readonly kubeconfigFile?: string
}

const STOP_TIMEOUT_MS = 10_000
const LOCK_WAIT_MS = 500
const LOCK_TRIES = 20

/** Gives whether there was anything to take down. */
export async function down(options: DownOptions): Promise<boolean> {
  const { clock } = options
  const layout = clusterLayout(checkName(options.name), options.dataDir)
  const wasThere = (await exists(layout.runDir)) || (await exists(layout.configFile))
  await askSupervisor(layout.supervisorSocket, 'stop').catch(() => undefined)
  const lock = await endSupervision(layout, clock)
  for (const index of await hostNumbers(layout)) await removeHost(nodeLayout(layout, index), clock)
  await removePinFolder(layout.pinDir)
  await removeBridge(layout)
  await removeCgroup(layout.cgroup, clock)
  await removeContext(options.kubeconfigFile ?? kubeconfigPath(), `k8ts-${layout.name}`)
  await rm(layout.runDir, { recursive: true, force: true })
  await lock.release()
  await restoreMachine(machineFolders(path.dirname(layout.runDir)))
  if (options.deleteData) {
    await rm(layout.dataDir, { recursive: true, force: true })
    await removeIfEmpty(DATA_ROOT)
  }
  return wasThere
}

/**
 * Ends what runs, until nobody is the supervisor: one that is just starting, because another was killed, has no pid file yet, but
 * it will want the lock. Who gets that after us finds that the cluster is not wanted any more.
 */
async function endSupervision(layout: ClusterLayout, clock: Clock): Promise<FileLock> {
  for (let tries = 0; tries < LOCK_TRIES; tries++) {
    await endProcesses(layout, clock)
    const lock = await lockFile(layout.lockFile, LOCK_WAIT_MS)
    if (lock) {
      await endProcesses(layout, clock)
      return lock
    }
  }
  throw new UserError(
    `A supervisor of ${layout.name} does not end: see 'ps' for k8ts-supervisor, and try again.`,
  )
}

/** Whatever still runs of what was started: the supervisor first, so that it starts nothing again. */
async function endProcesses(layout: ClusterLayout, clock: Clock): Promise<void> {
  const files = (await readdir(layout.runDir).catch(() => [])).filter((name) => name.endsWith('.pid'))
  const supervisorFile = path.basename(layout.supervisorPidFile)
  files.sort((a, b) => Number(b === supervisorFile) - Number(a === supervisorFile))
  for (const name of files) {
    const identity = parseIdentity(await readFile(path.join(layout.runDir, name), 'utf8').catch(() => ''))
    // A supervisor without a pid file is meant to end: whoever watches over it lets it.
    if (name === supervisorFile) await rm(path.join(layout.runDir, name), { force: true })
    if (identity) await end(identity, STOP_TIMEOUT_MS, clock)
  }
}

/** The hosts that were made, also by an earlier `up` with more nodes. */
async function hostNumbers(layout: ClusterLayout): Promise<readonly number[]> {
  const pins = await readdir(layout.pinDir).catch(() => [])
  const config = await readConfig(layout).catch(() => undefined)
  const numbers = new Set(pins.map((name) => Number.parseInt(name, 10)).filter((number) => number > 0))
  for (let i = 1; i <= (config?.nodes ?? 0); i++) numbers.add(i)
  return [...numbers]
}
