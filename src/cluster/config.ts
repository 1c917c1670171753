// What a cluster is: its name, its size, its ranges. Decided by the first `up`, kept with its data. Pure.
//
// A later `up` of the same name takes what is kept; a flag that contradicts it is refused, because addresses
// and data were made for the old value. What may change from one start to the next is the number of nodes.

import { formatCidr, overlaps, parseCidr } from '#cluster/cidr.ts'
import { keepServerArgs } from '#cluster/server-flags.ts'
import { UserError } from '#cluster/user-error.ts'

export const COMPONENTS = [
  'apiserver',
  'scheduler',
  'controller-manager',
  'kubelet',
  'proxy',
  'network',
  'dns',
  'metrics',
] as const
export type Component = (typeof COMPONENTS)[number]

/** What a cluster of upstream has, too; the others are there when somebody wishes for them. */
const USUAL_COMPONENTS: readonly Component[] = COMPONENTS.filter((name) => name !== 'metrics')

export interface ClusterConfig {
  /** Of the layout of the data directory. */
  readonly formatVersion: 1
  readonly name: string
  readonly nodes: number
  readonly store: 'embedded' | 'etcd'
  /** Real etcd servers; empty with the embedded store, or when `up` runs an etcd of its own. */
  readonly etcdServers: readonly string[]
  readonly apiPort: number
  readonly podCIDR: string
  readonly serviceCIDR: string
  readonly components: readonly Component[]
  /** The segment that joins the hosts: 172.31.7.0/24. Chosen when the cluster is made. */
  readonly hostCIDR: string
  /** Flags of the API server, each `name=value` (server-flags.ts); absent: none. */
  readonly apiServerArgs?: readonly string[]
}

/** What `up` was asked for; absent means "as it is, or the default". */
export interface ClusterWishes {
  readonly name?: string
  readonly nodes?: number
  readonly store?: string
  readonly etcdServers?: readonly string[]
  readonly apiPort?: number
  readonly podCIDR?: string
  readonly serviceCIDR?: string
  readonly components?: readonly string[]
  /** Whether usage of nodes and pods is served, beside those components. */
  readonly metrics?: boolean
  /** Replaces all that are kept. */
  readonly apiServerArgs?: readonly string[]
}

export const DEFAULT_NAME = 'k8ts'
/** Interface names have 15 characters and socket paths 107: a longer name would not fit everywhere. */
const NAME_MAX = 30
const NODES_MAX = 50

/** The name of a cluster, or a sentence about what is wrong with it. */
export function checkName(name: string): string {
  if (name.length > NAME_MAX) {
    throw new UserError(
      `The cluster name ${JSON.stringify(name)} has ${name.length} characters: choose one of at most ${NAME_MAX}.`,
    )
  }
  if (!/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name)) {
    throw new UserError(
      `The cluster name ${JSON.stringify(name)} is not usable: choose lower case letters, digits and '-', beginning with a letter.`,
    )
  }
  return name
}

/** Address ranges of a cluster: free ones are found by ranges.ts. */
export type Ranges = Pick<ClusterConfig, 'podCIDR' | 'serviceCIDR' | 'hostCIDR'>

export const DEFAULT_RANGES: Ranges = {
  podCIDR: '10.244.0.0/16',
  serviceCIDR: '10.96.0.0/16',
  hostCIDR: '172.31.0.0/24',
}

