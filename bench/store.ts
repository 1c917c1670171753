// Measures the two stores side by side: durable writes, reads, and how soon a watch hears of a write.
//
// Run: `npm run build && node dist/bench/store.js`. Values are 1 KiB, as a small object; each number is what one
// process reached in about two seconds. Both stores sync every acknowledged write to the same disk.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts'
import { openEtcdStore } from '#store/etcd/etcd-store.ts'
import { hasEtcd, startTestEtcd } from '#store/etcd/testing.ts'
import { prefixEnd, type Store } from '#store/store.ts'
import { systemClock } from '#sys/clock.ts'
import { systemRandom } from '#sys/random.ts'

const MEASURE_MS = 2_000
const VALUE = Buffer.alloc(1024, 'v')
const KEYS = 2_000

type Row = Readonly<Record<string, string>>

/** Runs `work` in so many parallel loops for the time of a measurement; gives how often a second it ended. */
async function perSecond(parallel: number, work: (index: number) => Promise<unknown>): Promise<string> {
  const begin = systemClock.monotonic()
  let count = 0
  const loop = async (): Promise<void> => {
    while (systemClock.monotonic() - begin < MEASURE_MS) await work(count++)
  }
  await Promise.all(Array.from({ length: parallel }, loop))
  return Math.round((count * 1000) / (systemClock.monotonic() - begin)).toLocaleString('en')
}

const keyOf = (index: number): string => `/bench/${String(index % KEYS).padStart(6, '0')}`

const put = (store: Store, index: number) =>
  store.txn({ compare: [], success: [{ type: 'put', key: keyOf(index), value: VALUE }] })

/** From the call of a write to the event at a watch: median and 99th percentile, while 16 others write. */
async function watchLatency(store: Store): Promise<string> {
  const controller = new AbortController()
  const begun = new Map<string, number>()
  const latencies: number[] = []
  await store.watch({
    start: '/latency/',
    end: prefixEnd('/latency/'),
    signal: controller.signal,
    onEnd: () => undefined,
    onBatch({ events }) {
      for (const { kv } of events) latencies.push(systemClock.monotonic() - begun.get(kv.key)!)
    },
  })
  let measured = 0
  await Promise.all([
    perSecond(16, (index) => put(store, index)),
    perSecond(1, async () => {
      const key = `/latency/${measured++}`
      begun.set(key, systemClock.monotonic())
      await store.txn({ compare: [], success: [{ type: 'put', key, value: VALUE }] })
    }),
  ])
  controller.abort()
  latencies.sort((a, b) => a - b)
  const at = (part: number): string =>
    (latencies[Math.floor(latencies.length * part)] ?? Number.NaN).toFixed(2)
  return `${at(0.5)} / ${at(0.99)}`
}

async function measure(name: string, store: Store): Promise<Row> {
  for (let index = 0; index < KEYS; index += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, offset) => put(store, index + offset)))
  }
  const row = {
    store: name,
    'writes/s, 1 writer': await perSecond(1, (index) => put(store, index)),
    'writes/s, 64 writers': await perSecond(64, (index) => put(store, index)),
    'writes/s, 512 writers': await perSecond(512, (index) => put(store, index)),
    'gets/s, 64 readers': await perSecond(64, (index) => store.range({ start: keyOf(index) })),
    'ranges of 500/s': await perSecond(4, () =>
      store.range({ start: '/bench/', end: '/bench0', limit: 500 }),
    ),
    'write to watch ms, p50 / p99': await watchLatency(store),
  }
  await store.close()
  return row
}

async function embedded(): Promise<Row> {
  const directory = await mkdtemp(path.join(tmpdir(), 'k8ts-bench-'))
  try {
    return await measure('embedded', await openEmbeddedStore({ path: directory, clock: systemClock }))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function etcd(): Promise<Row | undefined> {
  if (!hasEtcd()) return undefined
  const server = await startTestEtcd()
  try {
    const endpoints = [server.endpoint]
    return await measure('etcd', await openEtcdStore({ endpoints, clock: systemClock, random: systemRandom }))
  } finally {
    await server.stop()
  }
}

const rows = [
  await embedded(),
  await etcd(),
  await measure('in memory', await openEmbeddedStore({ clock: systemClock })),
]
for (const row of rows) {
  if (row)
    process.stdout.write(
      `${Object.entries(row)
        .map(([name, value]) => `${name}: ${value}`)
        .join('\n  ')}\n\n`,
    )
}
process.stdout.write(`resident memory of this process: ${Math.round(process.memoryUsage().rss / 1e6)} MB\n`)
