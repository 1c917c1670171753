// etcd's messages as TypeScript sees them, and the way between them and the store's own words.

import type { KeyValue, Op, RangeRequest, StoreEvent, TxnRequest, TxnResponse } from '#store/store.ts'

export interface Header {
  readonly revision: number
}

export interface EtcdKeyValue {
  readonly key: Buffer
  readonly createRevision: number
  readonly modRevision: number
  readonly version: number
  readonly value: Buffer
  readonly lease: number
}

export interface EtcdRangeResponse {
  readonly header: Header
  readonly kvs: readonly EtcdKeyValue[]
  readonly more: boolean
  readonly count: number
}

interface ResponseOp {
  readonly responseRange?: EtcdRangeResponse | null
  readonly responsePut?: { readonly prevKv: EtcdKeyValue | null } | null
  readonly responseDeleteRange?: { readonly prevKvs: readonly EtcdKeyValue[] } | null
}

export interface EtcdTxnResponse {
  readonly header: Header
  readonly succeeded: boolean
  readonly responses: readonly ResponseOp[]
}

export interface EtcdEvent {
  /** 0 put, 1 delete. */
  readonly type: number
  readonly kv: EtcdKeyValue
  readonly prevKv: EtcdKeyValue | null
}

export interface EtcdWatchResponse {
  readonly header: Header
  readonly created: boolean
  readonly canceled: boolean
  readonly compactRevision: number
  readonly cancelReason: string
  readonly fragment: boolean
  readonly events: readonly EtcdEvent[]
}

export interface EtcdStatusResponse {
  readonly dbSize: number
  readonly version: string
}

const COMPARE_EQUAL = 0
const TARGET_MOD = 2

export function toKeyValue(kv: EtcdKeyValue): KeyValue {
  return { ...kv, key: kv.key.toString('utf8') }
}

export function toStoreEvent({ type, kv, prevKv }: EtcdEvent): StoreEvent {
  return {
    type: type === 1 ? 'delete' : 'put',
    kv: toKeyValue(kv),
    previous: prevKv ? toKeyValue(prevKv) : undefined,
  }
}

export function rangeMessage(request: RangeRequest): object {
  return {
    key: Buffer.from(request.start),
    ...(request.end !== undefined && { rangeEnd: Buffer.from(request.end) }),
    limit: request.limit ?? 0,
    revision: request.revision ?? 0,
    keysOnly: request.keysOnly ?? false,
    countOnly: request.countOnly ?? false,
  }
}

export function txnMessage({ compare, success, failure = [] }: TxnRequest): object {
  return {
    compare: compare.map(({ key, modRevision }) => ({
      result: COMPARE_EQUAL,
      target: TARGET_MOD,
      key: Buffer.from(key),
      modRevision,
    })),
    success: success.map(opMessage),
    failure: failure.map(opMessage),
  }
}

function opMessage(op: Op): object {
  const key = Buffer.from(op.key)
  switch (op.type) {
    case 'put':
      return { requestPut: { key, value: op.value, lease: op.lease ?? 0, prevKv: true } }
    case 'delete':
      return { requestDeleteRange: { key, prevKv: true } }
    case 'get':
      return { requestRange: { key } }
  }
}

export function toTxnResponse({ header, succeeded, responses }: EtcdTxnResponse): TxnResponse {
  const states = responses.map((op) => {
    const kv = op.responsePut?.prevKv ?? op.responseDeleteRange?.prevKvs[0] ?? op.responseRange?.kvs[0]
    return kv && toKeyValue(kv)
  })
  return { succeeded, revision: header.revision, responses: states }
}