/** Joins what is kept with what is asked for. `free` are ranges for what nobody has decided. */
export function resolveConfig(
  wishes: ClusterWishes,
  kept: ClusterConfig | undefined,
  free: Ranges,
): ClusterConfig {
  const name = checkName(wishes.name ?? DEFAULT_NAME)
  const etcdServers = wishes.etcdServers ?? kept?.etcdServers ?? []
  const config: ClusterConfig = {
    formatVersion: 1,
    name,
    nodes: checkNumber('--nodes', wishes.nodes ?? kept?.nodes ?? 1, 0, NODES_MAX),
    store: checkStore(wishes.store ?? kept?.store ?? (etcdServers.length > 0 ? 'etcd' : 'embedded')),
    etcdServers: etcdServers.map(checkUrl),
    apiPort: checkNumber('--api-port', wishes.apiPort ?? kept?.apiPort ?? 6443, 1, 65_535),
    podCIDR: checkRange('--pod-cidr', wishes.podCIDR ?? kept?.podCIDR ?? free.podCIDR, 22),
    serviceCIDR: checkRange(
      '--service-cidr',
      wishes.serviceCIDR ?? kept?.serviceCIDR ?? free.serviceCIDR,
      28,
    ),
    components: withMetrics(
      checkComponents(wishes.components ?? kept?.components ?? USUAL_COMPONENTS),
      wishes.metrics,
    ),
    hostCIDR: free.hostCIDR,
    apiServerArgs: keepServerArgs(wishes.apiServerArgs ?? kept?.apiServerArgs ?? []),
  }
  if (overlaps(mustParse(config.podCIDR), mustParse(config.serviceCIDR))) {
    throw new UserError(
      `--pod-cidr ${config.podCIDR} and --service-cidr ${config.serviceCIDR} overlap: choose ranges apart.`,
    )
  }
  if (config.store === 'embedded' && etcdServers.length > 0) {
    throw new UserError('--etcd-servers goes with --store etcd: leave one of the two out.')
  }
  if (kept) refuseChanges(kept, config)
  return config
}

function refuseChanges(kept: ClusterConfig, config: ClusterConfig): void {
  const flags = { store: '--store', podCIDR: '--pod-cidr', serviceCIDR: '--service-cidr' } as const
  for (const [field, flag] of Object.entries(flags) as ['store' | 'podCIDR' | 'serviceCIDR', string][]) {
    if (kept[field] === config[field]) continue
    throw new UserError(
      `Cluster ${config.name} was made with ${flag} ${kept[field]}: leave the flag out, or begin anew with 'k8ts down --name ${config.name} --delete-data'.`,
    )
  }
}

function checkNumber(flag: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new UserError(`${flag} takes a whole number from ${least} to ${most}.`)
}

function checkStore(value: string): ClusterConfig['store'] {
  if (value === 'embedded' || value === 'etcd') return value
  throw new UserError(`--store takes 'embedded' or 'etcd', not ${JSON.stringify(value)}.`)
}

function checkUrl(value: string): string {
  if (/^https?:\/\/[^/]+$/.test(value)) return value
  throw new UserError(
    `--etcd-servers takes URLs such as http://127.0.0.1:2379, not ${JSON.stringify(value)}.`,
  )
}

function checkRange(flag: string, text: string, mostBits: number): string {
  const range = parseCidr(text)
  if (range && range.bits <= mostBits && range.bits >= 8) return formatCidr(range)
  throw new UserError(
    `${flag} takes an IPv4 range such as 10.244.0.0/16 (at most /${mostBits}), not ${JSON.stringify(text)}.`,
  )
}

function mustParse(text: string): NonNullable<ReturnType<typeof parseCidr>> {
  const range = parseCidr(text)
  if (!range) throw new Error(`${text} is no range`)
  return range
}

function checkComponents(list: readonly string[]): readonly Component[] {
  for (const name of list) {
    if (!(COMPONENTS as readonly string[]).includes(name)) {
      throw new UserError(
        `--components knows ${COMPONENTS.join(', ')}; ${JSON.stringify(name)} is none of them.`,
      )
    }
  }
  return list as readonly Component[]
}

function withMetrics(components: readonly Component[], wish: boolean | undefined): readonly Component[] {
  if (wish === undefined || wish === components.includes('metrics')) return components
  return wish ? [...components, 'metrics'] : components.filter((name) => name !== 'metrics')
}

/** `k8ts-1`, `k8ts-2`, …: the names of a cluster's nodes. */
export function nodeNames(config: ClusterConfig): readonly string[] {
  return Array.from({ length: config.nodes }, (_, i) => `${config.name}-${i + 1}`)
}
