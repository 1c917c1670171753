// The default objects against a real API server in memory.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  apiServices,
  clusterRoles,
  configMaps,
  endpointSlices,
  endpoints,
  flowSchemas,
  namespaces,
  priorityClasses,
  services,
} from '#api/resources.ts'
import { startTestApiServer } from '#apiserver/testing.ts'
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts'
import { systemClock } from '#sys/clock.ts'

const store = await openEmbeddedStore({ clock: systemClock })
after(() => store.close())

test('a server is usable from the first moment, and its second start repairs and no more', async (t) => {
  const first = await startTestApiServer({ secured: true, store })
  t.after(() => first.stop())
  const { client } = first
  const names = (await client.resource(namespaces).list()).items.map((each) => each.metadata?.name)
  assert.deepEqual(names.sort(), ['default', 'kube-node-lease', 'kube-public', 'kube-system'])
  assert.equal((await client.resource(clusterRoles).list()).items.length, 70)
  assert.equal((await client.resource(priorityClasses).list()).items.length, 2)
  assert.equal((await client.resource(flowSchemas).list()).items.length, 11)
  const group = await client.resource(apiServices).get('', 'v1.apps')
  assert.equal(group.status?.conditions?.[0]?.reason, 'Local')
  const trust = await client.resource(configMaps).get('kube-system', 'extension-apiserver-authentication')
  assert.equal(trust.data?.['requestheader-username-headers'], '["X-Remote-User"]')

  const service = await client.resource(services).get('default', 'kubernetes')
  assert.equal(service.spec?.clusterIP, '10.96.0.1')
  const { subsets } = await client.resource(endpoints).get('default', 'kubernetes')
  assert.deepEqual(subsets, [
    { addresses: [{ ip: '192.0.2.1' }], ports: [{ name: 'https', port: 6443, protocol: 'TCP' }] },
  ])
  const slice = await client.resource(endpointSlices).get('default', 'kubernetes')
  assert.deepEqual(slice.endpoints, [{ addresses: ['192.0.2.1'], conditions: { ready: true } }])
  await client.resource(clusterRoles).delete('', 'view')
  await first.stop()

  const before = await store.currentRevision()
  const second = await startTestApiServer({ secured: true, store })
  t.after(() => second.stop())
  // The deleted role, the two leases of this server, and the certificate of its new authority.
  assert.equal((await store.currentRevision()) - before, 4)
  assert.ok(await second.client.resource(clusterRoles).get('', 'view'))
})
