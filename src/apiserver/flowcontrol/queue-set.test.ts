import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DemandIntegrator } from '#apiserver/flowcontrol/demand-integrator.ts'
import type { FairRequest, Flow } from '#apiserver/flowcontrol/fair-queue.ts'
import { LevelStats } from '#apiserver/flowcontrol/level-stats.ts'
import { QueueSet, type Queuing } from '#apiserver/flowcontrol/queue-set.ts'
import { infoOf } from '#apiserver/flowcontrol/testing.ts'
import { ONE_SEAT, type WorkEstimate } from '#apiserver/flowcontrol/work-estimate.ts'
import { fakeClock } from '#sys/fake-clock.ts'

const ASKED = { user: { name: 'jane', groups: [] }, info: infoOf('GET', '/api/v1/nodes') }
const seats = (initialSeats: number): WorkEstimate => ({ ...ONE_SEAT, initialSeats })

function worldOf(queuing: Queuing, limit: number) {
  const clock = fakeClock()
  const stats = new LevelStats(0)
  const set = new QueueSet({ clock, stats, demand: new DemandIntegrator(0) })
  set.configure(queuing, limit)
  const flow = (name: string, ...hand: number[]): Flow => ({
    schema: 'test',
    distinguisher: name,
    hand,
    stats: stats.schema('test'),
  })
  return { clock, set, flow, stats: stats.schema('test') }
}

const QUEUES: Queuing = { type: 'queue', queues: 4, lengthLimit: 3 }

test('what finds a seat runs at once, what does not waits in turn', () => {
  const { set, flow } = worldOf(QUEUES, 2)
  const [a, b, c] = [1, 2, 3].map(() => set.start(flow('x', 0), ONE_SEAT, ASKED)!)
  assert.deepEqual([a!.state, b!.state, c!.state], ['executing', 'executing', 'waiting'])
  set.finish(a!)
  assert.equal(c!.state, 'executing')
  set.finish(b!)
  set.finish(c!)
  assert.ok(set.isIdle)
  assert.equal(set.seatsInUse, 0)
})

test('a full queue refuses; another of the hand takes what comes', () => {
  const { set, flow, stats } = worldOf(QUEUES, 1)
  const flood = flow('flood', 0, 1)
  const started = Array.from({ length: 8 }, () => set.start(flood, ONE_SEAT, ASKED))
  assert.equal(started.filter((request) => request === undefined).length, 1)
  assert.equal(stats.rejected['queue-full'], 1)
  assert.equal(set.start(flow('other', 2), ONE_SEAT, ASKED)?.state, 'waiting')
})

test('a flood does not make another flow wait for more than its own turn', async () => {
  const { set, flow, clock } = worldOf({ type: 'queue', queues: 4, lengthLimit: 50 }, 1)
  const order: string[] = []
  const running: FairRequest[] = []
  const start = (name: string, queue: number) => {
    const request = set.start(flow(name, queue), ONE_SEAT, ASKED)!
    const note = () => {
      order.push(name)
      running.push(request)
    }
    if (request.state === 'executing') note()
    else request.onExecute = note
  }
  for (let index = 0; index < 20; index++) start('flood', 0)
  for (let index = 0; index < 3; index++) start('calm', 1)
  while (running.length > 0) {
    await clock.advance(3)
    set.finish(running.shift()!)
  }
  const calm = order.flatMap((name, index) => (name === 'calm' ? [index] : []))
  assert.ok(calm[2]! <= 6, `served at ${calm}`)
  assert.equal(order.length, 23)
})

