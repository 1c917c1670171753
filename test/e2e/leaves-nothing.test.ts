// Two clusters side by side, and nothing of either on the machine when they are gone.

import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { nodes } from '#api/resources.ts'
import { hierarchies } from '#cluster/hosts/cgroups.ts'
import { startCluster } from '#cluster/start-cluster.ts'
import { exists } from '#sys/files.ts'
import { run } from '#sys/process.ts'

/** What of a cluster could stay behind: links, nft tables, mounts, cgroups. */
async function traces(): Promise<Readonly<Record<string, readonly string[]>>> {
  const links = JSON.parse((await run('ip', ['-json', 'link'])).stdout) as { ifname: string }[]
  const tables = (await run('nft', ['list', 'tables'])).stdout
    .split('\n')
    .filter((line) => line.includes('k8ts'))
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .filter((line) => line.includes('k8ts'))
  const groups = (await Promise.all((await hierarchies()).map((root) => readdir(root)))).flat()
  return {
    links: links
      .map(({ ifname }) => ifname)
      .filter((name) => name.startsWith('k8'))
      .sort(),
    tables: tables.sort(),
    mounts: mounts.map((line) => line.split(' ')[4] ?? '').sort(),
    cgroups: groups.filter((name) => name.startsWith('k8ts-')).sort(),
  }
}

test('clusters lie side by side and leave nothing behind', { timeout: 120_000 }, async () => {
  const before = await traces()
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
    assert.notDeepEqual(await traces(), before)
  } finally {
    await first.stop()
    await second?.stop()
  }
  assert.deepEqual(await traces(), before)
  assert.equal(await exists(first.layout.runDir), false)
  assert.equal(await exists(first.layout.dataDir), false)
})

test('a paused cluster keeps its data and nothing else', { timeout: 120_000 }, async () => {
  const before = await traces()
  const cluster = await startCluster({ nodes: 1 })
  try {
    await cluster.pause()
    assert.deepEqual(await traces(), before)
    assert.equal(await exists(cluster.layout.configFile), true)
  } finally {
    await cluster.stop()
  }
})
