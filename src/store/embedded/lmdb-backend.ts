// The log of the embedded store on disk: one LMDB file, one commit with one fdatasync for each batch.
//
// Written from a thread of LMDB's, so that waiting for the disk does not stop the event loop. `overlappingSync` is off
// on purpose: with it LMDB would answer before the data is on the disk.

import { type Database, open, type RootDatabase } from 'lmdb'
import type { Backend, Batch, LeaseRecord, LogRecord, State } from '#store/embedded/backend.ts'
import {
  decodeHead,
  decodeLease,
  decodeNumber,
  encodeHead,
  encodeLease,
  encodeNumber,
  encodeSlot,
} from '#store/embedded/record.ts'

type Table = Database<Buffer, Buffer>

const TABLE = { encoding: 'binary', keyEncoding: 'binary', cache: false } as const
const REVISION = Buffer.from('revision')
const COMPACT_REVISION = Buffer.from('compactRevision')

interface Tables {
  readonly root: RootDatabase<Buffer, Buffer>
  readonly heads: Table
  readonly values: Table
  readonly leases: Table
  readonly meta: Table
}

/** Opens or makes the file `data.mdb` in a directory that the caller has locked. */
export function openLmdbBackend(directory: string): Backend {
  const root = open<Buffer, Buffer>({
    path: `${directory}/data.mdb`,
    noSubdir: true,
    overlappingSync: false,
    // on, LMDB wraps what a turn writes once more, in a promise whose failure nobody could catch
    eventTurnBatching: false,
    maxDbs: 4,
    ...TABLE,
  })
  const table = (name: string): Table => root.openDB<Buffer, Buffer>(name, TABLE)
  const tables: Tables = {
    root,
    heads: table('heads'),
    values: table('values'),
    leases: table('leases'),
    meta: table('meta'),
  }
  const numberAt = (key: Buffer, otherwise: number): number => {
    const bytes = tables.meta.getBinary(key)
    return bytes ? decodeNumber(bytes) : otherwise
  }
  return {
    load: () => ({
      revision: numberAt(REVISION, 1),
      compactRevision: numberAt(COMPACT_REVISION, 0),
      records: recordsOf(tables),
      leases: leasesOf(tables),
    }),
    commit: (batch) => commit(tables, batch),
    value: (state: State) => tables.values.getBinary(encodeSlot(state)),
    writtenRevision() {
      root.resetReadTxn()
      return numberAt(REVISION, 1)
    },
    sizeBytes: () =>
      [tables.heads, tables.values, tables.leases].reduce((sum, each) => sum + usedBytes(each), 0),
    close: () => root.close(),
  }
}

function* recordsOf({ heads }: Tables): Generator<LogRecord> {
  for (const { key, value } of heads.getRange({})) yield decodeHead(key, value)
}

function leasesOf({ leases }: Tables): LeaseRecord[] {
  return [...leases.getRange({})].map(({ key, value }) => decodeLease(key, value))
}

async function commit({ root, heads, values, leases, meta }: Tables, batch: Batch): Promise<void> {
  // one `batch` is one transaction of LMDB's; the promises of the single operations say nothing
  const committed = root.batch(() => {
    for (const write of batch.writes) {
      const slot = encodeSlot(write.state)
      void heads.put(slot, encodeHead(write))
      if (write.state.version !== 0) void values.put(slot, asBuffer(write.value))
    }
    for (const state of batch.removes) {
      const slot = encodeSlot(state)
      void heads.remove(slot)
      void values.remove(slot)
    }
    for (const lease of batch.leases) void leases.put(encodeNumber(lease.id), encodeLease(lease))
    for (const id of batch.revokedLeases) void leases.remove(encodeNumber(id))
    void meta.put(REVISION, encodeNumber(batch.revision))
    if (batch.compactRevision !== undefined)
      void meta.put(COMPACT_REVISION, encodeNumber(batch.compactRevision))
  })
  try {
    await committed
  } catch (error) {
    throw await causeOf(error)
  }
  root.resetReadTxn()
}

/** LMDB gives the reason of a failed commit as a promise that rejects with it. */
async function causeOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<unknown> }
  return commitError ? commitError.then(() => error).catch((cause: unknown) => cause) : error
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

interface TableStats {
  readonly pageSize: number
  readonly treeBranchPageCount: number
  readonly treeLeafPageCount: number
  readonly overflowPages: number
}

function usedBytes(table: Table): number {
  const stats = table.getStats() as TableStats
  return (stats.treeBranchPageCount + stats.treeLeafPageCount + stats.overflowPages) * stats.pageSize
}
