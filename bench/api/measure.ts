// Everything that is measured, line by line.

import { runJobs, startJob } from '#bench/api/client-processes.ts'
import type { ClientKind, Job, JobResult, ListQuery, LoopOperation } from '#bench/api/jobs.ts'
import {
  type Encoding,
  NAMESPACE_COUNT,
  namespaceOf,
  POD_COUNT,
  podName,
  RARE_LABEL,
  SCRATCH,
} from '#bench/api/objects.ts'
import { RawClient } from '#bench/api/raw-client.ts'
import type { Server } from '#bench/api/servers.ts'
import { percentile } from '#bench/api/statistics.ts'
import { cpuMs, peakMebibytes, resetPeaks } from '#bench/api/usage.ts'
import { systemClock } from '#sys/clock.ts'

export interface Line {
  readonly name: string
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  /** Whether the pace was given: then the delay tells who is faster, not the number. */
  readonly isPaced: boolean
  /** Processor time of the server for each; NaN for a server whose processes are not known. */
  readonly cpuMsEach: number
}

const PROCESSES = 2
/** In flight at once, over all processes. */
const PARALLEL = 16
const LOOP_MS = 4_000
const LIST_TIMES = 5
const SCRATCH_PODS = 5_000
const EVENTS = 1_000
const READERS_AT_ONCE = 50
/** The client library, and plain HTTP in both encodings. */
const CLIENTS: readonly (readonly [ClientKind, Encoding])[] = [
  ['library', 'json'],
  ['raw', 'json'],
  ['raw', 'protobuf'],
]

const LISTS: readonly (readonly [string, ListQuery])[] = [
  ['list all', {}],
  ['list all, any state', { resourceVersion: '0' }],
  ['list all in pages of 500', { limit: 500 }],
  ['list one namespace', { namespace: namespaceOf(3) }],
  ['list by label', { labelSelector: RARE_LABEL }],
  ['list by label, any state', { labelSelector: RARE_LABEL, resourceVersion: '0' }],
]

/** One line of the table: what is done to a server, and what its name is. */
export interface Subject {
  readonly name: string
  readonly isPaced?: boolean
  run(server: Server): Promise<JobResult>
}

/** All lines, in an order in which each finds what it needs. */
export function subjects(): Subject[] {
  const job = (name: string, jobs: readonly Job[]): Subject => ({
    name,
    run: ({ connection }) => runJobs(connection, jobs),
  })
  const all: Subject[] = []
  for (const [client, encoding] of CLIENTS.slice(0, 2)) {
    const scratch = { namespace: SCRATCH, end: SCRATCH_PODS }
    all.push(job(`create ${client} ${encoding}`, loops('create', client, encoding, scratch)))
    all.push({ name: `deletecollection after create ${client} ${encoding}`, run: deleteScratch })
  }
  for (const [client, encoding] of CLIENTS) {
    for (const operation of ['get', 'update', 'patch', 'apply'] as const) {
      const options = { end: POD_COUNT, durationMs: LOOP_MS }
      all.push(job(`${operation} ${client} ${encoding}`, loops(operation, client, encoding, options)))
    }
    for (const [name, query] of LISTS) {
      const list: Job = { type: 'list', client, encoding, query, times: LIST_TIMES, parallel: 1 }
      all.push(job(`${name} ${client} ${encoding}`, [list]))
    }
    all.push(job(`informer ${client} ${encoding}`, [{ type: 'informer', client, encoding, times: 3 }]))
  }
  for (const [watchers, intervalMs] of [
    [100, 5],
    [1_000, 40],
  ] as const) {
    for (const encoding of ['json', 'protobuf'] as const) {
      const run = (server: Server) => watched(server, encoding, watchers, intervalMs)
      all.push({ name: `${watchers} watchers ${encoding}`, isPaced: true, run })
    }
  }
  all.push({ name: `list all, ${READERS_AT_ONCE} at once`, run: readAtOnce })
  return all
}

/** Does it to one server. */
export async function measure({ name, isPaced = false, run }: Subject, server: Server): Promise<Line> {
  const cpuBefore = await cpuMs(server.pids)
  const { elapsedMs, latencies } = await run(server)
  const used = (await cpuMs(server.pids)) - cpuBefore
  return {
    name,
    isPaced,
    perSecond: (latencies.length * 1000) / elapsedMs,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    cpuMsEach: server.pids.length > 0 ? used / latencies.length : Number.NaN,
  }
}

