// From one set of rules to the next: the text of one nftables transaction. Pure.
//
// Only what differs is in it, so a change costs what it changes; and the kernel takes it as a whole or not at
// all, so no packet ever meets half of it. Order matters: a chain must exist before a verdict leads into it,
// and nothing may lead into a chain that is deleted.

import type { MapElement, PortRules } from '#proxy/rules.ts'
import { MASQUERADE_MARK } from '#proxy/rules.ts'

export type Rules = ReadonlyMap<string, PortRules>

/**
 * The table without services: hooks, maps, and the chains that all share. It replaces what may be left there.
 * `onLoopback`: node ports answer on 127.0.0.1 too; the kernel must be told to route from there (route_localnet).
 */
export function baseTable(table: string, onLoopback: boolean): string {
  const nodeAddress = `${onLoopback ? '' : 'ip daddr != 127.0.0.0/8 '}fib daddr type local`
  const serviceKey = 'type ipv4_addr . inet_proto . inet_service : verdict'
  const nodePortKey = 'type inet_proto . inet_service : verdict'
  return `
table ip ${table}
delete table ip ${table}
table ip ${table} {
  map service-ips { ${serviceKey}; }
  map service-nodeports { ${nodePortKey}; }
  map no-endpoint-services { ${serviceKey}; }
  map no-endpoint-nodeports { ${nodePortKey}; }
  set cluster-ips { type ipv4_addr; }
  chain reject-chain {
    meta l4proto tcp reject with tcp reset
    reject with icmp type port-unreachable
  }
  chain services {
    ip daddr . meta l4proto . th dport vmap @service-ips
    ${nodeAddress} meta l4proto . th dport vmap @service-nodeports
  }
  chain service-endpoints-check {
    ip daddr . meta l4proto . th dport vmap @no-endpoint-services
    ${nodeAddress} meta l4proto . th dport vmap @no-endpoint-nodeports
  }
  chain cluster-ips-check { ip daddr @cluster-ips goto reject-chain; }
  chain filter-forward { type filter hook forward priority 0; ct state new jump cluster-ips-check; }
  chain filter-late-output { type filter hook output priority 0; ct state new jump cluster-ips-check; }
  chain filter-prerouting { type filter hook prerouting priority -110; ct state new jump service-endpoints-check; }
  chain filter-output { type filter hook output priority -110; ct state new jump service-endpoints-check; }
  chain nat-prerouting { type nat hook prerouting priority -100; jump services; }
  chain nat-output { type nat hook output priority -100; jump services; }
  chain nat-postrouting {
    type nat hook postrouting priority 100;
    meta mark and ${MASQUERADE_MARK} == 0 return
    meta mark set meta mark xor ${MASQUERADE_MARK}
    masquerade fully-random
  }
}
`
}

