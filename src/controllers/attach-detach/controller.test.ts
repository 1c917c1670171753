// A volume is attached, told to the node, and detached, with the driver's attacher played by the test.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  events,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  serviceAccounts,
  volumeAttachments,
} from '#api/resources.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { attachmentName } from '#controllers/attach-detach/plan.ts'
import { startTestControllers, type TestControllers } from '#controllers/testing.ts'

let server: TestApiServer
let controllers: TestControllers

before(async () => {
  server = await startTestApiServer({ secured: true })
  controllers = await startTestControllers(server.client, {
    controllers: ['serviceaccount-controller', 'persistentvolume-attach-detach-controller'],
    clientFor: (account) =>
      server.clientAs({
        name: `system:serviceaccount:kube-system:${account}`,
        groups: ['system:serviceaccounts', 'system:authenticated'],
      }),
  })
  await controllers.until(serviceAccounts, 'default/default', (account) => account !== undefined)
})

after(async () => {
  await controllers.stop()
  await server.stop()
})

test('a volume of a driver comes with the first pod that needs it, and goes with the last', async () => {
  const { client } = server
  await client.resource(nodes).create({
    metadata: {
      name: 'n1',
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
  })
  const claim = await client.resource(persistentVolumeClaims).create({
    metadata: { name: 'c', namespace: 'default' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: '',
      resources: { requests: { storage: '1Gi' } },
      volumeName: 'v',
    },
  })
  await client.resource(persistentVolumes).create({
    metadata: { name: 'v' },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      csi: { driver: 'd.example.com', volumeHandle: 'h' },
      claimRef: { namespace: 'default', name: 'c', ...(claim.metadata?.uid && { uid: claim.metadata.uid }) },
    },
  })
  await client.resource(pods).create({
    metadata: { name: 'p', namespace: 'default' },
    spec: {
      nodeName: 'n1',
      containers: [{ name: 'c', image: 'i' }],
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }],
    },
  })
  const made = await controllers.until(
    volumeAttachments,
    attachmentName({ spec: { csi: { driver: 'd.example.com', volumeHandle: 'h' } } }, 'n1'),
    (object) => object !== undefined,
  )
  assert.deepEqual(made?.spec, {
    attacher: 'd.example.com',
    nodeName: 'n1',
    source: { persistentVolumeName: 'v' },
  })
  await client
    .resource(volumeAttachments)
    .patch('', made?.metadata?.name ?? '', 'merge', { status: { attached: true } }, { subresource: 'status' })
  const node = await controllers.until(nodes, 'n1', (object) => object?.status?.volumesAttached?.length === 1)
  assert.equal(node?.status?.volumesAttached?.[0]?.name, 'kubernetes.io/csi/d.example.com^h')
  await controllers.untilAll(events, (all) => all.some(({ reason }) => reason === 'SuccessfulAttachVolume'))
  await client.resource(pods).delete('default', 'p', { gracePeriodSeconds: 0 })
  await controllers.until(nodes, 'n1', (object) => (object?.status?.volumesAttached ?? []).length === 0)
  await controllers.until(volumeAttachments, made?.metadata?.name ?? '', (object) => object === undefined)
})
