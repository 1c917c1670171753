// What the node is short of: memory, disk and inodes, measured against the thresholds of hard eviction.
//
// Upstream: pkg/kubelet/eviction/helpers.go, pkg/kubelet/apis/config/v1beta1/defaults_linux.go

import { readFile } from 'node:fs/promises'
import { formatQuantity, quantityOf } from '#api/meta/quantity.ts'
import type { Runtime } from '#kubelet/cri/runtime.ts'
import { filesystemUsage, memoryLine } from '#kubelet/node/machine.ts'

export type SignalName =
  | 'memory.available'
  | 'nodefs.available'
  | 'nodefs.inodesFree'
  | 'imagefs.available'
  | 'imagefs.inodesFree'

export interface Signal {
  readonly name: SignalName
  readonly available: number
  /** Below this the node is under pressure. */
  readonly threshold: number
}

const MEMORY_BYTES = 100 * 1024 * 1024
const SHARES: Readonly<Record<Exclude<SignalName, 'memory.available'>, number>> = {
  'nodefs.available': 0.1,
  'nodefs.inodesFree': 0.05,
  'imagefs.available': 0.15,
  'imagefs.inodesFree': 0.05,
}

export async function readSignals(rootDir: string, runtime: Runtime): Promise<readonly Signal[]> {
  const [meminfo, nodefs, imageUsage] = await Promise.all([
    readFile('/proc/meminfo', 'utf8'),
    filesystemUsage(rootDir),
    runtime.imageFilesystem().catch(() => undefined),
  ])
  const mountPoint = imageUsage?.fsId?.mountpoint
  const imagefs = mountPoint ? await filesystemUsage(mountPoint) : undefined
  const disk = (name: keyof typeof SHARES, available: number, capacity: number): Signal[] =>
    // File systems without a fixed number of inodes say 0.
    capacity > 0 ? [{ name, available, threshold: Math.floor(capacity * SHARES[name]) }] : []
  return [
    { name: 'memory.available', available: memoryLine(meminfo, 'MemAvailable'), threshold: MEMORY_BYTES },
    ...disk('nodefs.available', nodefs.availableBytes, nodefs.capacityBytes),
    ...disk('nodefs.inodesFree', nodefs.inodesFree, nodefs.inodes),
    ...(imagefs ? disk('imagefs.available', imagefs.availableBytes, imagefs.capacityBytes) : []),
    ...(imagefs ? disk('imagefs.inodesFree', imagefs.inodesFree, imagefs.inodes) : []),
  ]
}

export const isMet = ({ available, threshold }: Signal): boolean => available < threshold

/** The resource that is short, as messages name it. */
export function resourceOf(name: SignalName): string {
  if (name === 'memory.available') return 'memory'
  return name.endsWith('inodesFree') ? 'inodes' : 'ephemeral-storage'
}

/** `Threshold quantity: 100Mi, available: 90Mi. ` */
export function shortage(signal: Signal): string {
  const isBytes = !signal.name.endsWith('inodesFree')
  const text = (value: number): string =>
    formatQuantity(quantityOf(Math.floor(value), isBytes ? 'BinarySI' : 'DecimalSI'))
  return `Threshold quantity: ${text(signal.threshold)}, available: ${text(signal.available)}. `
}
