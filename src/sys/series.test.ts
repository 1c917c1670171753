import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { counters, histograms, readings } from '#sys/series.ts'

/** The samples as they are scraped, without comments. */
async function scraped(registry: Registry): Promise<readonly string[]> {
  return (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

test('counting shows in the text, child by child', async () => {
  const registry = new Registry()
  const requests = counters(registry, 'requests_total', 'Requests.', 'verb', 'code')
  requests.of('GET', '200').value++
  requests.of('GET', '200').value += 2
  requests.of('PUT', '409').value++
  assert.deepEqual(await scraped(registry), [
    'requests_total{verb="GET",code="200"} 3',
    'requests_total{verb="PUT",code="409"} 1',
  ])
})

test('each bucket of a histogram holds what the smaller ones hold', async () => {
  const registry = new Registry()
  const duration = histograms(registry, 'duration_seconds', 'Time.', [0.1, 1], 'verb')
  for (const seconds of [0.05, 0.1, 0.5, 3]) duration.of('GET').observe(seconds)
  duration.of('PUT')
  assert.deepEqual(await scraped(registry), [
    'duration_seconds_bucket{verb="GET",le="0.1"} 2',
    'duration_seconds_bucket{verb="GET",le="1"} 3',
    'duration_seconds_bucket{verb="GET",le="+Inf"} 4',
    'duration_seconds_sum{verb="GET"} 3.65',
    'duration_seconds_count{verb="GET"} 4',
  ])
})

test('readings are read when somebody asks', async () => {
  const registry = new Registry()
  let size = 1
  readings(registry, 'gauge', { name: 'size', help: 'Size.', labels: ['of'] }, () => [['box', size] as const])
  size = 7
  assert.deepEqual(await scraped(registry), ['size{of="box"} 7'])
})

test('a family does not grow without a bound', async () => {
  const registry = new Registry()
  const family = counters(registry, 'paths_total', 'Paths.', 'path')
  for (let i = 0; i < 10_005; i++) family.of(`/${i}`).value++
  const lines = await scraped(registry)
  assert.equal(lines.length, 10_001)
  assert.ok(lines.includes('paths_total{path="other"} 5'))
})
