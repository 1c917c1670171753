// The routes to the pods of other nodes: one for each, by way of the node's own address. Pure.
//
// Nodes on one segment reach each other directly, so a plain route does: nothing is wrapped, and `ip route`
// shows how the network works. Left out: VXLAN for nodes behind a router.

import type { Node } from '#api/types/core.ts'

/** Destination CIDR → gateway. */
export type Routes = ReadonlyMap<string, string>

/** The routes that the node `self` needs; `self` is '' for the machine, which is no node and needs all. */
export function routesTo(nodes: readonly Node[], self: string): Routes {
  const routes = new Map<string, string>()
  for (const node of nodes) {
    const address = node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address
    if (node.metadata?.name === self || address === undefined) continue
    for (const cidr of node.spec?.podCIDRs ?? []) if (!cidr.includes(':')) routes.set(cidr, address)
  }
  return routes
}

/** Input for `ip -batch`: what leads from one set of routes to the next. */
export function routeCommands(previous: Routes, next: Routes): readonly string[] {
  const commands: string[] = []
  for (const [cidr, gateway] of previous) {
    if (!next.has(cidr)) commands.push(`route del ${cidr} via ${gateway}`)
  }
  for (const [cidr, gateway] of next) {
    if (previous.get(cidr) !== gateway) commands.push(`route replace ${cidr} via ${gateway}`)
  }
  return commands
}
