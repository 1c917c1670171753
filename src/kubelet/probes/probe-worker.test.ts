import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContainerStatus, Probe } from '#api/types/core.ts'
import { container } from '#kubelet/pods/fixtures.ts'
import { createProbeWorker } from '#kubelet/probes/probe-worker.ts'
import { ProbeResultStore, type ProbeType } from '#kubelet/probes/results.ts'
import { fakeClock } from '#sys/fake-clock.ts'

/** A worker whose probe answers what `answers` say, one after the other; the last one for ever. */
function worker(type: ProbeType, probe: Probe, answers: readonly boolean[], started = true) {
  const clock = fakeClock()
  const results = new ProbeResultStore()
  let status: ContainerStatus | undefined = running('1', started)
  const seen = { runs: 0, events: 0, verdicts: 0 }
  const made = createProbeWorker({
    type,
    container: container('main'),
    probe,
    clock,
    results,
    status: () => status,
    run: () => {
      const isGood = answers[Math.min(seen.runs++, answers.length - 1)]
      return Promise.resolve({ result: isGood ? 'success' : 'failure', output: '' })
    },
    onRun: () => seen.events++,
    onVerdict: () => seen.verdicts++,
  })
  made.observe()
  return {
    clock,
    seen,
    result: (id = '1') => results.get(id, type),
    become(next: ContainerStatus | undefined) {
      status = next
      made.observe()
    },
    stop: () => made.stop(),
  }
}

function running(id: string, started = true): ContainerStatus {
  const startedAt = '2026-01-01T00:00:00Z'
  const state = { running: { startedAt } }
  return {
    name: 'main',
    image: '',
    imageID: '',
    ready: false,
    restartCount: 0,
    started,
    containerID: `c://${id}`,
    state,
  }
}

test('readiness is probed at once and then each period', async () => {
  const probed = worker('readiness', { periodSeconds: 5 }, [false, true])
  await probed.clock.advance(0)
  assert.deepEqual([probed.seen.runs, probed.result()], [1, undefined])
  await probed.clock.advance(5000)
  assert.deepEqual([probed.seen.runs, probed.result(), probed.seen.events], [2, 'success', 1])
})

test('a verdict takes as many failures in a row as it says', async () => {
  const probed = worker('readiness', { periodSeconds: 1, failureThreshold: 3 }, [
    false,
    false,
    true,
    false,
    false,
    false,
  ])
  await probed.clock.advance(2000)
  assert.equal(probed.result(), 'success')
  await probed.clock.advance(2000)
  assert.equal(probed.result(), 'success')
  await probed.clock.advance(1000)
  assert.equal(probed.result(), 'failure')
  assert.equal(probed.seen.verdicts, 2)
})

test('liveness waits for its delay and holds after it has failed, until the next container', async () => {
  const probed = worker('liveness', { initialDelaySeconds: 4, periodSeconds: 1, failureThreshold: 1 }, [
    false,
  ])
  await probed.clock.advance(3999)
  assert.equal(probed.seen.runs, 0)
  await probed.clock.advance(10_000)
  assert.deepEqual([probed.seen.runs, probed.result()], [1, 'failure'])
  probed.become(running('2'))
  await probed.clock.advance(4000)
  assert.deepEqual([probed.seen.runs, probed.result(), probed.result('2')], [2, undefined, 'failure'])
})

test('until a container has started up only its startup probe runs, and then never again', async () => {
  const readiness = worker('readiness', {}, [true], false)
  await readiness.clock.advance(60_000)
  assert.equal(readiness.seen.runs, 0)
  readiness.become(running('1', true))
  await readiness.clock.advance(0)
  assert.equal(readiness.seen.runs, 1)

  const startup = worker('startup', { periodSeconds: 1 }, [true], false)
  await startup.clock.advance(10_000)
  assert.deepEqual([startup.seen.runs, startup.result()], [1, 'success'])
})

test('a container that was found started up needs no startup probe', () => {
  assert.equal(worker('startup', {}, [false]).result(), 'success')
})

test('a worker that is stopped leaves no timer', async () => {
  const probed = worker('readiness', { periodSeconds: 1 }, [true])
  await probed.clock.advance(1500)
  probed.stop()
  assert.equal(probed.clock.pendingCount(), 0)
})
