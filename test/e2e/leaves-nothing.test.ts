// Two clusters side by side, and nothing of either on the machine when they are gone.
//
// Only what bears the names of the clusters made here is looked at: others may run beside.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodes } from '#api/resources.ts'
import { startCluster } from '#cluster/start-cluster.ts'
import { exists } from '#sys/files.ts'
import { traces } from '#test/fault/command-line.ts'

test('clusters lie side by side and leave nothing behind', { timeout: 120_000 }, async () => {
  const first = await startCluster({ nodes: 1 })
  let second: Awaited<ReturnType<typeof startCluster>> | undefined
  try {
    second = await startCluster({ nodes: 1 })
    const names = await Promise.all(
      [first, second].map(async ({ client }) =>
        (await client.resource(nodes).list()).items.map((node) => node.metadata?.name),
      ),
    )
    assert.equal(names.flat().length, 2)
    assert.equal(new Set(names.flat()).size, 2)
    for (const kind of ['link', 'table', 'mount', 'cgroup', 'run', 'process'])
      assert.ok(
        (await traces(first.config.name)).some((line) => line.startsWith(kind)),
        `no ${kind} is seen`,
      )
  } finally {
    await first.stop()
    await second?.stop()
  }
  for (const { config, layout } of [first, second]) {
    assert.deepEqual(await traces(config.name), [])
    assert.equal(await exists(layout.runDir), false)
    assert.equal(await exists(layout.dataDir), false)
  }
})

test('a paused cluster keeps its data and nothing else', { timeout: 120_000 }, async () => {
  const cluster = await startCluster({ nodes: 1 })
  try {
    await cluster.pause()
    assert.deepEqual(await traces(cluster.config.name), [])
    assert.equal(await exists(cluster.layout.configFile), true)
  } finally {
    await cluster.stop()
  }
})
