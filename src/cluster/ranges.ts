// Address ranges of a cluster, apart from those that the machine and its other clusters use.
//
// The machine has routes to the pods of every cluster and rules for its services, so two clusters cannot have the
// same. A new cluster for which nobody chose gets the first free ones; a choice that overlaps is refused.

import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { type Cidr, formatCidr, overlaps, parseCidr } from '#cluster/cidr.ts'
import type { ClusterConfig, Ranges } from '#cluster/config.ts'
import { type ClusterLayout, CONFIG_FILE, DATA_ROOT } from '#cluster/layout.ts'
import { UserError } from '#cluster/user-error.ts'
import { readTextIfExists } from '#sys/files.ts'

export interface RangeInUse {
  readonly range: Cidr
  /** Who uses it, for a sentence. */
  readonly by: string
}

/** What the machine routes and what other running clusters have, but nothing of this cluster itself. */
export async function rangesInUse(layout: ClusterLayout): Promise<readonly RangeInUse[]> {
  const routes = routesIn(await readFile('/proc/net/route', 'utf8'), layout.bridge)
  return [...(await rangesOfOthers(layout)), ...routes]
}

/** The destinations of /proc/net/route; the default route and those by `bridge` are left out. Pure. */
export function routesIn(text: string, bridge: string): readonly RangeInUse[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [device = '', destination = '', , , , , , mask = ''] = line.split('\t')
      const bits = bitsOf(numberOf(mask))
      if (device === '' || device === bridge || bits === 0) return []
      return [{ range: { base: numberOf(destination), bits }, by: 'the network of this machine' }]
    })
}

/** Eight hexadecimal digits, the last byte first. */
function numberOf(text: string): number {
  const bytes = text.match(/../g) ?? []
  return bytes.reverse().reduce((sum, byte) => sum * 256 + Number.parseInt(byte, 16), 0)
}

function bitsOf(mask: number): number {
  return mask.toString(2).replaceAll('0', '').length
}

async function rangesOfOthers(layout: ClusterLayout): Promise<readonly RangeInUse[]> {
  return rangesOf(path.dirname(layout.runDir), layout.name)
}

/** What clusters that are down have kept: nothing to collide with now, but they will want it back. */
export async function rangesKept(layout: ClusterLayout): Promise<readonly RangeInUse[]> {
  return rangesOf(DATA_ROOT, layout.name)
}

/** The ranges in the records below `root`, one folder a cluster, but for those of the cluster `self`. */
async function rangesOf(root: string, self: string): Promise<readonly RangeInUse[]> {
  const found: RangeInUse[] = []
  for (const folder of await readdir(root).catch(() => [])) {
    const text = await readTextIfExists(path.join(root, folder, CONFIG_FILE)).catch(() => undefined)
    const config = text === undefined ? undefined : parseRecord(text)
    if (!config || config.name === self || !config.nodes) continue
    for (const cidr of [config.podCIDR, config.serviceCIDR, config.hostCIDR]) {
      const range = parseCidr(cidr ?? '')
      if (range) found.push({ range, by: `the cluster ${config.name}` })
    }
  }
  return found
}

/** A damaged record is its own cluster's trouble. */
function parseRecord(text: string): Partial<ClusterConfig> | undefined {
  try {
    return JSON.parse(text) as Partial<ClusterConfig>
  } catch {
    return undefined
  }
}

/** Ranges for a new cluster: the usual ones, or the next that are free. */
export function chooseRanges(inUse: readonly RangeInUse[]): Ranges {
  return {
    podCIDR: firstFree('10', [244, 255], 16, inUse),
    serviceCIDR: firstFree('10', [96, 127], 16, inUse),
    hostCIDR: firstFree('172.31', [0, 255], 24, inUse),
  }
}

function firstFree(
  prefix: string,
  [from, to]: readonly [number, number],
  bits: number,
  inUse: readonly RangeInUse[],
): string {
  for (let part = from; part <= to; part++) {
    const text = `${prefix}.${part}${bits === 16 ? '.0.0' : '.0'}/${bits}`
    const range = parseCidr(text)
    if (range && !inUse.some((other) => overlaps(other.range, range))) return text
  }
  throw new UserError(
    `No free range was found from ${prefix}.${from} to ${prefix}.${to}: take another cluster down, or choose with --pod-cidr and --service-cidr.`,
  )
}

/** Refuses ranges that others use already; `isKept` when they were decided by an earlier `up`. */
export function checkRanges(config: ClusterConfig, inUse: readonly RangeInUse[], isKept: boolean): void {
  const checks = [
    ['--pod-cidr', config.podCIDR],
    ['--service-cidr', config.serviceCIDR],
  ] as const
  for (const [flag, text] of checks) {
    const range = parseCidr(text)
    const taken = range && inUse.find((other) => overlaps(other.range, range))
    if (!taken) continue
    const wayOut = isKept
      ? `${config.name} was made with it: free the range, or begin anew with 'k8ts down --name ${config.name} --delete-data'`
      : 'choose another range'
    throw new UserError(`${flag} ${text} overlaps ${formatCidr(taken.range)} of ${taken.by}: ${wayOut}.`)
  }
}

/** The range of the segment between hosts; another one when the kept one has been taken since. */
export function hostRange(kept: string | undefined, inUse: readonly RangeInUse[]): string {
  const range = kept === undefined ? undefined : parseCidr(kept)
  if (kept !== undefined && range && !inUse.some((other) => overlaps(other.range, range))) return kept
  return chooseRanges(inUse).hostCIDR
}
