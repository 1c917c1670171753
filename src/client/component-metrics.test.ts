import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { componentMetrics } from '#client/component-metrics.ts'
import { createWorkQueue } from '#client/work-queue.ts'
import { fakeClock } from '#sys/fake-clock.ts'

test('a queue tells how many keys came, wait, and came back', async () => {
  const clock = fakeClock()
  const registry = new Registry()
  const stop = new AbortController()
  let goOn: () => void = () => undefined
  const queue = createWorkQueue({
    clock,
    measure: componentMetrics(registry, clock).queue('things'),
    onError: () => undefined,
    async work(key) {
      await new Promise<void>((resolve) => (goOn = resolve))
      if (key === 'bad') throw new Error('no')
      return undefined
    },
  })
  for (const key of ['bad', 'a', 'a', 'b']) queue.add(key)
  const running = queue.run(stop.signal)
  await clock.advance(2_000)
  const text = await registry.metrics()
  for (const line of [
    'workqueue_adds_total{name="things"} 3',
    'workqueue_depth{name="things"} 2',
    'workqueue_queue_duration_seconds_count{name="things"} 1',
    'workqueue_unfinished_work_seconds{name="things"} 2',
    'workqueue_longest_running_processor_seconds{name="things"} 2',
  ])
    assert.ok(text.includes(`\n${line}\n`), line)
  goOn()
  await clock.advance(0)
  const later = await registry.metrics()
  assert.match(later, /\nworkqueue_retries_total\{name="things"\} 1\n/)
  assert.match(later, /\nworkqueue_work_duration_seconds_sum\{name="things"\} 2\n/)
  stop.abort()
  goOn()
  await running
})
