import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CacheEvent } from '#apiserver/watchcache/cache-event.ts'
import { EventWindow } from '#apiserver/watchcache/event-window.ts'

const event = (revision: number, sizeBytes = 10): CacheEvent => ({
  key: '/a',
  revision,
  sizeBytes,
  triggers: [],
  seenBy: () => undefined,
})

test('a hundred events are kept however old they are', () => {
  const window = new EventWindow(5)
  for (let index = 0; index < 100; index++) window.push(event(10 + index), 0)
  assert.equal(window.floor, 5)
  window.push(event(200), 3_600_000)
  assert.equal(window.floor, 10)
  assert.equal(window.end - window.first, 100)
})

test('more are kept for 75 seconds', () => {
  const window = new EventWindow(1)
  for (let index = 0; index < 500; index++) window.push(event(10 + index), index * 100)
  assert.equal(window.end - window.first, 500)
  window.push(event(1000), 75_000 + 10_050)
  assert.equal(window.floor, 10 + 100)
})

test('bytes bound it too', () => {
  const window = new EventWindow(1)
  for (let index = 0; index < 300; index++) window.push(event(10 + index, 1024 * 1024), 0)
  assert.equal(window.end - window.first, 100)
})

test('positions stay true while the front is dropped', () => {
  const window = new EventWindow(1)
  for (let index = 0; index < 1000; index++) {
    window.push(event(10 + 2 * index), index * 10_000)
    const position = window.end - 1
    assert.equal(window.at(position).revision, 10 + 2 * index)
    assert.equal(window.positionAfter(10 + 2 * index), window.end)
    assert.equal(window.positionAfter(9 + 2 * index), position)
  }
  assert.equal(window.positionAfter(0), window.first)
  assert.equal(window.at(window.first).revision > window.floor, true)
})
