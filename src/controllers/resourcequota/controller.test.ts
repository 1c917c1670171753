import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isForbidden } from '#api/meta/status.ts'
import { configMaps, pods, resourceQuotas } from '#api/resources.ts'
import type { Pod } from '#api/types/core.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { startTestControllers, type TestControllers } from '#controllers/testing.ts'

let server: TestApiServer
let controllers: TestControllers

before(async () => {
  server = await startTestApiServer({ secured: true })
  controllers = await startTestControllers(server.client, {
    controllers: ['serviceaccount-controller', 'resourcequota-controller'],
    livePods: true,
  })
})

after(async () => {
  await controllers.stop()
  await server.stop()
})

const used = (name: string, amounts: Readonly<Record<string, string>>) =>
  controllers.until(
    resourceQuotas,
    `default/${name}`,
    (quota) => JSON.stringify(quota?.status?.used) === JSON.stringify(amounts),
  )

const pod = (name: string): Pod => ({
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'c', image: 'i' }] },
})

test('what is deleted is given back, and the place can be taken again', async () => {
  await server.client.resource(resourceQuotas).create({
    metadata: { name: 'few', namespace: 'default' },
    spec: { hard: { pods: '1' } },
  })
  await used('few', { pods: '0' })
  await server.client.resource(pods).create(pod('first'))
  await used('few', { pods: '1' })
  await assert.rejects(server.client.resource(pods).create(pod('second')), isForbidden)
  await server.client.resource(pods).delete('default', 'first')
  await used('few', { pods: '0' })
  await server.client.resource(pods).create(pod('second'))
  await used('few', { pods: '1' })
})

test('what was there before the quota counts, and a new limit is taken over', async () => {
  const map = (name: string) => ({ metadata: { name, namespace: 'default' } })
  for (const name of ['a', 'b']) await server.client.resource(configMaps).create(map(name))
  await server.client.resource(resourceQuotas).create({
    metadata: { name: 'maps', namespace: 'default' },
    spec: { hard: { 'count/configmaps': '9', 'count/leases.coordination.k8s.io': '1' } },
  })
  await used('maps', { 'count/configmaps': '2', 'count/leases.coordination.k8s.io': '0' })
  await server.client
    .resource(resourceQuotas)
    .patch('default', 'maps', 'merge', { spec: { hard: { 'count/configmaps': '7' } } })
  await controllers.until(
    resourceQuotas,
    'default/maps',
    (quota) => quota?.status?.hard?.['count/configmaps'] === '7',
  )
  await server.client.resource(configMaps).delete('default', 'a')
  await used('maps', { 'count/configmaps': '1', 'count/leases.coordination.k8s.io': '0' })
})
