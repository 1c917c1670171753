// Ctrl-C during `up`, at several moments: nothing of the cluster is left, and what was there before is untouched.

import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { startCluster } from '#cluster/start-cluster.ts'
import { up } from '#cluster/up.ts'
import { k8ts, traces } from '#test/fault/command-line.ts'

const KUBECONFIG = `apiVersion: v1
kind: Config
current-context: mine # and this comment
contexts:
  - name: mine
    context: { cluster: mine, user: me }
`

let folder: string
let env: Record<string, string>

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'k8ts-interrupt-'))
  env = { KUBECONFIG: path.join(folder, 'kubeconfig') }
  await writeFile(env['KUBECONFIG'] ?? '', KUBECONFIG)
})

after(() => rm(folder, { recursive: true, force: true }))

const upArguments = (): readonly string[] => [
  ...['up', '--name', 'ctrl-c', '--nodes', '2', '--api-port', '27451'],
  ...['--data-dir', path.join(folder, 'data')],
]

// While it decides, while hosts are made, while the control plane starts, while nodes become Ready.
for (const afterMs of [150, 400, 800, 1_300]) {
  test(`interrupted ${afterMs} ms after its start`, { timeout: 60_000 }, async () => {
    const { code, stderr } = await k8ts(upArguments(), { env, interruptAfterMs: afterMs })
    // Before the command has said how it wants to be interrupted, the signal ends it.
    if (code !== null) assert.match(stderr, /Interrupted: nothing was left running/)
    assert.ok(code === 1 || code === null, stderr)
    assert.deepEqual(await traces('ctrl-c'), [])
    assert.deepEqual(await readdir(folder), ['kubeconfig'])
    assert.equal(await readFile(env['KUBECONFIG'] ?? '', 'utf8'), KUBECONFIG)
  })
}

test('a cluster that existed before keeps its data', { timeout: 120_000 }, async () => {
  assert.equal((await k8ts([...upArguments(), '--nodes', '0'], { env })).code, 0)
  assert.equal((await k8ts(down(), { env })).code, 0)
  await k8ts(upArguments(), { env, interruptAfterMs: 900 })
  assert.deepEqual(await traces('ctrl-c'), [])
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

const down = (): readonly string[] => ['down', '--name', 'ctrl-c', '--data-dir', path.join(folder, 'data')]
