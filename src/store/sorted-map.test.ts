import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SortedMap } from '#store/sorted-map.ts'
import { seededRandom } from '#sys/random.ts'

test('any order of sets and deletes gives what a sorted array would', () => {
  const random = seededRandom(7)
  const map = new SortedMap<number>()
  const model = new Map<string, number>()
  for (let step = 0; step < 20_000; step++) {
    const key = `/k/${Math.floor(random.next() * 5000)}`
    if (random.next() < 0.6) {
      map.set(key, step)
      model.set(key, step)
    } else assert.equal(map.delete(key), model.delete(key))
  }
  const sorted = [...model.keys()].sort()
  assert.deepEqual(
    [...map.range('/', '0')],
    sorted.map((key) => model.get(key)),
  )
  for (const [start, end] of [
    ['/k/2', '/k/3'],
    ['/k/', '/k/1'],
    ['/k/9', '/k:'],
    ['/x', '/y'],
    ['', '/'],
  ] as const) {
    const expected = sorted.filter((key) => key >= start && key < end).map((key) => model.get(key))
    assert.deepEqual([...map.range(start, end)], expected, `${start} ${end}`)
  }
  assert.equal(map.size, model.size)
})

test('keys in order fill it as well', () => {
  const map = new SortedMap<number>()
  for (let index = 0; index < 3000; index++) map.set(String(index).padStart(6, '0'), index)
  assert.deepEqual([...map.range('000998', '001003')], [998, 999, 1000, 1001, 1002])
  map.clear()
  assert.deepEqual([...map.range('', '~')], [])
})
