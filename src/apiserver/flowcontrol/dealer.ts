// Which queues of a level a flow may use: a hand of cards, dealt by its hash from the deck of all queues. Pure.
//
// Shuffle sharding: each flow gets a few of many queues. A flow that floods fills its own hand; that another flow has
// the very same hand is so unlikely (one in about 10^10 for 6 of 128) that it practically always keeps a free queue.
// Upstream: staging/src/k8s.io/apiserver/pkg/util/shufflesharding/shufflesharding.go, hashFlowID in
// staging/src/k8s.io/apiserver/pkg/util/flowcontrol/apf_controller.go

import { createHash } from 'node:crypto'

/** 64 bits that stand for a flow: the requests of one schema with one distinguisher. */
export function flowHash(schema: string, distinguisher: string): bigint {
  const digest = createHash('sha256').update(schema).update('\0').update(distinguisher).digest()
  return digest.readBigUInt64LE(0)
}

/** `handSize` different numbers below `deckSize`; the same for the same hash. */
export function dealHand(hash: bigint, deckSize: number, handSize: number): readonly number[] {
  const hand: number[] = []
  let rest = hash
  for (let dealt = 0; dealt < handSize; dealt++) {
    const left = BigInt(deckSize - dealt)
    hand.push(nthFree(Number(rest % left), hand))
    rest /= left
  }
  return hand
}

/** The card at `index` among those that are not taken. */
function nthFree(index: number, taken: readonly number[]): number {
  let card = index
  for (const other of [...taken].sort((a, b) => a - b)) if (card >= other) card++
  return card
}
