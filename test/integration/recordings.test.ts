// What kube-apiserver v1.36 answered, asked of ours: the share of equal answers may only grow.
//
// The recordings lie outside of the project, beside it; where they are absent the test says so and is skipped.
//
// The server's wall clock stands still. Entries of managedFields are ordered by the second in which they were made
// and only then by manager, in the original too; it was fast enough to be recorded within one second, and a test must
// not depend on whether ours is on a busy machine.

import assert from 'node:assert/strict'
import { existsSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { startTestApiServer } from '#apiserver/testing.ts'
import { type Clock, systemClock } from '#sys/clock.ts'
import { tryRun } from '#sys/process.ts'

const ROOT = path.join(import.meta.dirname, '..', '..', '..')
const PLAYER = path.join(ROOT, '..', 'shared', 'upstream', 'replay.mjs')
const TIMEOUT_MS = 280_000

/** Per cent of equal answers that have been reached: status code, blamed fields, the whole answer. */
const REACHED: Readonly<Record<string, readonly [code: number, fields: number, exact: number]>> = {
  access: [100, 100, 97],
  admission: [99, 99, 99],
  apply: [99, 99, 97],
  create: [100, 100, 98],
  extension: [99, 99, 97],
  invalid: [99, 99, 99],
  patch: [100, 100, 98],
  protocol: [100, 100, 99],
  read: [100, 100, 95],
  subresource: [100, 100, 95],
  update: [100, 99, 99],
}

/** Timers run, the time of day does not. */
function standingClock(): Clock {
  const now = systemClock.now()
  return { ...systemClock, now: () => now }
}

const LINE = /^(\w+)\s+\d+ answers: code ([\d.]+) %, fields ([\d.]+) %, exact ([\d.]+) %/gm

test('answers agree with the original as far as they ever did', {
  timeout: TIMEOUT_MS,
  skip: !existsSync(PLAYER) && `${PLAYER} is not there`,
}, async () => {
  const server = await startTestApiServer({ tls: true, secured: true, clock: standingClock() })
  try {
    const areas = Object.keys(REACHED).join(',')
    // The player does nothing when it is reached by a link.
    const args = [realpathSync(PLAYER), '--kubeconfig', server.kubeconfig, '--area', areas, '--diffs', '0']
    const { stdout } = await tryRun(process.execPath, args, { timeoutMs: TIMEOUT_MS })
    const seen = new Map(
      [...stdout.matchAll(LINE)].map(([, area = '', ...shares]) => [area, shares.map(Number)]),
    )
    for (const [area, least] of Object.entries(REACHED)) {
      const shares = seen.get(area) ?? []
      for (const [i, level] of ['code', 'fields', 'exact'].entries()) {
        assert.ok(
          (shares[i] ?? 0) >= (least[i] ?? 0),
          `${area}: ${level} fell to ${shares[i]} % from ${least[i]} %`,
        )
      }
    }
  } finally {
    await server.stop()
  }
})