/** Fills a server, unless it is filled already: namespaces, and the pods that all other lines read and change. */
export const filling: Subject = {
  name: 'create raw protobuf',
  async run({ connection }) {
    const client = new RawClient(connection, 1)
    const last = `/api/v1/namespaces/${namespaceOf(POD_COUNT - 1)}/pods/${podName(POD_COUNT - 1)}`
    const isFilled = (await client.request({ method: 'GET', path: last })).code === 200
    if (!isFilled) await prepare(client)
    client.close()
    if (isFilled) return { elapsedMs: 0, latencies: [] }
    return runJobs(connection, loops('create', 'raw', 'protobuf', { end: POD_COUNT }))
  },
}

function loops(
  operation: LoopOperation,
  client: ClientKind,
  encoding: Encoding,
  options: { readonly end: number; readonly durationMs?: number; readonly namespace?: string },
): Job[] {
  return Array.from({ length: PROCESSES }, (_, first) => ({
    ...{ type: 'loop' as const, operation, client, encoding, parallel: PARALLEL / PROCESSES },
    ...{ first, step: PROCESSES },
    ...options,
  }))
}

async function prepare(client: RawClient): Promise<void> {
  const namespaces = [...Array.from({ length: NAMESPACE_COUNT }, (_, i) => namespaceOf(i)), SCRATCH]
  const post = async (path: string, kind: string, name: string) => {
    const body = JSON.stringify({ apiVersion: 'v1', kind, metadata: { name } })
    const { code } = await client.request({ method: 'POST', path, body })
    if (code !== 201 && code !== 409) throw new Error(`${kind} ${name} could not be made: ${code}`)
  }
  for (const name of namespaces) {
    await post('/api/v1/namespaces', 'Namespace', name)
    // without controllers nobody else makes it, and pods need it
    await post(`/api/v1/namespaces/${name}/serviceaccounts`, 'ServiceAccount', 'default')
  }
}

async function deleteScratch({ connection }: Server): Promise<JobResult> {
  const client = new RawClient(connection, 1)
  const path = `/api/v1/namespaces/${SCRATCH}/pods`
  const body = JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 })
  const since = systemClock.monotonic()
  await client.expect({ method: 'DELETE', path, body })
  const elapsedMs = systemClock.monotonic() - since
  client.close()
  return { elapsedMs, latencies: [elapsedMs] }
}

/** So many watchers in two processes, and one writer; the latencies are those of the deliveries. */
async function watched(
  { connection }: Server,
  encoding: Encoding,
  watchers: number,
  intervalMs: number,
): Promise<JobResult> {
  const client = new RawClient(connection, 1)
  const path = `/api/v1/namespaces/${SCRATCH}/configmaps`
  await client.request({ method: 'DELETE', path: `${path}/stamped` })
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'stamped' } })
  await client.expect({ method: 'POST', path, body })
  client.close()
  const each = watchers / PROCESSES
  const jobs = Array.from({ length: PROCESSES }, () =>
    startJob(connection, { type: 'watch', encoding, watchers: each, events: EVENTS }),
  )
  await Promise.all(jobs.map(({ ready }) => ready))
  const writer = startJob(connection, { type: 'stamp', count: EVENTS, intervalMs })
  const results = await Promise.all(jobs.map(({ result }) => result))
  await writer.result
  return {
    elapsedMs: Math.max(...results.map(({ elapsedMs }) => elapsedMs)),
    latencies: results.flatMap(({ latencies }) => latencies),
  }
}

/** Says on the way how large the server became. */
async function readAtOnce({ connection, pids, name }: Server): Promise<JobResult> {
  const before = await peakMebibytes(pids, 'VmRSS')
  await resetPeaks(pids)
  const times = READERS_AT_ONCE
  const result = await runJobs(connection, [
    { type: 'list', client: 'raw', encoding: 'json', query: {}, times, parallel: times },
  ])
  if (pids.length > 0) {
    const peak = await peakMebibytes(pids)
    process.stdout.write(`  ${name}: ${Math.round(before)} MiB before, ${Math.round(peak)} MiB at most\n`)
  }
  return result
}
