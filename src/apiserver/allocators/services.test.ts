// Services against a real API server in memory: addresses and ports are given once, kept, and given back.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { ipAddresses, services } from '#api/resources.ts'
import type { Service } from '#api/types/core.ts'
import { findDrift } from '#apiserver/allocators/repair.ts'
import { startTestApiServer } from '#apiserver/testing.ts'

const server = await startTestApiServer({ secured: true })
after(() => server.stop())
const { client } = server
const resource = client.resource(services)

const service = (name: string, spec: Service['spec'] = {}): Service => ({
  metadata: { namespace: 'default', name },
  spec: { ports: [{ port: 80, protocol: 'TCP' }], ...spec },
})
const isAllocated = async (address: string): Promise<boolean> => {
  const list = await client.resource(ipAddresses).list()
  return list.items.some((object) => object.metadata?.name === address)
}

test('many services at once get different addresses and ports, all recorded', async () => {
  const created = await Promise.all(
    Array.from({ length: 40 }, (_, i) => resource.create(service(`many-${i}`, { type: 'NodePort' }))),
  )
  const addresses = created.map((each) => each.spec?.clusterIP ?? '')
  const ports = created.map((each) => each.spec?.ports?.[0]?.nodePort ?? 0)
  assert.equal(new Set(addresses).size, 40)
  assert.equal(new Set(ports).size, 40)
  assert.ok(ports.every((port) => port >= 30000 && port <= 32767))
  for (const address of addresses) assert.ok(await isAllocated(address))
  await Promise.all(created.map((each) => resource.delete('default', each.metadata?.name ?? '')))
  for (const address of addresses) assert.equal(await isAllocated(address), false)
})

test('what was chosen by hand is given once, in the words of the original', async () => {
  await resource.create(
    service('first', { clusterIP: '10.96.7.7', type: 'NodePort', ports: [{ port: 1, nodePort: 31000 }] }),
  )
  const rows: readonly (readonly [spec: Service['spec'], message: string])[] = [
    [
      { clusterIP: '10.96.7.7' },
      'spec.clusterIPs: Invalid value: ["10.96.7.7"]: failed to allocate IP 10.96.7.7: provided IP is already allocated',
    ],
    [
      { clusterIP: '192.168.1.1' },
      'spec.clusterIPs: Invalid value: ["192.168.1.1"]: failed to allocate IP 192.168.1.1: the provided network does not match the current range',
    ],
    [
      { type: 'NodePort', ports: [{ port: 1, nodePort: 31000 }] },
      'spec.ports[0].nodePort: Invalid value: 31000: provided port is already allocated',
    ],
    [
      { type: 'NodePort', ports: [{ port: 1, nodePort: 80 }] },
      'spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    ],
  ]
  for (const [spec, message] of rows) {
    await assert.rejects(resource.create(service('second', spec)), {
      code: 422,
      message: `Service "second" is invalid: ${message}`,
    })
  }
})

test('a create that fails gives back what it took', async () => {
  const before = (await client.resource(ipAddresses).list()).items.length
  await assert.rejects(resource.create(service('first', { clusterIP: '10.96.8.8' })), { code: 409 })
  await assert.rejects(
    resource.create(
      service('x', { clusterIP: '10.96.8.9', type: 'NodePort', ports: [{ port: 1, nodePort: 80 }] }),
    ),
  )
  assert.equal((await client.resource(ipAddresses).list()).items.length, before)
})

test('ports of one number share a node port, types come and go', async () => {
  const both = [
    { name: 'tcp', port: 53, protocol: 'TCP' },
    { name: 'udp', port: 53, protocol: 'UDP' },
  ]
  const dns = await resource.create(service('dns', { type: 'NodePort', ports: both }))
  assert.equal(dns.spec?.ports?.[0]?.nodePort, dns.spec?.ports?.[1]?.nodePort)
  const port = dns.spec?.ports?.[0]?.nodePort ?? 0
  const kept = await resource.update({ ...dns, spec: { ...dns.spec, ports: both, type: 'NodePort' } })
  assert.equal(kept.spec?.ports?.[0]?.nodePort, port)
  await resource.update({ ...kept, spec: { ...kept.spec, type: 'ClusterIP', ports: both } })
  const other = await resource.create(
    service('other', { type: 'NodePort', ports: [{ port: 1, nodePort: port }] }),
  )
  assert.equal(other.spec?.ports?.[0]?.nodePort, port)
})

test('an ExternalName gives its address back, and gets one when it becomes a ClusterIP again', async () => {
  const created = await resource.create(service('moving'))
  const address = created.spec?.clusterIP ?? ''
  const external = await resource.update({
    metadata: created.metadata!,
    spec: { type: 'ExternalName', externalName: 'example.com' },
  })
  assert.equal(external.spec?.clusterIP, undefined)
  assert.equal(await isAllocated(address), false)
  const back = await resource.update({ metadata: external.metadata!, spec: service('x').spec! })
  assert.ok(await isAllocated(back.spec?.clusterIP ?? ''))
})

test('drift: what services hold and nobody allocated, and the other way round', () => {
  const held: Service[] = [
    {
      metadata: { name: 'a' },
      spec: {
        clusterIP: '10.0.0.1',
        clusterIPs: ['10.0.0.1'],
        type: 'NodePort',
        ports: [{ port: 1, nodePort: 30001 }],
      },
    },
    { metadata: { name: 'h' }, spec: { clusterIP: 'None', clusterIPs: ['None'] } },
    {
      metadata: { name: 'l' },
      spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30009, ports: [] },
    },
  ]
  const labels = { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' }
  const parentRef = { resource: 'services', name: 'x' }
  const drift = findDrift(
    held,
    [
      { metadata: { name: '10.0.0.9', labels }, spec: { parentRef } },
      { metadata: { name: '10.0.0.8' }, spec: { parentRef } },
    ],
    [30002, 30009],
  )
  assert.deepEqual(
    drift.missingAddresses.map(({ address }) => address),
    ['10.0.0.1'],
  )
  assert.deepEqual(drift.missingPorts, [30001])
  assert.deepEqual(drift.lostAddresses, ['10.0.0.9'])
  assert.deepEqual(drift.lostPorts, [30002])
})
