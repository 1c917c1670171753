import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMeter } from '#metrics/meter.ts'
import type { Look } from '#metrics/usage.ts'
import { type FakeClock, fakeClock } from '#sys/fake-clock.ts'

function metered() {
  const clock = fakeClock()
  const looks: number[] = []
  const errors: string[] = []
  let isDown = false
  const look = async (): Promise<Look> => {
    if (isDown) throw new Error('no answer')
    looks.push(clock.now())
    return { atMs: clock.now(), node: { cpuSeconds: clock.now() / 2_000, memoryBytes: 1 }, pods: new Map() }
  }
  const meter = createMeter(clock, look, (node, error) => errors.push(`${node}: ${(error as Error).message}`))
  return { clock, meter, looks, errors, goDown: () => (isDown = true) }
}

/** Lets the time pass that lies between two looks. */
async function inTwoSeconds<T>(clock: FakeClock, outcome: Promise<T>): Promise<T> {
  await clock.advance(2_000)
  return await outcome
}

test('who asks first waits for two looks, and all who ask meanwhile share them', async () => {
  const { clock, meter, looks } = metered()
  const asked = [meter.of('a'), meter.of('a')]
  await clock.advance(2_000)
  const [first, second] = await Promise.all(asked)
  assert.equal(first, second)
  assert.equal(first?.windowMs, 2_000)
  assert.equal(first?.node?.cpuNanocores, 5e8)
  assert.equal(looks.length, 2)
})

test('what is fresh is not measured again; what is not is measured since then', async () => {
  const { clock, meter, looks } = metered()
  await inTwoSeconds(clock, meter.of('a'))
  await clock.advance(14_000)
  await meter.of('a')
  assert.equal(looks.length, 2)
  await clock.advance(6_000)
  assert.equal((await meter.of('a'))?.windowMs, 20_000)
  assert.equal(looks.length, 3)
})

test('after a long silence nobody is told of times long gone', async () => {
  const { clock, meter, looks } = metered()
  await inTwoSeconds(clock, meter.of('a'))
  await clock.advance(300_000)
  assert.equal((await inTwoSeconds(clock, meter.of('a')))?.windowMs, 2_000)
  assert.equal(looks.length, 4)
})

test('what has begun since is measured by two new looks', async () => {
  const { clock, meter, looks } = metered()
  await inTwoSeconds(clock, meter.of('a'))
  assert.equal((await inTwoSeconds(clock, meter.anew('a')))?.windowMs, 2_000)
  assert.equal(looks.length, 4)
})

test('nobody looks when nobody asks', async () => {
  const { clock, meter, looks } = metered()
  await inTwoSeconds(clock, meter.of('a'))
  await clock.advance(600_000)
  assert.equal(looks.length, 2)
  assert.equal(clock.pendingCount(), 0)
})

test('a kubelet that does not answer is not known about, and is asked again', async () => {
  const { clock, meter, errors, goDown } = metered()
  goDown()
  assert.equal(await meter.of('a'), undefined)
  assert.equal(await meter.of('a'), undefined)
  assert.deepEqual(errors, ['a: no answer', 'a: no answer'])
  assert.equal(clock.pendingCount(), 0)
})

test('nodes that are gone are forgotten', async () => {
  const { clock, meter, looks } = metered()
  await inTwoSeconds(clock, meter.of('a'))
  meter.keepOnly(new Set(['b']))
  await inTwoSeconds(clock, meter.of('a'))
  assert.equal(looks.length, 4)
})
