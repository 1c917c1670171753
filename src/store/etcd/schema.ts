// The part of etcd's v3 API that this store speaks, as data: messages, field numbers, methods.
//
// Nothing newer than etcd 3.4 is used. Source of the numbers: etcd's api/v3/etcdserverpb/rpc.proto, mvccpb/kv.proto.

import type { ServiceDefinition } from '@grpc/grpc-js'
import { fromJSON } from '@grpc/proto-loader'

type Fields = Record<
  string,
  readonly [type: string, id: number] | readonly ['repeated', type: string, id: number]
>

const message = (fields: Fields, oneofs: Record<string, { oneof: string[] }> = {}) => ({
  fields: Object.fromEntries(
    Object.entries(fields).map(([name, field]) =>
      field.length === 3
        ? [name, { rule: 'repeated', type: field[1], id: field[2] }]
        : [name, { type: field[0], id: field[1] }],
    ),
  ),
  oneofs,
})

const oneOf = (...names: string[]) => ({ choice: { oneof: names } })
const unary = (name: string, response = name) => ({
  requestType: `${name}Request`,
  responseType: `${response}Response`,
})

const MESSAGES = {
  ResponseHeader: message({
    clusterId: ['uint64', 1],
    memberId: ['uint64', 2],
    revision: ['int64', 3],
    raftTerm: ['uint64', 4],
  }),
  RangeRequest: message({
    key: ['bytes', 1],
    rangeEnd: ['bytes', 2],
    limit: ['int64', 3],
    revision: ['int64', 4],
    keysOnly: ['bool', 8],
    countOnly: ['bool', 9],
  }),
  RangeResponse: message({
    header: ['ResponseHeader', 1],
    kvs: ['repeated', 'mvccpb.KeyValue', 2],
    more: ['bool', 3],
    count: ['int64', 4],
  }),
  PutRequest: message({ key: ['bytes', 1], value: ['bytes', 2], lease: ['int64', 3], prevKv: ['bool', 4] }),
  PutResponse: message({ header: ['ResponseHeader', 1], prevKv: ['mvccpb.KeyValue', 2] }),
  DeleteRangeRequest: message({ key: ['bytes', 1], rangeEnd: ['bytes', 2], prevKv: ['bool', 3] }),
  DeleteRangeResponse: message({
    header: ['ResponseHeader', 1],
    deleted: ['int64', 2],
    prevKvs: ['repeated', 'mvccpb.KeyValue', 3],
  }),
  RequestOp: message(
    {
      requestRange: ['RangeRequest', 1],
      requestPut: ['PutRequest', 2],
      requestDeleteRange: ['DeleteRangeRequest', 3],
    },
    oneOf('requestRange', 'requestPut', 'requestDeleteRange'),
  ),
  ResponseOp: message(
    {
      responseRange: ['RangeResponse', 1],
      responsePut: ['PutResponse', 2],
      responseDeleteRange: ['DeleteRangeResponse', 3],
    },
    oneOf('responseRange', 'responsePut', 'responseDeleteRange'),
  ),
  Compare: message(
    { result: ['int32', 1], target: ['int32', 2], key: ['bytes', 3], modRevision: ['int64', 6] },
    oneOf('modRevision'),
  ),
  TxnRequest: message({
    compare: ['repeated', 'Compare', 1],
    success: ['repeated', 'RequestOp', 2],
    failure: ['repeated', 'RequestOp', 3],
  }),
  TxnResponse: message({
    header: ['ResponseHeader', 1],
    succeeded: ['bool', 2],
    responses: ['repeated', 'ResponseOp', 3],
  }),
  CompactionRequest: message({ revision: ['int64', 1], physical: ['bool', 2] }),
  CompactionResponse: message({ header: ['ResponseHeader', 1] }),
  WatchRequest: message({ createRequest: ['WatchCreateRequest', 1] }, oneOf('createRequest')),
  WatchCreateRequest: message({
    key: ['bytes', 1],
    rangeEnd: ['bytes', 2],
    startRevision: ['int64', 3],
    prevKv: ['bool', 6],
    fragment: ['bool', 8],
  }),
  WatchResponse: message({
    header: ['ResponseHeader', 1],
    watchId: ['int64', 2],
    created: ['bool', 3],
    canceled: ['bool', 4],
    compactRevision: ['int64', 5],
    cancelReason: ['string', 6],
    fragment: ['bool', 7],
    events: ['repeated', 'mvccpb.Event', 11],
  }),
  LeaseGrantRequest: message({ ttl: ['int64', 1], id: ['int64', 2] }),
  LeaseGrantResponse: message({
    header: ['ResponseHeader', 1],
    id: ['int64', 2],
    ttl: ['int64', 3],
    error: ['string', 4],
  }),
  LeaseRevokeRequest: message({ id: ['int64', 1] }),
  LeaseRevokeResponse: message({ header: ['ResponseHeader', 1] }),
  LeaseKeepAliveRequest: message({ id: ['int64', 1] }),
  LeaseKeepAliveResponse: message({ header: ['ResponseHeader', 1], id: ['int64', 2], ttl: ['int64', 3] }),
  StatusRequest: message({}),
  StatusResponse: message({ header: ['ResponseHeader', 1], version: ['string', 2], dbSize: ['int64', 3] }),
}

const SERVICES = {
  KV: {
    methods: {
      Range: unary('Range'),
      Txn: unary('Txn'),
      Compact: unary('Compaction'),
    },
  },
  Watch: { methods: { Watch: { ...unary('Watch'), requestStream: true, responseStream: true } } },
  Lease: {
    methods: {
      LeaseGrant: unary('LeaseGrant'),
      LeaseRevoke: unary('LeaseRevoke'),
      LeaseKeepAlive: { ...unary('LeaseKeepAlive'), requestStream: true, responseStream: true },
    },
  },
  Maintenance: { methods: { Status: unary('Status') } },
}

const STORED = {
  KeyValue: message({
    key: ['bytes', 1],
    createRevision: ['int64', 2],
    modRevision: ['int64', 3],
    version: ['int64', 4],
    value: ['bytes', 5],
    lease: ['int64', 6],
  }),
  Event: message({ type: ['int32', 1], kv: ['KeyValue', 2], prevKv: ['KeyValue', 3] }),
}

/** The methods by service, with their encoders; numbers are numbers, absent fields have their zero. */
export function loadEtcdServices(): Record<keyof typeof SERVICES, ServiceDefinition> {
  const nested = { mvccpb: { nested: STORED }, etcdserverpb: { nested: { ...MESSAGES, ...SERVICES } } }
  const definition = fromJSON({ nested } as Parameters<typeof fromJSON>[0], { longs: Number, defaults: true })
  const service = (name: keyof typeof SERVICES) => definition[`etcdserverpb.${name}`] as ServiceDefinition
  return {
    KV: service('KV'),
    Watch: service('Watch'),
    Lease: service('Lease'),
    Maintenance: service('Maintenance'),
  }
}
