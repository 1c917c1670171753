import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isNotFound } from '#api/meta/status.ts'
import { persistentVolumeClaims, volumeAttributesClasses } from '#api/resources.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { startTestControllers, type TestControllers } from '#controllers/testing.ts'

let server: TestApiServer
let controllers: TestControllers

before(async () => {
  server = await startTestApiServer({ secured: true })
  controllers = await startTestControllers(server.client, {
    controllers: ['volumeattributesclass-protection-controller'],
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

test('a class goes when it is deleted, unless a claim uses it: then it goes after the claim', async () => {
  const classes = server.client.resource(volumeAttributesClasses)
  for (const name of ['free', 'used']) {
    await classes.create({ metadata: { name }, driverName: 'd.example.com', parameters: { iops: '1' } })
  }
  await server.client.resource(persistentVolumeClaims).create({
    metadata: { name: 'c', namespace: 'default' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      volumeAttributesClassName: 'used',
    },
  })
  await classes.delete('', 'used')
  await classes.delete('', 'free')
  await controllers.until(volumeAttributesClasses, 'free', (object) => object === undefined)
  assert.ok((await classes.get('', 'used')).metadata?.deletionTimestamp)
  const claims = server.client.resource(persistentVolumeClaims)
  await claims.patch('default', 'c', 'merge', { metadata: { finalizers: null } })
  await claims.delete('default', 'c')
  await controllers.until(volumeAttributesClasses, 'used', (object) => object === undefined)
  await assert.rejects(classes.get('', 'used'), isNotFound)
})
