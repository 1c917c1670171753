import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as packet from 'dns-packet'
import type { Service } from '#api/types/core.ts'
import type { EndpointSlice } from '#api/types/discovery.ts'
import type { ClusterNames } from '#dns/records.ts'
import { respond } from '#dns/server.ts'

const service = (name: string, spec: NonNullable<Service['spec']>): Service => ({
  metadata: { namespace: 'default', name },
  spec,
})
const SERVICES = [
  service('web', {
    clusterIP: '10.96.0.5',
    clusterIPs: ['10.96.0.5'],
    ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
  }),
  service('db', { clusterIP: 'None', clusterIPs: ['None'], ports: [{ name: 'sql', port: 5432 }] }),
  service('empty', { clusterIP: 'None', clusterIPs: ['None'] }),
  service('outside', { type: 'ExternalName', externalName: 'example.com' }),
]
const DB: EndpointSlice = {
  metadata: { namespace: 'default', labels: { 'kubernetes.io/service-name': 'db' } },
  addressType: 'IPv4',
  ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }],
  endpoints: [
    { addresses: ['10.244.0.7'], conditions: { ready: true }, hostname: 'db-0' },
    { addresses: ['10.244.1.8'], conditions: { ready: true } },
    { addresses: ['10.244.1.9'], conditions: { ready: false } },
  ],
}
const NAMES: ClusterNames = {
  service: (namespace, name) =>
    SERVICES.find((s) => s.metadata?.namespace === namespace && s.metadata.name === name),
  slices: (_namespace, name) => (name === 'db' ? [DB] : []),
  hasNamespace: (namespace) => namespace === 'default',
  serviceOf: (address) => SERVICES.find((s) => s.spec?.clusterIP === address),
  slicesOf: (address) => ((DB.endpoints ?? []).some((e) => e.addresses.includes(address)) ? [DB] : []),
}
const FORWARDED: packet.Answer = { type: 'A', name: 'example.com', ttl: 9, data: '192.0.2.1' }

async function ask(
  name: string,
  type: packet.RecordType,
  protocol: 'udp' | 'tcp' = 'udp',
  extra: packet.Packet = {},
) {
  const forwarder = {
    resolve: async (asked: string) =>
      asked === 'example.com'
        ? packet.decode(packet.encode({ type: 'response', id: 1, answers: [FORWARDED] }))
        : undefined,
  }
  const options = { names: NAMES, domain: 'cluster.local', forwarder, address: '', port: 0 }
  const query = packet.encode({
    type: 'query',
    id: 7,
    flags: packet.RECURSION_DESIRED,
    questions: [{ name, type }],
    ...extra,
  })
  const reply = await respond(options, query, protocol)
  assert.ok(reply)
  const { flags = 0, ...rest } = packet.decode(reply)
  return {
    ...rest,
    code: flags & 0xf,
    data: (rest.answers ?? []).map((record) => ('data' in record ? record.data : undefined)),
  }
}

for (const [what, name, type, data] of [
  ['a service has its cluster address', 'web.default.svc.cluster.local', 'A', ['10.96.0.5']],
  ['names are not case sensitive', 'WEB.default.SVC.cluster.local', 'A', ['10.96.0.5']],
  [
    'a headless service has its ready endpoints',
    'db.default.svc.cluster.local',
    'A',
    ['10.244.0.7', '10.244.1.8'],
  ],
  ['an endpoint with a hostname has a name', 'db-0.db.default.svc.cluster.local', 'A', ['10.244.0.7']],
  ['one without goes by its address', '10-244-1-8.db.default.svc.cluster.local', 'A', ['10.244.1.8']],
  ['a pod name says its address', '10-244-3-4.default.pod.cluster.local', 'A', ['10.244.3.4']],
  [
    'a cluster address leads back to its service',
    '5.0.96.10.in-addr.arpa',
    'PTR',
    ['web.default.svc.cluster.local'],
  ],
  [
    'an endpoint address leads back to its name',
    '7.0.244.10.in-addr.arpa',
    'PTR',
    ['db-0.db.default.svc.cluster.local'],
  ],
  ['other names are passed on', 'example.com', 'A', ['192.0.2.1']],
  [
    'an external name is an alias, followed',
    'outside.default.svc.cluster.local',
    'A',
    ['example.com', '192.0.2.1'],
  ],
] as const) {
  test(what, async () => assert.deepEqual((await ask(name, type)).data, data))
}

test('SRV names port and target, with the address beside it', async () => {
  const reply = await ask('_sql._tcp.db.default.svc.cluster.local', 'SRV')
  const targets = (reply.data as packet.SrvData[]).map(({ target, port }) => `${target}:${port}`)
  assert.deepEqual(targets, [
    'db-0.db.default.svc.cluster.local:5432',
    '10-244-1-8.db.default.svc.cluster.local:5432',
  ])
  assert.equal(reply.additionals?.length, 2)
  const cluster = await ask('_http._tcp.web.default.svc.cluster.local', 'SRV')
  assert.equal((cluster.data[0] as packet.SrvData).target, 'web.default.svc.cluster.local')
})

for (const [what, name, type, code] of [
  ['an unknown service is no such name', 'nope.default.svc.cluster.local', 'A', 3],
  ['a headless service without endpoints is no such name', 'empty.default.svc.cluster.local', 'A', 3],
  ['a port that a service does not have is no such name', '_x._tcp.web.default.svc.cluster.local', 'SRV', 3],
  ['a service without an IPv6 address is an empty answer', 'web.default.svc.cluster.local', 'AAAA', 0],
  ['the domain of a namespace is an empty answer', 'default.svc.cluster.local', 'A', 0],
  ['a resolver that is silent is a server failure', 'unknown.example', 'A', 2],
] as const) {
  test(what, async () => {
    const reply = await ask(name, type)
    assert.equal(reply.code, code)
    assert.deepEqual(reply.data, [])
    if (code === 3 || type === 'AAAA') assert.equal(reply.authorities?.[0]?.type, 'SOA')
  })
}

test('an answer that does not fit into a datagram is cut off with a mark', async () => {
  const many = Array.from({ length: 60 }, (_, i) => ({
    addresses: [`10.244.9.${i}`],
    conditions: { ready: true },
  }))
  const endpoints = DB.endpoints
  Object.assign(DB, { endpoints: many })
  try {
    const cut = await ask('db.default.svc.cluster.local', 'A')
    assert.equal(cut.flag_tc, true)
    assert.equal((await ask('db.default.svc.cluster.local', 'A', 'tcp')).data.length, 60)
  } finally {
    Object.assign(DB, { endpoints })
  }
})

test('what is no question gets no answer', async () => {
  const options = {
    names: NAMES,
    domain: 'cluster.local',
    forwarder: { resolve: async () => undefined },
    address: '',
    port: 0,
  }
  assert.equal(await respond(options, Buffer.from('not dns'), 'udp'), undefined)
  assert.equal(await respond(options, packet.encode({ type: 'response', id: 1 }), 'udp'), undefined)
})
