// Runs the `k8ts` command as a person does, and looks at what is left of it on the machine.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { clusterLayout } from '#cluster/layout.ts'
import { systemClock } from '#sys/clock.ts'
import { run } from '#sys/process.ts'

const COMMAND = path.join(import.meta.dirname, '..', '..', '..', 'bin', 'k8ts.mjs')
const TIMEOUT_MS = 60_000
const LOOK_MS = 5

export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Sends SIGINT, as Ctrl-C does, as soon as this file is there; '' at once. */
  readonly interruptAt?: string
  /** Put before it: `setpriv --reuid=65534`. */
  readonly prefix?: readonly string[]
}

export function k8ts(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [command = '', ...rest] = [...(options.prefix ?? []), process.execPath, COMMAND, ...args]
  return new Promise((resolve, reject) => {
    const child = spawn(command, rest, {
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    const { interruptAt } = options
    const timer = systemClock.every(LOOK_MS, () => {
      if (interruptAt === undefined || (interruptAt !== '' && !existsSync(interruptAt))) return
      timer.cancel()
      child.kill('SIGINT')
    })
    child.once('error', reject)
    child.once('close', (code) => {
      timer.cancel()
      resolve({ code, stdout, stderr })
    })
  })
}

/** Everything on the machine that belongs to the cluster of this name; none when nothing was left. */
export async function traces(name: string): Promise<readonly string[]> {
  const id = path.basename(clusterLayout(name).runDir)
  const [links, tables, mounts, cgroupRoots] = await Promise.all([
    run('ip', ['-brief', 'link']),
    run('nft', ['list', 'tables']),
    readFile('/proc/self/mountinfo', 'utf8'),
    readdir('/sys/fs/cgroup'),
  ])
  const cgroups = await Promise.all(
    cgroupRoots.map(async (root) => {
      const names = await readdir(path.join('/sys/fs/cgroup', root)).catch(() => [])
      return names.map((child) => `cgroup ${root}/${child}`)
    }),
  )
  const clusters = await readdir('/run/k8ts').catch(() => [])
  return [
    ...lines(links.stdout).map((line) => `link ${line.split(/[ @]/)[0]}`),
    ...lines(tables.stdout),
    ...lines(mounts).map((line) => `mount ${line.split(' ')[4]}`),
    ...cgroups.flat(),
    ...clusters.map((child) => `run ${child}`),
  ]
    .filter((line) => line.includes(id))
    .concat(await processes(name, id))
}

const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '')

/** Processes of the cluster; an ended one that nobody has looked at yet is none. */
async function processes(name: string, id: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((pid) => /^\d+$/.test(pid))
  const found = await Promise.all(
    pids.map(async (pid) => {
      const text = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''))
        .replaceAll('\0', ' ')
        .trim()
      const isOurs = new RegExp(
        `^k8ts-\\S+ ${name}$|process .*--name ${name}|/nodes/${name}-\\d+/|/run/k8ts/${id}/`,
      ).test(text)
      return isOurs ? [`process ${pid} ${text.slice(0, 80)}`] : []
    }),
  )
  return found.flat()
}
