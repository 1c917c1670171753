// The programs of the machine that a cluster needs: looked for, and installed from Debian where they are missing.
//
// Debian's containerd and etcd packages would start services of their own, which nobody here needs: a policy-rc.d
// that says no is put in place for the time of the installation.

import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import type { ClusterConfig } from '#cluster/config.ts'
import { BUSYBOX, CATATONIT } from '#cluster/images/built-in.ts'
import { UserError } from '#cluster/user-error.ts'
import { exists } from '#sys/files.ts'
import { CommandError, run, tryRun } from '#sys/process.ts'

interface Program {
  readonly package: string
  readonly paths: readonly string[]
  readonly isNeeded: (config: ClusterConfig) => boolean
}

const inPath = (name: string): readonly string[] =>
  ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'].map(
    (folder) => `${folder}/${name}`,
  )
const withNodes = (config: ClusterConfig): boolean => config.nodes > 0

const PROGRAMS: readonly Program[] = [
  { package: 'containerd', paths: inPath('containerd'), isNeeded: withNodes },
  { package: 'runc', paths: inPath('runc'), isNeeded: withNodes },
  { package: 'containernetworking-plugins', paths: ['/usr/lib/cni/ptp'], isNeeded: withNodes },
  { package: 'nftables', paths: inPath('nft'), isNeeded: withNodes },
  { package: 'iproute2', paths: inPath('ip'), isNeeded: withNodes },
  { package: 'conntrack', paths: inPath('conntrack'), isNeeded: withNodes },
  { package: 'catatonit', paths: [CATATONIT], isNeeded: withNodes },
  { package: 'busybox-static', paths: [BUSYBOX], isNeeded: withNodes },
  { package: 'util-linux', paths: inPath('nsenter'), isNeeded: () => true },
  {
    package: 'etcd-server',
    paths: inPath('etcd'),
    isNeeded: ({ store, etcdServers }) => store === 'etcd' && etcdServers.length === 0,
  },
]

const POLICY_FILE = '/usr/sbin/policy-rc.d'
const INSTALL_TIMEOUT_MS = 600_000

/** Debian's names of what is missing. */
export async function missingPackages(config: ClusterConfig): Promise<readonly string[]> {
  const missing: string[] = []
  for (const program of PROGRAMS) {
    if (!program.isNeeded(config)) continue
    const found = await Promise.all(program.paths.map(exists))
    if (!found.includes(true)) missing.push(program.package)
  }
  return missing
}

/** Refuses a machine on which a cluster cannot run at all. */
export function checkMachine(): void {
  if (process.platform !== 'linux')
    throw new UserError(`k8ts runs containers, which needs Linux; this is ${process.platform}.`)
  if (process.getuid?.() !== 0)
    throw new UserError('k8ts makes namespaces, mounts and packet rules, which needs root: run it with sudo.')
}

/** Installs packages with apt; `onOutput` gets what apt prints, as a sign of life. */
export async function installPackages(
  packages: readonly string[],
  onOutput: (text: string) => void,
): Promise<void> {
  if (packages.length === 0) return
  const apt = await tryRun('apt-get', ['--version']).catch(() => undefined)
  if (apt?.code !== 0) {
    throw new UserError(
      `${packages.join(', ')} missing, and there is no apt-get to install them: install them by hand.`,
    )
  }
  const hadPolicy = await readFile(POLICY_FILE, 'utf8').catch(() => undefined)
  await writeFile(POLICY_FILE, '#!/bin/sh\nexit 101\n')
  await chmod(POLICY_FILE, 0o755)
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  try {
    const options = { timeoutMs: INSTALL_TIMEOUT_MS, env: { ...process.env, ...env }, onOutput }
    const install = ['install', '-y', '--no-install-recommends', ...packages]
    // Lists that are there already may do; when they are too old for the mirror they are fetched anew.
    if ((await tryRun('apt-get', install, options)).code === 0) return
    await run('apt-get', ['update'], options)
    await run('apt-get', install, options)
  } catch (error) {
    const why = error instanceof CommandError ? error.result.stderr.trim().split('\n').at(-1) : String(error)
    throw new UserError(
      `apt-get could not install ${packages.join(', ')}: ${why}. Install them by hand, then try again.`,
      { cause: error },
    )
  } finally {
    if (hadPolicy === undefined) await rm(POLICY_FILE, { force: true })
    else await writeFile(POLICY_FILE, hadPolicy)
  }
}
