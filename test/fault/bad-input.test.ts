// What a person may get wrong on the command line, and machines on which a cluster cannot be: one clear sentence
// with the way out, exit code 1 (2 where the line itself is wrong), and nothing left behind.

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { freePort } from '#sys/ports.ts'
import { randomSuffix, systemRandom } from '#sys/random.ts'
import { k8ts, traces } from '#test/fault/command-line.ts'

/** Of this run alone: another one beside it must not be taken for what this one left behind. */
const NAME = `bad-${randomSuffix(systemRandom, 6)}`

let folder: string
let port: number
let env: Record<string, string>

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'k8ts-bad-'))
  port = await freePort()
  env = { KUBECONFIG: path.join(folder, 'kubeconfig') }
})

after(() => rm(folder, { recursive: true, force: true }))

interface Case {
  readonly name: string
  readonly args: readonly string[]
  readonly says: RegExp
  readonly code?: number
}

const CASES: readonly Case[] = [
  { name: 'a name that is too long', args: ['--name', 'a'.repeat(31)], says: /has 31 characters: choose/ },
  {
    name: 'a name that leads elsewhere',
    args: ['--name', '../etc'],
    says: /is not usable: choose lower case/,
  },
  { name: 'a number of nodes that is none', args: ['--nodes', 'two'], says: /whole number/, code: 2 },
  { name: 'too many nodes', args: ['--nodes', '5000'], says: /--nodes takes a whole number from 0 to 50/ },
  { name: 'a port beyond the last', args: ['--api-port', '99999'], says: /--api-port takes a whole number/ },
  { name: 'a store that does not exist', args: ['--store', 'mysql'], says: /'embedded' or 'etcd'/ },
  {
    name: 'a malformed etcd URL',
    args: ['--store', 'etcd', '--etcd-servers', 'etcd'],
    says: /takes URLs such as/,
  },
  {
    name: 'an etcd for the embedded store',
    args: ['--store', 'embedded', '--etcd-servers', 'http://1.2.3.4:2379'],
    says: /goes with --store etcd/,
  },
  { name: 'a malformed range', args: ['--pod-cidr', '10.244.0.0'], says: /--pod-cidr takes an IPv4 range/ },
  {
    name: 'a range with bits beyond its prefix',
    args: ['--pod-cidr', '10.244.0.1/16'],
    says: /--pod-cidr takes/,
  },
  {
    name: 'ranges that overlap each other',
    args: ['--pod-cidr', '10.0.0.0/8'],
    says: /overlap: choose ranges apart/,
  },
  { name: 'an unknown component', args: ['--components', 'apiserver,etcd'], says: /"etcd" is none of them/ },
  { name: 'an unknown flag', args: ['--nodez', '3'], says: /unknown option '--nodez'/, code: 2 },
]

for (const { name, args, says, code = 1 } of CASES) {
  test(name, { timeout: 30_000 }, async () => {
    await assertRefused(up(...args), says, code)
  })
}

async function assertRefused(
  args: readonly string[],
  says: RegExp,
  code = 1,
  options: Parameters<typeof k8ts>[1] = {},
): Promise<void> {
  const filesBefore = await readdir(folder)
  const result = await k8ts(args, { ...options, env: { ...env, ...options.env } })
  assert.match(result.stderr, says)
  assert.doesNotMatch(result.stderr, /\n\s+at /, 'a stack is no sentence')
  assert.equal(result.code, code)
  assert.deepEqual(await traces(NAME), [])
  assert.deepEqual(await readdir(folder), filesBefore)
}

/** Arguments for a cluster of its own; with nodes, since some checks are only for those. */
const up = (...args: readonly string[]): readonly string[] => [
  ...['up', '--name', NAME, '--data-dir', path.join(folder, 'data'), '--api-port', String(port), ...args],
]

test('a port that somebody else has', { timeout: 30_000 }, async () => {
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(port, resolve))
  try {
    await assertRefused(
      up(),
      new RegExp(`Port ${port} is in use by another program: choose another with --api-port`),
    )
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
})

test('a range to which the machine has a route', { timeout: 30_000 }, async () => {
  // 127.0.0.0/8 is in no routing table; the machine's own network is.
  const { networkInterfaces } = await import('node:os')
  const own = Object.values(networkInterfaces())
    .flat()
    .find((entry) => entry?.family === 'IPv4' && !entry.internal)
  assert.ok(own)
  const range = `${own.address.split('.').slice(0, 2).join('.')}.0.0/16`
  await assertRefused(up('--pod-cidr', range), /overlaps .* of .*: choose another range/)
})

test('a data directory of another version', { timeout: 30_000 }, async () => {
  await mkdir(path.join(folder, 'data'))
  await writeFile(path.join(folder, 'data', 'cluster.json'), '{"formatVersion":7}')
  try {
    await assertRefused(up(), /was made by another version of k8ts \(format 7, this one reads 1\)/)
  } finally {
    await rm(path.join(folder, 'data'), { recursive: true })
  }
})

test('a data directory that cannot be written', { timeout: 30_000 }, async () => {
  await writeFile(path.join(folder, 'file'), '')
  try {
    const args = [
      'up',
      '--name',
      NAME,
      '--api-port',
      String(port),
      '--data-dir',
      path.join(folder, 'file', 'data'),
    ]
    await assertRefused(args, /cannot be written \(ENOTDIR\): .* choose another --data-dir/)
  } finally {
    await rm(path.join(folder, 'file'))
  }
})

test('a person who is not root', { timeout: 30_000 }, async () => {
  const prefix = ['setpriv', '--reuid=65534', '--clear-groups']
  await assertRefused(up(), /needs root: run it with sudo/, 1, { prefix })
})

test('a machine without a program, and without apt', { timeout: 30_000 }, async () => {
  const tools = path.join(folder, 'tools')
  await mkdir(tools)
  for (const name of ['flock', 'sh', 'mount']) await symlink(`/usr/bin/${name}`, path.join(tools, name))
  try {
    // An empty folder over the CNI plugins, in a mount namespace of its own: for this process they are missing.
    const prefix = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs tmpfs /usr/lib/cni && exec "$@"', 'sh']
    const options = { prefix: ['env', `PATH=${tools}`, '/usr/bin/unshare', ...prefix.slice(1)] }
    await assertRefused(up(), /containernetworking-plugins missing, and there is no apt-get/, 1, options)
  } finally {
    await rm(tools, { recursive: true })
  }
})

test('commands for a cluster that does not exist', { timeout: 30_000 }, async () => {
  for (const command of ['status', 'logs', 'kubeconfig']) {
    await assertRefused(
      [command, '--name', 'nowhere'],
      /There is no cluster nowhere: make it with 'k8ts up --name nowhere'/,
    )
  }
})
