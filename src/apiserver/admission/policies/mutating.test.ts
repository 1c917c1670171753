import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { deployments, mutatingAdmissionPolicies, mutatingAdmissionPolicyBindings } from '#api/resources.ts'
import type { Mutation } from '#api/types/admissionregistration.ts'
import type { Deployment } from '#api/types/apps.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import { createAdmission } from '#apiserver/admission/chain.ts'
import { mutatingAdmissionPolicy } from '#apiserver/admission/policies/mutating.ts'
import { openAccess, startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'

let api: TestApiServer
let access: ServerAccess

before(async () => {
  api = await startTestApiServer({
    accessControl(given) {
      access = given
      const open = openAccess()
      return { ...open, admission: createAdmission([mutatingAdmissionPolicy(given, open.authorization)]) }
    },
  })
})
after(() => api.stop())

const RULES = [
  { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] },
]

/** A policy with its binding, for objects of the name `app`. */
async function apply(app: string, mutations: readonly Mutation[]): Promise<void> {
  await api.client.resource(mutatingAdmissionPolicies).create({
    metadata: { name: app },
    spec: {
      matchConstraints: { resourceRules: RULES, objectSelector: { matchLabels: { app } } },
      mutations: [...mutations],
      reinvocationPolicy: 'Never',
    },
  })
  await api.client.resource(mutatingAdmissionPolicyBindings).create({
    metadata: { name: app },
    spec: { policyName: app },
  })
  // the server's own informers have no other sign
  for (const type of [mutatingAdmissionPolicies, mutatingAdmissionPolicyBindings] as const) {
    const informer = access.informers.informer(type as typeof mutatingAdmissionPolicies)
    if (informer.get(app)) continue
    await new Promise<void>((resolve) => {
      const stop = informer.onChange(({ object }) => {
        if (object.metadata?.name !== app) return
        queueMicrotask(() => stop())
        resolve()
      })
    })
  }
}

const create = (app: string): Promise<Deployment> =>
  api.client.resource(deployments).create({
    metadata: { name: app, namespace: 'default', labels: { app } },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app } },
      template: { metadata: { labels: { app } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  } as Deployment)

test('a configuration is merged as server-side apply merges: items of lists by their keys', async () => {
  const expression = `Object{
    metadata: Object.metadata{annotations: {"by": "policy"}},
    spec: Object.spec{
      replicas: object.spec.replicas + 1,
      template: Object.spec.template{spec: Object.spec.template.spec{containers: [
        Object.spec.template.spec.containers{name: "side", image: "s"}
      ]}}
    }
  }`
  await apply('merged', [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }])
  const { metadata, spec } = await create('merged')
  assert.deepEqual(metadata?.annotations, { by: 'policy' })
  assert.equal(spec?.replicas, 2)
  assert.deepEqual(spec?.template.spec?.containers.map(({ name }) => name).sort(), ['c', 'side'])
})

test('patches are applied in their order, and each mutation sees the one before', async () => {
  const first = '[JSONPatch{op: "replace", path: "/spec/replicas", value: 5}]'
  const second = '[JSONPatch{op: "replace", path: "/spec/replicas", value: object.spec.replicas * 2}]'
  const patch = (expression: string): Mutation => ({ patchType: 'JSONPatch', jsonPatch: { expression } })
  await apply('patched', [patch(first), patch(second)])
  assert.equal((await create('patched')).spec?.replicas, 10)
})

test('a mutation that fails refuses the request', async () => {
  const expression = 'Object{spec: Object.spec{replicas: object.absent}}'
  await apply('failing', [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }])
  await assert.rejects(
    create('failing'),
    /policy 'failing' with binding 'failing' denied request: .*no such key: absent/,
  )
})
