// A supervisor that is just being started again, because another was killed, while the cluster is taken down: it does not
// bring back what nobody wants any more.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { startCluster } from '#cluster/start-cluster.ts'
import { parseIdentity } from '#cluster/supervisor/child.ts'
import { spawnSupervisor } from '#cluster/supervisor/start.ts'
import { systemClock } from '#sys/clock.ts'
import { exists } from '#sys/files.ts'
import { signalProcess } from '#sys/process.ts'
import { traces } from '#test/fault/command-line.ts'

const MAIN = path.join(import.meta.dirname, '..', '..', 'bundle', 'main.js')
const LIMIT_MS = 20_000

/** Milliseconds between its start and the end of the cluster: before it has the lock, and after. */
for (const headStartMs of [0, 150, 300, 600]) {
  test(`a supervisor that began ${headStartMs} ms before the end leaves nothing`, {
    timeout: 60_000,
  }, async () => {
    const cluster = await startCluster({ nodes: 0, components: ['apiserver'] })
    const { layout, config } = cluster
    const running = parseIdentity(await readFile(layout.supervisorPidFile, 'utf8'))
    assert.ok(running && signalProcess(running, 'SIGKILL'))
    const late = await spawnSupervisor(layout, [process.execPath, MAIN])
    await systemClock.sleep(headStartMs)
    await cluster.stop()
    const deadline = systemClock.monotonic() + LIMIT_MS
    while (late.hasEnded() === '' && systemClock.monotonic() < deadline) await systemClock.sleep(20)
    assert.notEqual(late.hasEnded(), '', 'it still runs')
    assert.deepEqual(await traces(config.name), [])
    assert.equal(await exists(layout.runDir), false)
    assert.equal(await exists(layout.configFile), false)
  })
}