test('long requests are charged for the time they took', async () => {
  const { set, flow, clock } = worldOf({ type: 'queue', queues: 2, lengthLimit: 50 }, 1)
  const taken = { slow: 0, fast: 0 }
  const waiting: FairRequest[] = []
  const refill = (name: 'slow' | 'fast', queue: number) => {
    const request = set.start(flow(name, queue), ONE_SEAT, ASKED)!
    waiting.push(request)
  }
  for (let index = 0; index < 3; index++) {
    refill('slow', 0)
    refill('fast', 1)
  }
  for (let round = 0; round < 200; round++) {
    const current = waiting.find(({ state }) => state === 'executing')!
    const name = current.flow.distinguisher as 'slow' | 'fast'
    const duration = name === 'slow' ? 50 : 10
    await clock.advance(duration)
    taken[name] += duration
    waiting.splice(waiting.indexOf(current), 1)
    refill(name, name === 'slow' ? 0 : 1)
    set.finish(current)
  }
  const ratio = taken.slow / taken.fast
  assert.ok(ratio > 0.8 && ratio < 1.25, `both got the same time: ${JSON.stringify(taken)}`)
})

test('a wide request waits until its seats are together, and one wider than the level runs alone', () => {
  const { set, flow } = worldOf(QUEUES, 4)
  const small = set.start(flow('x', 0), ONE_SEAT, ASKED)!
  const wide = set.start(flow('y', 1), seats(4), ASKED)!
  const wider = set.start(flow('z', 2), seats(9), ASKED)!
  assert.equal(wide.state, 'waiting')
  set.finish(small)
  assert.equal(wide.state, 'executing')
  assert.equal(wider.state, 'waiting')
  set.finish(wide)
  assert.equal(wider.state, 'executing')
  set.finish(wider)
  assert.equal(set.seatsInUse, 0)
})

test('seats of a write linger for its watchers', async () => {
  const { set, flow, clock } = worldOf(QUEUES, 3)
  const write = set.start(flow('x', 0), { initialSeats: 1, finalSeats: 3, lingerMs: 20 }, ASKED)!
  set.finish(write)
  const next = set.start(flow('x', 0), ONE_SEAT, ASKED)!
  assert.equal(next.state, 'waiting')
  await clock.advance(20)
  assert.equal(next.state, 'executing')
})

test('who waits too long leaves the queue, also from its middle', () => {
  const { set, flow, stats } = worldOf(QUEUES, 1)
  const [first, second, third] = [1, 2, 3].map(() => set.start(flow('x', 0), ONE_SEAT, ASKED)!)
  set.refuse(second!)
  assert.equal(second!.state, 'refused')
  assert.equal(stats.rejected['time-out'], 1)
  set.finish(first!)
  assert.equal(third!.state, 'executing')
  set.refuse(third!)
  assert.equal(third!.state, 'executing')
})

test('without queues, what finds no seat is refused; exempt requests always find one', () => {
  const reject = worldOf({ type: 'reject' }, 1)
  assert.equal(reject.set.start(reject.flow('x'), ONE_SEAT, ASKED)?.state, 'executing')
  assert.equal(reject.set.start(reject.flow('x'), ONE_SEAT, ASKED), undefined)
  assert.equal(reject.stats.rejected['concurrency-limit'], 1)
  const exempt = worldOf({ type: 'exempt' }, 0)
  const started = Array.from({ length: 100 }, () => exempt.set.start(exempt.flow('x'), seats(5), ASKED))
  assert.ok(started.every((request) => request?.state === 'executing'))
})

test('of too many queues the empty ones go; a raised limit takes effect at once', () => {
  const { set, flow } = worldOf(QUEUES, 1)
  const first = set.start(flow('x', 3), ONE_SEAT, ASKED)!
  const second = set.start(flow('x', 3), ONE_SEAT, ASKED)!
  set.configure({ type: 'queue', queues: 2, lengthLimit: 3 }, 1)
  assert.equal(set.queues.length, 2)
  assert.equal(second.state, 'waiting')
  set.configure({ type: 'queue', queues: 2, lengthLimit: 3 }, 2)
  assert.equal(second.state, 'executing')
  set.finish(first)
  set.finish(second)
  assert.equal(set.queues.length, 2)
})
