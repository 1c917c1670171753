// Ctrl-C during `up`, at each stage: nothing of the cluster is left, and what was there before is untouched.

import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { clusterLayout, nodeLayout } from '#cluster/layout.ts'
import { startCluster } from '#cluster/start-cluster.ts'
import { pidFile } from '#cluster/supervisor/processes.ts'
import { up } from '#cluster/up.ts'
import { freePort } from '#sys/ports.ts'
import { randomSuffix, systemRandom } from '#sys/random.ts'
import { k8ts, traces } from '#test/fault/command-line.ts'

const KUBECONFIG = `apiVersion: v1
kind: Config
current-context: mine # and this comment
contexts:
  - name: mine
    context: { cluster: mine, user: me }
`

/** Of this run alone: another one beside it must not be taken for what this one left behind. */
const NAME = `ctrl-c-${randomSuffix(systemRandom, 6)}`

let folder: string
let port: number
let env: Record<string, string>

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'k8ts-interrupt-'))
  port = await freePort()
  env = { KUBECONFIG: path.join(folder, 'kubeconfig') }
  await writeFile(env['KUBECONFIG'] ?? '', KUBECONFIG)
})

after(() => rm(folder, { recursive: true, force: true }))

const upArguments = (): readonly string[] => [
  ...['up', '--name', NAME, '--nodes', '2', '--api-port', String(port)],
  ...['--data-dir', path.join(folder, 'data')],
]

const layout = () => clusterLayout(NAME, path.join(folder, 'data'))

/** Each stage of a start, by the file with which it begins. */
const STAGES: readonly (readonly [stage: string, file: () => string])[] = [
  ['at once', () => ''],
  ['when it has decided what the cluster is', () => layout().configFile],
  ['when its supervisor starts', () => layout().supervisorPidFile],
  ['when its control plane starts', () => pidFile(layout(), 'control-plane')],
  ['while its hosts are made', () => nodeLayout(layout(), 1).netNamespace],
  ['when a container runtime answers', () => nodeLayout(layout(), 1).containerdSocket],
  ['when a node starts', () => pidFile(layout(), 'node-1')],
]

for (const [stage, file] of STAGES) {
  test(`interrupted ${stage}`, { timeout: 60_000 }, async () => {
    const { code, stderr } = await k8ts(upArguments(), { env, interruptAt: file() })
    // Before the command has said how it wants to be interrupted, the signal ends it.
    if (code !== null) assert.match(stderr, /Interrupted: nothing was left running/)
    assert.ok(code === 1 || code === null, stderr)
    assert.deepEqual(await traces(NAME), [])
    assert.deepEqual(await readdir(folder), ['kubeconfig'])
    assert.equal(await readFile(env['KUBECONFIG'] ?? '', 'utf8'), KUBECONFIG)
  })
}

test('a cluster that existed before keeps its data', { timeout: 120_000 }, async () => {
  assert.equal((await k8ts([...upArguments(), '--nodes', '0'], { env })).code, 0)
  assert.equal((await k8ts(down(), { env })).code, 0)
  await k8ts(upArguments(), { env, interruptAt: nodeLayout(layout(), 1).containerdSocket })
  assert.deepEqual(await traces(NAME), [])
  assert.ok((await readdir(path.join(folder, 'data'))).includes('store'))
  assert.equal((await k8ts([...down(), '--delete-data'], { env })).code, 0)
  assert.deepEqual(await readdir(folder), ['kubeconfig'])
})

test('an interruption that comes while everything answers is heard', { timeout: 120_000 }, async () => {
  const cluster = await startCluster({ nodes: 1 })
  try {
    const progress = { step: () => undefined, detail: () => undefined }
    const { name } = cluster.config
    const options = {
      name,
      dataDir: cluster.layout.dataDir,
      self: ['', ''] as const,
      progress,
      signal: AbortSignal.abort(),
    }
    await assert.rejects(up({ ...options, kubeconfigFile: path.join(folder, 'other') }), {
      name: 'AbortError',
    })
  } finally {
    await cluster.stop()
  }
})

const down = (): readonly string[] => ['down', '--name', NAME, '--data-dir', path.join(folder, 'data')]
