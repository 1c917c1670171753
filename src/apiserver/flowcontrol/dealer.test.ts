import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dealHand, flowHash } from '#apiserver/flowcontrol/dealer.ts'

const rows: readonly [string, bigint, number, number, readonly number[]][] = [
  ['zero deals the deck from its top', 0n, 8, 3, [0, 1, 2]],
  ['the remainder is the first card', 5n, 8, 2, [5, 0]],
  ['a later card counts those that are left', 5n + 8n * 5n, 8, 2, [5, 6]],
  ['and again', 1n + 8n * (0n + 7n * 0n), 8, 3, [1, 0, 2]],
  ['the whole deck', 2n, 3, 3, [2, 0, 1]],
]

for (const [name, hash, deck, size, expected] of rows) {
  test(`a hand: ${name}`, () => assert.deepEqual(dealHand(hash, deck, size), expected))
}

test('hands have no card twice and use the whole deck', () => {
  const seen = new Set<number>()
  for (let index = 0; index < 500; index++) {
    const hand = dealHand(flowHash('schema', `user-${index}`), 64, 6)
    assert.equal(new Set(hand).size, 6)
    for (const card of hand) seen.add(card)
  }
  assert.equal(seen.size, 64)
})

test('a flow is its schema and its distinguisher, and keeps its hand', () => {
  assert.equal(flowHash('a', 'b'), flowHash('a', 'b'))
  assert.notEqual(flowHash('a', 'bc'), flowHash('ab', 'c'))
})
