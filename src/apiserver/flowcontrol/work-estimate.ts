// How many seats a request takes, and for how long: lists by what they bring into memory, writes by who watches. Pure.
//
// A seat is what a small request occupies while it runs. A write whose event goes to many watches keeps some seats for
// a moment after its answer, since the work goes on while the client knows nothing of it.
// Upstream: staging/src/k8s.io/apiserver/pkg/util/flowcontrol/request

import type { RequestInfo } from '#apiserver/request.ts'

export interface WorkEstimate {
  readonly initialSeats: number
  /** Kept after the answer, for `lingerMs`. */
  readonly finalSeats: number
  readonly lingerMs: number
}

export interface ResourceSize {
  readonly objects: number
  readonly averageBytes: number
}

export interface WorkSources {
  /** What is stored of a resource; undefined where that is not known. */
  sizeOf(group: string, resource: string): ResourceSize | undefined
  watchesOf(info: RequestInfo): number
  /** The most seats that one request of the level takes; undefined: no bound of its own. */
  readonly maxSeats: number | undefined
}

const MAX_LIST_SEATS = 100
const MAX_WRITE_SEATS = 10
const BYTES_PER_SEAT = 100_000
/** A list from the cache is streamed, and holds no more than this at a time. */
const STREAMED_BYTES = 1_000_000
const WATCHES_PER_SEAT = 10
const EVENT_MS = 5

export const ONE_SEAT: WorkEstimate = { initialSeats: 1, finalSeats: 0, lingerMs: 0 }

const WRITES = new Set(['create', 'update', 'patch', 'delete'])

export function estimateWork(info: RequestInfo, query: URLSearchParams, sources: WorkSources): WorkEstimate {
  if (info.verb === 'list' || info.verb === 'watch') return estimateList(info, query, sources)
  return WRITES.has(info.verb) ? estimateWrite(info, sources) : ONE_SEAT
}

export const seatsOf = (work: WorkEstimate): number => Math.max(work.initialSeats, work.finalSeats)

function estimateList(info: RequestInfo, query: URLSearchParams, sources: WorkSources): WorkEstimate {
  if (info.verb === 'watch' && !sendsInitialState(query)) return ONE_SEAT
  const size = sources.sizeOf(info.group, info.resource)
  if (!size) return ONE_SEAT
  const limit = Number(query.get('limit') ?? 0)
  const page = limit > 0 ? Math.min(limit, size.objects) : size.objects
  const isCached = info.verb === 'watch' || !readsStore(query, limit)
  const isSelective = query.get('labelSelector') || query.get('fieldSelector')
  const objects =
    info.name !== '' ? 1 : !isCached && isSelective ? Math.max(page, Math.floor(size.objects / 2)) : page
  const bytes = objects * size.averageBytes
  const seats = Math.ceil((isCached ? Math.min(bytes, STREAMED_BYTES) : bytes) / BYTES_PER_SEAT)
  const most = Math.min(sources.maxSeats ?? MAX_LIST_SEATS, MAX_LIST_SEATS)
  return { ...ONE_SEAT, initialSeats: Math.min(Math.max(seats, 1), most) }
}

/** Asked for, or of old: whoever names no revision. */
function sendsInitialState(query: URLSearchParams): boolean {
  const revision = query.get('resourceVersion') ?? ''
  return query.get('sendInitialEvents') === 'true' || revision === '' || revision === '0'
}

/** Pages and exact revisions, which the cache does not have (registry/list.ts). */
function readsStore(query: URLSearchParams, limit: number): boolean {
  if (query.get('continue')) return true
  return query.get('resourceVersionMatch') === 'Exact' || (limit > 0 && query.get('resourceVersion') !== '0')
}

function estimateWrite(info: RequestInfo, sources: WorkSources): WorkEstimate {
  // a token is no object: nobody sees an event of it
  if (info.resource === 'serviceaccounts' && info.subresource === 'token') return ONE_SEAT
  const watches = sources.watchesOf(info)
  if (watches < WATCHES_PER_SEAT) return ONE_SEAT
  const wanted = Math.ceil(watches / WATCHES_PER_SEAT)
  const finalSeats = Math.min(wanted, sources.maxSeats ?? MAX_WRITE_SEATS, MAX_WRITE_SEATS)
  // the same work on fewer seats takes longer
  return { initialSeats: 1, finalSeats, lingerMs: (wanted * EVENT_MS) / finalSeats }
}
