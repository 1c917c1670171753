import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allKinds } from '#api/kinds/all.ts'
import { localApiServices, repairApiService } from '#apiserver/bootstrap/api-services.ts'

test('every built-in group and version has its APIService, but the group of APIServices', () => {
  const served = new Set(
    allKinds
      .filter(({ group }) => group !== 'apiregistration.k8s.io')
      .flatMap(({ group, versions }) => versions.map((version) => `${version}.${group}`)),
  )
  const names = localApiServices().map(({ metadata }) => metadata?.name)
  assert.deepEqual(names.sort(), [...served].sort())
})

test('only what carries the label is corrected', () => {
  const [wanted] = localApiServices()
  assert.ok(wanted?.spec)
  const changed = { ...wanted, spec: { ...wanted.spec, versionPriority: 7 } }
  assert.deepEqual(repairApiService(wanted)(changed), { type: 'update', object: wanted })
  assert.equal(repairApiService(wanted)(wanted), undefined)
  assert.equal(repairApiService(wanted)({ ...changed, metadata: { name: 'v1.' } }), undefined)
})
