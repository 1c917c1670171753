import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { persistentVolumeClaims, persistentVolumes, storageClasses } from '#api/resources.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '#api/types/core.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { startTestControllers, type TestControllers } from '#controllers/testing.ts'

let server: TestApiServer
let controllers: TestControllers

before(async () => {
  server = await startTestApiServer({ secured: true })
  controllers = await startTestControllers(server.client, {
    controllers: [
      'persistentvolume-binder-controller',
      'persistentvolumeclaim-protection-controller',
      'persistentvolume-expander-controller',
    ],
    clientFor: (account) =>
      server.clientAs({
        name: `system:serviceaccount:kube-system:${account}`,
        groups: ['system:serviceaccounts', 'system:authenticated'],
      }),
  })
})

after(async () => {
  await controllers.stop()
  await server.stop()
})

const volume = (name: string, storageClassName: string, more: object = {}): Promise<PersistentVolume> =>
  server.client.resource(persistentVolumes).create({
    metadata: { name },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName,
      hostPath: { path: `/tmp/${name}` },
      ...more,
    },
  })

const claim = (name: string, storageClassName: string | undefined): Promise<PersistentVolumeClaim> =>
  server.client.resource(persistentVolumeClaims).create({
    metadata: { name, namespace: 'default' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      ...(storageClassName !== undefined && { storageClassName }),
    },
  })

const phaseOfClaim = (name: string, phase: string) =>
  controllers.until(persistentVolumeClaims, `default/${name}`, (object) => object?.status?.phase === phase)
const phaseOfVolume = (name: string, phase: string) =>
  controllers.until(persistentVolumes, name, (object) => object?.status?.phase === phase)

test('a claim waits for a volume, is bound to it, and leaves it released', async () => {
  await claim('data', 'manual')
  await volume('disk', 'manual')
  const bound = await phaseOfClaim('data', 'Bound')
  assert.equal(bound?.spec?.volumeName, 'disk')
  assert.deepEqual(bound?.status?.capacity, { storage: '1Gi' })
  const taken = await phaseOfVolume('disk', 'Bound')
  assert.equal(taken?.spec?.claimRef?.uid, bound?.metadata?.uid)
  await server.client.resource(persistentVolumeClaims).delete('default', 'data')
  await phaseOfVolume('disk', 'Released')
})

test('two claims that come together get a volume each', async () => {
  await Promise.all([
    claim('one', 'pair'),
    claim('two', 'pair'),
    volume('left', 'pair'),
    volume('right', 'pair'),
  ])
  const bound = await Promise.all(['one', 'two'].map((name) => phaseOfClaim(name, 'Bound')))
  assert.deepEqual(bound.map((object) => object?.spec?.volumeName).sort(), ['left', 'right'])
})

test('a volume that cannot be deleted fails and says why', async () => {
  await volume('gone', 'doomed', { persistentVolumeReclaimPolicy: 'Delete' })
  await claim('short', 'doomed')
  await phaseOfClaim('short', 'Bound')
  await server.client.resource(persistentVolumeClaims).delete('default', 'short')
  const failed = await phaseOfVolume('gone', 'Failed')
  assert.equal(
    failed?.status?.message,
    'error getting deleter volume plugin for volume "gone": no deletable volume plugin matched',
  )
})

test('a claim without class gets the default one when there is one', async () => {
  await claim('any', undefined)
  await phaseOfClaim('any', 'Pending')
  await server.client.resource(storageClasses).create({
    metadata: { name: 'usual', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'example.com/disks',
  })
  const asked = await controllers.until(
    persistentVolumeClaims,
    'default/any',
    (object) =>
      object?.metadata?.annotations?.['volume.kubernetes.io/storage-provisioner'] === 'example.com/disks',
  )
  assert.equal(asked?.spec?.storageClassName, 'usual')
})