/** The commands that lead from `previous` to `next`; '' when nothing differs. Keys are ids of ports. */
export function transaction(table: string, previous: Rules, next: Rules): string {
  const ports = [...new Set([...previous.keys(), ...next.keys()])].filter(
    (id) => !sameRules(previous.get(id), next.get(id)),
  )
  const adding: string[] = []
  const linking: string[] = []
  const unlinking: string[] = []
  const deleting: string[] = []
  for (const id of ports) {
    const before = previous.get(id) ?? NOTHING
    const after = next.get(id) ?? NOTHING
    for (const [set, seconds] of after.affinitySets) {
      if (before.affinitySets.get(set) === seconds) continue
      if (before.affinitySets.has(set))
        unlinking.push(...emptyUsers(table, before, set), `delete set ip ${table} ${set}`)
      adding.push(
        `add set ip ${table} ${set} { type ipv4_addr; flags dynamic,timeout; timeout ${seconds}s; }`,
      )
    }
    // All chains first, empty: rules may lead from one into another.
    for (const chain of after.chains.keys()) adding.push(`add chain ip ${table} ${chain}`)
    for (const [chain, rules] of after.chains) {
      if (sameList(before.chains.get(chain), rules) && !changesSet(before, after, rules)) continue
      linking.push(
        `flush chain ip ${table} ${chain}`,
        ...rules.map((rule) => `add rule ip ${table} ${chain} ${rule}`),
      )
    }
    for (const [key, element] of before.elements) {
      if (after.elements.get(key)?.verdict !== element.verdict) unlinking.push(deleteElement(table, element))
    }
    for (const [key, element] of after.elements) {
      if (before.elements.get(key)?.verdict !== element.verdict) linking.push(addElement(table, element))
    }
    for (const chain of before.chains.keys()) {
      if (!after.chains.has(chain)) deleting.push(`flush chain ip ${table} ${chain}`)
    }
    for (const chain of before.chains.keys()) {
      if (!after.chains.has(chain)) deleting.push(`delete chain ip ${table} ${chain}`)
    }
    for (const set of before.affinitySets.keys()) {
      if (!after.affinitySets.has(set)) deleting.push(`delete set ip ${table} ${set}`)
    }
  }
  adding.push(...clusterIPChanges(table, ports, previous, next))
  const commands = [...unlinking, ...adding, ...linking, ...flushFirst(deleting)]
  return commands.length === 0 ? '' : `${commands.join('\n')}\n`
}

/** A cluster address is in the set as long as any port has it. */
function clusterIPChanges(
  table: string,
  changed: readonly string[],
  previous: Rules,
  next: Rules,
): readonly string[] {
  const addressesOf = (rules: Rules): ReadonlySet<string> =>
    new Set(changed.flatMap((id) => rules.get(id)?.clusterIP ?? []))
  const [before, after] = [addressesOf(previous), addressesOf(next)]
  const isUsed = (rules: Rules, address: string): boolean =>
    [...rules.values()].some(({ clusterIP }) => clusterIP === address)
  const element = (verb: string, address: string): string =>
    `${verb} element ip ${table} cluster-ips { ${address} }`
  return [
    ...[...after].filter((address) => !isUsed(previous, address)).map((address) => element('add', address)),
    ...[...before].filter((address) => !isUsed(next, address)).map((address) => element('delete', address)),
  ]
}

const NOTHING: PortRules = { chains: new Map(), affinitySets: new Map(), elements: new Map() }

/** A set that is made anew with another timeout must have no users while it is gone. */
function emptyUsers(table: string, rules: PortRules, set: string): readonly string[] {
  return [...rules.chains]
    .filter(([, lines]) => lines.some((line) => line.includes(`@${set} `)))
    .map(([chain]) => `flush chain ip ${table} ${chain}`)
}

const changesSet = (before: PortRules, after: PortRules, rules: readonly string[]): boolean =>
  [...after.affinitySets].some(
    ([set, seconds]) =>
      before.affinitySets.get(set) !== seconds && rules.some((rule) => rule.includes(`@${set} `)),
  )

/** Chains may lead into one another: all are emptied before the first is deleted. Sets go last. */
function flushFirst(commands: readonly string[]): readonly string[] {
  const rank = (command: string) =>
    ['flush', 'delete chain', 'delete set'].findIndex((start) => command.startsWith(start))
  return [...commands].sort((a, b) => rank(a) - rank(b))
}

const addElement = (table: string, { map, key, verdict }: MapElement): string =>
  `add element ip ${table} ${map} { ${key} : ${verdict} }`
const deleteElement = (table: string, { map, key }: MapElement): string =>
  `delete element ip ${table} ${map} { ${key} }`

const sameList = (a: readonly string[] | undefined, b: readonly string[]): boolean =>
  a !== undefined && a.length === b.length && a.every((line, i) => line === b[i])

function sameRules(a: PortRules | undefined, b: PortRules | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && fingerprint(a) === fingerprint(b))
}

const fingerprint = (rules: PortRules): string =>
  JSON.stringify([[...rules.chains], [...rules.affinitySets], [...rules.elements]])
