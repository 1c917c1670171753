// Node ports: a bitmap in one key of the store, changed by compare-and-put.
//
// A port is taken before the Service is stored and given back after it is gone: in between a crash loses a port for a
// while (repair.ts finds it), and never gives one out twice. Changes of one server queue up behind each other; those of
// several meet at the key's revision and are tried again.
// Upstream: pkg/registry/core/service/portallocator/{allocator,operation}.go, .../allocator/storage

import { AllocationError } from '#apiserver/allocators/cluster-ips.ts'
import { formatPortRange, PortBitmap, type PortRange } from '#apiserver/allocators/port-bitmap.ts'
import type { Store } from '#store/store.ts'
import type { Random } from '#sys/random.ts'

const KEY = '/registry/ranges/servicenodeports'
export const DEFAULT_NODE_PORTS: PortRange = { first: 30000, last: 32767 }
/** So many servers in a row cannot have been faster. */
const ATTEMPTS = 20

export interface NodePorts {
  /** Allocations of one write, all undone by `revert`; releases wait for `commit`. */
  begin(dryRun: boolean): PortOperation
  /** Gives ports back at once. */
  release(ports: readonly number[]): Promise<void>
  /** Takes ports that services hold and the bitmap does not. */
  adopt(ports: readonly number[]): Promise<void>
  taken(): Promise<readonly number[]>
}

export interface PortOperation {
  /** Throws AllocationError. */
  allocate(port: number): Promise<void>
  allocateNext(): Promise<number>
  releaseLater(port: number): void
  commit(): Promise<void>
  revert(): Promise<void>
}

interface Snapshot {
  readonly bitmap: PortBitmap
  readonly modRevision: number
}

export function nodePorts(store: Store, random: Random, range: PortRange = DEFAULT_NODE_PORTS): NodePorts {
  let queue: Promise<unknown> = Promise.resolve()

  async function read(): Promise<Snapshot> {
    const { kvs } = await store.range({ start: KEY })
    const kv = kvs[0]
    if (!kv) return { bitmap: new PortBitmap(range), modRevision: 0 }
    const { data = '' } = JSON.parse(new TextDecoder().decode(kv.value)) as { readonly data?: string }
    return { bitmap: PortBitmap.decode(range, Buffer.from(data, 'base64')), modRevision: kv.modRevision }
  }

  function write({ bitmap, modRevision }: Snapshot): Promise<{ readonly succeeded: boolean }> {
    const object = {
      kind: 'RangeAllocation',
      apiVersion: 'v1',
      metadata: {},
      range: formatPortRange(range),
      data: Buffer.from(bitmap.encode()).toString('base64'),
    }
    const value = new TextEncoder().encode(JSON.stringify(object))
    return store.txn({ compare: [{ key: KEY, modRevision }], success: [{ type: 'put', key: KEY, value }] })
  }

  /** Runs `change` on the newest bitmap until it could be stored; what `change` throws is thrown. */
  function update<T>(change: (bitmap: PortBitmap) => T): Promise<T> {
    const run = async (): Promise<T> => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const { bitmap, modRevision } = await read()
        const result = change(bitmap)
        if ((await write({ bitmap, modRevision })).succeeded) return result
      }
      throw new Error('could not change the node ports: too many others did at the same time')
    }
    const done = queue.then(run, run)
    queue = done.catch(() => undefined)
    return done
  }

  const release = async (ports: readonly number[]): Promise<void> => {
    if (ports.length === 0) return
    await update((bitmap) => {
      for (const port of ports) bitmap.release(port)
    })
  }

  return {
    begin: (dryRun) => (dryRun ? dryOperation(read, range) : operation(update, release, random, range)),
    release,
    async adopt(ports) {
      const own = ports.filter((port) => port >= range.first && port <= range.last)
      if (own.length === 0) return
      await update((bitmap) => {
        for (const port of own) bitmap.take(port)
      })
    },
    taken: async () => [...(await read()).bitmap.ports()],
  }
}

function operation(
  update: <T>(change: (bitmap: PortBitmap) => T) => Promise<T>,
  release: (ports: readonly number[]) => Promise<void>,
  random: Random,
  range: PortRange,
): PortOperation {
  const allocated: number[] = []
  const toRelease: number[] = []
  return {
    async allocate(port) {
      await update((bitmap) => takeOrThrow(bitmap, port, range))
      allocated.push(port)
    },
    async allocateNext() {
      const port = await update((bitmap) => bitmap.takeNext(() => random.next()))
      if (port === undefined) throw new AllocationError('range is full', true)
      allocated.push(port)
      return port
    },
    releaseLater: (port) => void toRelease.push(port),
    commit: () => release(toRelease),
    revert: () => release(allocated),
  }
}

/** Judges as the real one does, and gives the first ports of the range where it would have chosen. */
function dryOperation(read: () => Promise<Snapshot>, range: PortRange): PortOperation {
  let bitmap: PortBitmap | undefined
  const load = async (): Promise<PortBitmap> => (bitmap ??= (await read()).bitmap.copy())
  let next = range.first
  return {
    // As upstream, a dry run does not look at the range.
    allocate: async (port) => takeFree(await load(), port),
    async allocateNext() {
      const current = await load()
      while (next <= range.last && !current.take(next)) next++
      if (next > range.last) throw new AllocationError('range is full', true)
      return next
    },
    releaseLater: () => undefined,
    commit: async () => undefined,
    revert: async () => undefined,
  }
}

function takeOrThrow(bitmap: PortBitmap, port: number, range: PortRange): void {
  if (!bitmap.isInRange(port)) {
    throw new AllocationError(
      `provided port is not in the valid range. The range of valid ports is ${formatPortRange(range)}`,
    )
  }
  takeFree(bitmap, port)
}

function takeFree(bitmap: PortBitmap, port: number): void {
  if (!bitmap.take(port)) throw new AllocationError('provided port is already allocated')
}
