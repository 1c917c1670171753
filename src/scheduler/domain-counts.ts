// How much of something there is in each domain: summed up once, and looked up for each node. Pure.
//
// Preemption asks about a node as it would be without some of its pods; so what one node adds is kept apart, and
// exchanged for what the node in question adds.

import type { NodeInfo } from '#scheduler/snapshot.ts'

export class DomainCounts {
  readonly #key: string
  readonly #countOn: (node: NodeInfo) => number
  readonly #totals = new Map<string, number>()
  readonly #nodes = new Map<string, { readonly node: NodeInfo; readonly count: number }>()

  /** `countOn` says how much there is on one node; only `nodes` count, and only those that have the label `key`. */
  constructor(key: string, nodes: Iterable<NodeInfo>, countOn: (node: NodeInfo) => number) {
    this.#key = key
    this.#countOn = countOn
    for (const node of nodes) {
      const domain = this.domainOf(node)
      if (domain === undefined) continue
      const count = countOn(node)
      this.#nodes.set(node.name, { node, count })
      this.#totals.set(domain, (this.#totals.get(domain) ?? 0) + count)
    }
  }

  domainOf({ node }: NodeInfo): string | undefined {
    return node?.metadata?.labels?.[this.#key]
  }

  get domains(): number {
    return this.#totals.size
  }

  get total(): number {
    return [...this.#totals.values()].reduce((sum, count) => sum + count, 0)
  }

  /** In the domain of `node`, with the pods that this very object has. */
  of(node: NodeInfo): number {
    const domain = this.domainOf(node)
    return domain === undefined ? 0 : (this.#totals.get(domain) ?? 0) + this.#differenceOf(node)
  }

  /** The least that there is in any domain. */
  minimum(node: NodeInfo): number {
    const own = this.domainOf(node)
    const difference = this.#differenceOf(node)
    let least = Number.POSITIVE_INFINITY
    for (const [domain, count] of this.#totals) {
      least = Math.min(least, domain === own ? count + difference : count)
    }
    return Number.isFinite(least) ? least : 0
  }

  #differenceOf(node: NodeInfo): number {
    const known = this.#nodes.get(node.name)
    return !known || known.node === node ? 0 : this.#countOn(node) - known.count
  }
}
