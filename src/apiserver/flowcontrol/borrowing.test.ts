import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  adjustLimits,
  allocateSeats,
  type LevelDemand,
  smoothedDemand,
} from '#apiserver/flowcontrol/borrowing.ts'
import { configuredLimits } from '#apiserver/flowcontrol/limits.ts'
import { limitedLevel } from '#apiserver/flowcontrol/testing.ts'

type Wish = readonly [lower: number, upper: number, target: number]

const allocations: readonly [string, number, readonly Wish[], readonly number[]][] = [
  [
    'in proportion to the targets',
    30,
    [
      [0, 100, 10],
      [0, 100, 20],
    ],
    [10, 20],
  ],
  [
    'the same fraction above the targets',
    60,
    [
      [0, 100, 10],
      [0, 100, 20],
    ],
    [20, 40],
  ],
  [
    'an upper bound leaves the rest to others',
    60,
    [
      [0, 15, 10],
      [0, 100, 20],
    ],
    [15, 45],
  ],
  [
    'a lower bound takes from others',
    30,
    [
      [20, 100, 20],
      [0, 100, 40],
    ],
    [20, 10],
  ],
  [
    'no room between the lower bounds',
    30,
    [
      [10, 100, 10],
      [20, 100, 20],
    ],
    [10, 20],
  ],
  [
    'all at their upper bounds',
    30,
    [
      [0, 10, 100],
      [0, 20, 100],
    ],
    [10, 20],
  ],
  [
    'who wants nothing still shares what is over',
    10,
    [
      [0, 10, 0],
      [0, 10, 0],
    ],
    [5, 5],
  ],
]

for (const [name, sum, wishes, expected] of allocations) {
  test(`allocation: ${name}`, () => {
    const { seats } = allocateSeats(
      sum,
      wishes.map(([lower, upper, target]) => ({ lower, upper, target })),
    )
    assert.deepEqual(
      seats.map((value) => Math.round(value * 1000) / 1000),
      expected,
    )
  })
}

const level = (
  nominal: number,
  lower: number,
  peak: number,
  smoothed: number,
  isExempt = false,
): LevelDemand => ({
  isExempt,
  limits: { nominal, lower, upper: nominal + 1000, maxSeats: undefined },
  peak,
  smoothed,
})

test('an idle level lends what it may, a busy one borrows it', () => {
  const { current } = adjustLimits([level(100, 10, 0, 0), level(100, 50, 300, 300)], 200)
  assert.deepEqual(current, [10, 190])
})

test('a level keeps what it used at its peak, up to its nominal limit', () => {
  const { current } = adjustLimits([level(100, 10, 80, 20), level(100, 50, 300, 300)], 200)
  assert.deepEqual(current, [80, 120])
})

test('what exempt requests use is not bounded', () => {
  const { current } = adjustLimits([level(0, 0, 500, 400, true), level(100, 50, 10, 10)], 100)
  assert.deepEqual(current, [500, 50])
})

test('when exempt requests leave less than all used at their peak, each keeps a part', () => {
  const levels = [level(0, 0, 70, 70, true), level(100, 0, 100, 100), level(100, 0, 50, 50)]
  assert.deepEqual(adjustLimits(levels, 145).current, [70, 50, 25])
})

test('demand is believed at once when it rises and forgotten slowly', () => {
  const demand = (average: number) => ({ average, deviation: 0, durationMs: 10_000, peak: average })
  const high = smoothedDemand(0, demand(100))
  assert.equal(high, 100)
  let now = high
  for (let period = 0; period < 30; period++) now = smoothedDemand(now, demand(0))
  assert.ok(now > 45 && now < 55, `half after five minutes: ${now}`)
})

test('shares become seats, rounded up, with bounds from the percentages', () => {
  const low = limitedLevel(100, { queues: 128, handSize: 6, queueLengthLimit: 50 })
  const limits = configuredLimits(
    new Map([
      ['workload-low', { ...low, limited: { ...low.limited!, lendablePercent: 90 } }],
      [
        'catch-all',
        { ...limitedLevel(5), limited: { ...limitedLevel(5).limited!, borrowingLimitPercent: 100 } },
      ],
      ['exempt', { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }],
    ]),
    600,
  )
  assert.deepEqual(limits.get('workload-low'), { nominal: 572, lower: 57, upper: 1172, maxSeats: 86 })
  assert.deepEqual(limits.get('catch-all'), { nominal: 29, lower: 29, upper: 58, maxSeats: undefined })
  assert.deepEqual(limits.get('exempt'), { nominal: 0, lower: 0, upper: 600, maxSeats: undefined })
})
