// Looks at the kubelets when somebody asks what is used, and not otherwise.
//
// A rate needs two looks. Who asks first waits for both; who asks again soon gets what was measured last, or, when that
// is old, what was used since then. Invariant: a node is asked once at a time, and at most once in MIN_WINDOW_MS.

import { type Look, type Measured, measure } from '#metrics/usage.ts'
import type { Clock } from '#sys/clock.ts'

/** What was measured last is good for so long: metrics-server's own period. */
const FRESH_MS = 15_000
/** Over a shorter time than this, counters say little. */
const MIN_WINDOW_MS = 2_000
/** An older look than this is no beginning of a window: it would tell of times long gone. */
const MAX_WINDOW_MS = 60_000

export interface Meter {
  /** What is used on a node; undefined when its kubelet does not answer. Never rejects. */
  of(node: string): Promise<Measured | undefined>
  /** The same from two new looks: for what has begun since the last ones. */
  anew(node: string): Promise<Measured | undefined>
  /** Nodes that are gone are forgotten. */
  keepOnly(nodes: ReadonlySet<string>): void
}

interface NodeState {
  latest?: Look
  measured?: Measured
  measuring?: Promise<Measured | undefined>
}

/** `look` asks the kubelet of a node; it may reject. */
export function createMeter(
  clock: Clock,
  look: (node: string) => Promise<Look>,
  onError: (node: string, error: unknown) => void,
): Meter {
  const states = new Map<string, NodeState>()

  function stateOf(node: string): NodeState {
    const state = states.get(node) ?? {}
    states.set(node, state)
    return state
  }

  async function measured(node: string, state: NodeState): Promise<Measured | undefined> {
    state.measuring ??= measureNow(node, state).finally(() => delete state.measuring)
    return await state.measuring
  }

  async function measureNow(node: string, state: NodeState): Promise<Measured | undefined> {
    try {
      let before = state.latest
      if (!before || clock.now() - before.atMs > MAX_WINDOW_MS) {
        before = await look(node)
        await clock.sleep(MIN_WINDOW_MS)
      }
      state.latest = await look(node)
      state.measured = measure(before, state.latest)
      return state.measured
    } catch (error) {
      onError(node, error)
      return undefined
    }
  }

  return {
    async of(node) {
      const state = stateOf(node)
      const { measured: last } = state
      return last && clock.now() - last.atMs < FRESH_MS ? last : await measured(node, state)
    },
    async anew(node) {
      const state = stateOf(node)
      // who is asking already may have begun before: his looks are not new enough
      await state.measuring
      delete state.latest
      return await measured(node, state)
    },
    keepOnly(nodes) {
      for (const node of states.keys()) if (!nodes.has(node)) states.delete(node)
    },
  }
}
