// Runs jobs in processes of their own, all beginning at the moment in which the last is ready.

import { type ChildProcess, fork } from 'node:child_process'
import path from 'node:path'
import type { Connection } from '#bench/api/connection.ts'
import type { FromClient, Job, JobResult, ToClient } from '#bench/api/jobs.ts'

export interface RunningJob {
  /** When the process has connected and begins, or its watchers are there. */
  readonly ready: Promise<void>
  readonly result: Promise<JobResult>
}

export function startJob(connection: Connection, job: Job): RunningJob {
  const child = fork(path.join(import.meta.dirname, 'client.js'), { serialization: 'advanced' })
  const ready = answerOf(child, 'ready').then(() => undefined)
  const result = answerOf(child, 'done').then((message) => {
    child.disconnect()
    return (message as Extract<FromClient, { type: 'done' }>).result
  })
  // a failure is the same for both: who waits for one of them hears of it
  ready.catch(() => undefined)
  result.catch(() => undefined)
  child.send({ connection, job } satisfies ToClient)
  return { ready, result }
}

function answerOf(child: ChildProcess, type: FromClient['type']): Promise<FromClient> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: FromClient) => {
      if (message.type === type) resolve(message)
      if (message.type === 'failed') {
        child.kill()
        reject(new Error(message.error))
      }
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`a client process ended with ${code}`)))
  })
}

/** Runs several and puts their results together; throughput counts from the first start to the last end. */
export async function runJobs(connection: Connection, jobs: readonly Job[]): Promise<JobResult> {
  const results = await Promise.all(jobs.map((job) => startJob(connection, job).result))
  return {
    elapsedMs: Math.max(...results.map(({ elapsedMs }) => elapsedMs)),
    latencies: results.flatMap(({ latencies }) => latencies),
  }
}
