// A client process: gets one job, says when it is ready, does it, and reports. Forked by client-processes.ts.

import type { Connection } from '#bench/api/connection.ts'
import type { FromClient, Job, JobResult, ToClient } from '#bench/api/jobs.ts'
import { libraryOperations } from '#bench/api/library-operations.ts'
import { mediaTypeOf, SCRATCH, STAMP, STAMP_DIGITS, stampedConfigMap } from '#bench/api/objects.ts'
import { RawClient } from '#bench/api/raw-client.ts'
import { type Operations, rawOperations } from '#bench/api/raw-operations.ts'
import { systemClock } from '#sys/clock.ts'

/** Who asked may have given up meanwhile. */
function tell(message: FromClient): void {
  if (process.connected) process.send!(message)
}

process.once('message', (message) => {
  const { connection, job } = message as ToClient
  perform(connection, job).then(
    (result) => tell({ type: 'done', result }),
    (error: unknown) =>
      tell({
        type: 'failed',
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
  )
})

async function perform(connection: Connection, job: Job): Promise<JobResult> {
  switch (job.type) {
    case 'loop':
      return withOperations(connection, job, job.parallel, (operations) => loop(operations, job))
    case 'list':
      return withOperations(connection, job, job.parallel, (operations) =>
        repeat(job.times, job.parallel, () => operations.list(job.query)),
      )
    case 'informer':
      return withOperations(connection, job, 1, (operations) => repeat(job.times, 1, () => operations.sync()))
    case 'watch':
      return watch(connection, job)
    case 'stamp':
      return stamp(connection, job)
  }
}

async function withOperations(
  connection: Connection,
  { client, encoding }: Pick<Extract<Job, { type: 'list' }>, 'client' | 'encoding'>,
  parallel: number,
  work: (operations: Operations) => Promise<JobResult>,
): Promise<JobResult> {
  const operations =
    client === 'raw' ? rawOperations(connection, encoding, parallel) : libraryOperations(connection)
  tell({ type: 'ready' })
  try {
    return await work(operations)
  } finally {
    operations.close()
  }
}

async function timedInto(latencies: number[], work: () => Promise<void>): Promise<void> {
  const since = systemClock.monotonic()
  await work()
  latencies.push(systemClock.monotonic() - since)
}

async function loop(operations: Operations, job: Extract<Job, { type: 'loop' }>): Promise<JobResult> {
  const latencies: number[] = []
  const since = systemClock.monotonic()
  const until = since + (job.durationMs ?? Number.POSITIVE_INFINITY)
  let next = job.first
  // rounds of different runs must differ, or an update would change nothing
  let round = systemClock.now()
  const one = async (): Promise<void> => {
    while (systemClock.monotonic() < until) {
      if (next >= job.end) {
        if (job.durationMs === undefined) return
        next = job.first
        round++
      }
      const index = next
      next += job.step
      await timedInto(latencies, () => operations.perform(job.operation, index, round, job.namespace))
    }
  }
  await Promise.all(Array.from({ length: job.parallel }, one))
  return { elapsedMs: systemClock.monotonic() - since, latencies }
}

async function repeat(times: number, parallel: number, work: () => Promise<void>): Promise<JobResult> {
  const latencies: number[] = []
  const since = systemClock.monotonic()
  let left = times
  const one = async (): Promise<void> => {
    while (left-- > 0) await timedInto(latencies, work)
  }
  await Promise.all(Array.from({ length: parallel }, one))
  return { elapsedMs: systemClock.monotonic() - since, latencies }
}

/** From the clock reading in an event to the moment in which its bytes arrive. */
async function watch(connection: Connection, job: Extract<Job, { type: 'watch' }>): Promise<JobResult> {
  const client = new RawClient(connection, Number.POSITIVE_INFINITY)
  const latencies: number[] = []
  const path = `/api/v1/namespaces/${SCRATCH}/configmaps?watch=1&resourceVersion=0&timeoutSeconds=600`
  const accept = mediaTypeOf(job.encoding) + (job.encoding === 'protobuf' ? ';stream=watch' : '')
  const expected = job.watchers * job.events
  let since = 0
  await new Promise<void>((resolve, reject) => {
    const open = async (): Promise<void> => {
      let rest = ''
      const onData = (chunk: Buffer) => {
        since ||= systemClock.monotonic()
        const now = process.hrtime.bigint()
        rest = collectStamps(rest + chunk.toString('latin1'), now, latencies)
        if (latencies.length >= expected) resolve()
      }
      await client.stream({ method: 'GET', path, accept }, onData, reject)
    }
    Promise.all(Array.from({ length: job.watchers }, open)).then(() => tell({ type: 'ready' }), reject)
  })
  client.close()
  return { elapsedMs: systemClock.monotonic() - since, latencies }
}

/** Gives what may be the beginning of a stamp whose end has not come yet. */
function collectStamps(text: string, now: bigint, latencies: number[]): string {
  let from = 0
  for (;;) {
    const at = text.indexOf(STAMP, from)
    if (at < 0) return text.slice(Math.max(from, text.length - STAMP.length + 1))
    const begin = at + STAMP.length
    if (begin + STAMP_DIGITS > text.length) return text.slice(at)
    latencies.push(Number(now - BigInt(text.slice(begin, begin + STAMP_DIGITS))) / 1e6)
    from = begin + STAMP_DIGITS
  }
}

async function stamp(connection: Connection, job: Extract<Job, { type: 'stamp' }>): Promise<JobResult> {
  const client = new RawClient(connection, 1)
  tell({ type: 'ready' })
  const path = `/api/v1/namespaces/${SCRATCH}/configmaps/stamped`
  const latencies: number[] = []
  const since = systemClock.monotonic()
  for (let i = 0; i < job.count; i++) {
    const due = since + i * job.intervalMs
    const now = systemClock.monotonic()
    if (due > now) await systemClock.sleep(due - now)
    const body = JSON.stringify(stampedConfigMap('stamped', process.hrtime.bigint()))
    await timedInto(latencies, async () => void (await client.expect({ method: 'PUT', path, body })))
  }
  client.close()
  return { elapsedMs: systemClock.monotonic() - since, latencies }
}
