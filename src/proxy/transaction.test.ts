// The rules are judged by the kernel itself: each transaction is applied in a network namespace of its own.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service } from '#api/types/core.ts'
import type { EndpointSlice } from '#api/types/discovery.ts'
import { type PortRules, rulesFor } from '#proxy/rules.ts'
import { proxiedPorts } from '#proxy/service-ports.ts'
import { baseTable, transaction } from '#proxy/transaction.ts'
import { run } from '#sys/process.ts'

const NODE = { name: 'n1', zone: '' }

function service(spec: NonNullable<Service['spec']>, name = 'web'): Service {
  return { metadata: { namespace: 'default', name }, spec: { clusterIPs: ['10.96.0.5'], ...spec } }
}

function slice(ips: readonly string[], ready = true): EndpointSlice {
  return {
    addressType: 'IPv4',
    metadata: { labels: { 'kubernetes.io/service-name': 'web' } },
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    endpoints: ips.map((ip) => ({ addresses: [ip], conditions: { ready }, nodeName: 'n1' })),
  }
}

function rules(object: Service, ...slices: EndpointSlice[]): ReadonlyMap<string, PortRules> {
  return new Map(proxiedPorts(object, slices, NODE).map((port) => [port.id, rulesFor(port, '10.244.0.0/16')]))
}

const isRoot = process.getuid?.() === 0

/** Applies scripts one after the other in a new network namespace and gives the table that they leave. */
async function tableAfter(...scripts: readonly string[]): Promise<string> {
  const input = scripts.map((script) => `nft -f - <<'SCRIPT'\n${script}\nSCRIPT\n`).join('')
  const { stdout } = await run('unshare', ['--net', 'sh', '-e'], {
    input: `${input}nft list table ip test\n`,
  })
  return stdout
}

const PORTS = [{ name: '', port: 80, protocol: 'TCP', nodePort: 30080 }]
const before = rules(service({ type: 'NodePort', ports: PORTS }), slice(['10.244.1.2', '10.244.2.3']))
const base = baseTable('test', false) + transaction('test', new Map(), before)

test('a port with endpoints leads to one of them, from its cluster address and its node port', {
  skip: !isRoot,
}, async () => {
  const table = await tableAfter(base)
  assert.match(table, /10\.96\.0\.5 \. tcp \. 80 : goto svc-/)
  assert.match(table, /tcp \. 30080 : goto ext-/)
  assert.match(table, /dnat to 10\.244\.1\.2:8080/)
  assert.match(table, /numgen random mod 2 vmap/)
})

test('the same rules again are no transaction', () => {
  assert.equal(
    transaction(
      'test',
      before,
      rules(service({ type: 'NodePort', ports: PORTS }), slice(['10.244.1.2', '10.244.2.3'])),
    ),
    '',
  )
})

test('an endpoint less touches only its own port and leaves no chain behind', { skip: !isRoot }, async () => {
  const after = rules(service({ type: 'NodePort', ports: PORTS }), slice(['10.244.1.2']))
  const step = transaction('test', before, after)
  assert.doesNotMatch(step, /element/)
  const table = await tableAfter(base, step)
  assert.doesNotMatch(table, /10-244-2-3/)
  assert.match(table, /numgen random mod 1 vmap/)
})

test('other ports of a cluster address are refused, as long as one of its ports is there', {
  skip: !isRoot,
}, async () => {
  const two = rules(
    service({
      ports: [
        { name: 'a', port: 80, protocol: 'TCP' },
        { name: 'b', port: 80, protocol: 'UDP' },
      ],
    }),
  )
  const one = rules(service({ ports: [{ name: 'b', port: 80, protocol: 'UDP' }] }))
  const first = baseTable('test', false) + transaction('test', new Map(), two)
  const kept = /set cluster-ips \{\s+type ipv4_addr\s+elements = \{ 10\.96\.0\.5 \}/
  assert.match(await tableAfter(first), kept)
  assert.match(await tableAfter(first, transaction('test', two, one)), kept)
  const none = await tableAfter(first, transaction('test', two, one), transaction('test', one, new Map()))
  assert.doesNotMatch(none, /10\.96\.0\.5/)
})

test('without endpoints a port is rejected, and served again when one comes', { skip: !isRoot }, async () => {
  const none = rules(service({ type: 'NodePort', ports: PORTS }), slice(['10.244.1.2'], false))
  const gone = await tableAfter(base, transaction('test', before, none))
  assert.match(gone, /map no-endpoint-services \{[^}]*10\.96\.0\.5 \. tcp \. 80 : goto reject-chain/)
  assert.doesNotMatch(gone, /svc-|ep-/)
  const back = await tableAfter(base, transaction('test', before, none), transaction('test', none, before))
  assert.match(back, /10\.96\.0\.5 \. tcp \. 80 : goto svc-/)
})

test('session affinity remembers clients, and is gone when it is switched off', {
  skip: !isRoot,
}, async () => {
  const sticky = rules(
    service({ type: 'NodePort', ports: PORTS, sessionAffinity: 'ClientIP' }),
    slice(['10.244.1.2', '10.244.2.3']),
  )
  const on = await tableAfter(base, transaction('test', before, sticky))
  assert.match(on, /update @affinity-/)
  assert.match(on, /timeout 3h/)
  const off = await tableAfter(base, transaction('test', before, sticky), transaction('test', sticky, before))
  assert.doesNotMatch(off, /affinity/)
  const shorter = rules(
    service({
      type: 'NodePort',
      ports: PORTS,
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } },
    }),
    slice(['10.244.1.2', '10.244.2.3']),
  )
  const changed = await tableAfter(
    base,
    transaction('test', before, sticky),
    transaction('test', sticky, shorter),
  )
  assert.match(changed, /timeout 10s/)
})

test('a service that is gone leaves an empty table', { skip: !isRoot }, async () => {
  const table = await tableAfter(base, transaction('test', before, new Map()))
  assert.doesNotMatch(table, /10\.96|30080|10\.244/)
})

test('a local policy keeps the client address and drops where the node has no endpoint', () => {
  const local = service({ type: 'NodePort', ports: PORTS, externalTrafficPolicy: 'Local' })
  const elsewhere = {
    ...slice(['10.244.2.3']),
    endpoints: [{ addresses: ['10.244.2.3'], conditions: { ready: true }, nodeName: 'n2' }],
  }
  const [port] = [...rules(local, elsewhere).values()]
  const external = [...(port?.chains ?? [])].find(([name]) => name.startsWith('ext-'))
  assert.equal(external?.[1].at(-1), 'drop')
  const [here] = [...rules(local, slice(['10.244.1.2'])).values()]
  const kept = [...(here?.chains ?? [])].find(([name]) => name.startsWith('ext-'))?.[1] ?? []
  assert.doesNotMatch(kept.join('\n'), /^meta mark set/m)
})
