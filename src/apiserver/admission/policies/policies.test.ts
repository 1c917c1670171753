import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { StatusError } from '#api/meta/status.ts'
import {
  configMaps,
  namespaces,
  type ResourceType,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from '#api/resources.ts'
import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '#api/types/admissionregistration.ts'
import type { ConfigMap } from '#api/types/core.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import { createAdmission } from '#apiserver/admission/chain.ts'
import { validatingAdmissionPolicy } from '#apiserver/admission/policies/plugin.ts'
import { openAccess, startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'

let api: TestApiServer
let access: ServerAccess

before(async () => {
  api = await startTestApiServer({
    accessControl(given) {
      access = given
      const open = openAccess()
      return { ...open, admission: createAdmission([validatingAdmissionPolicy(given, open.authorization)]) }
    },
  })
  await api.client.resource(namespaces).create({ metadata: { name: 'here', labels: { judged: 'yes' } } })
  await api.client.resource(namespaces).create({ metadata: { name: 'there' } })
})
after(() => api.stop())

afterEach(async () => {
  for (const type of [validatingAdmissionPolicyBindings, validatingAdmissionPolicies] as ResourceType[]) {
    await api.client.resource(type).deleteCollection({})
    await settled(type, 0)
  }
})

/** Waits until the server's own informer has `count` objects: it has no other sign. */
async function settled(type: ResourceType, count: number): Promise<void> {
  const informer = access.informers.informer(type)
  if (informer.list().length === count) return
  await new Promise<void>((resolve) => {
    const stop = informer.onChange(() => {
      if (informer.list().length !== count) return
      queueMicrotask(() => stop())
      resolve()
    })
  })
}

const RULES = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }]

async function apply(
  spec: NonNullable<ValidatingAdmissionPolicy['spec']>,
  binding: Partial<NonNullable<ValidatingAdmissionPolicyBinding['spec']>> = {},
): Promise<void> {
  await api.client.resource(validatingAdmissionPolicies).create({
    metadata: { name: 'p' },
    spec: { matchConstraints: { resourceRules: RULES }, ...spec },
  } as ValidatingAdmissionPolicy)
  await settled(validatingAdmissionPolicies, 1)
  await api.client.resource(validatingAdmissionPolicyBindings).create({
    metadata: { name: 'b' },
    spec: { policyName: 'p', validationActions: ['Deny'], ...binding },
  } as ValidatingAdmissionPolicyBinding)
  await settled(validatingAdmissionPolicyBindings, 1)
}

const create = (name: string, data: Record<string, string> = {}, namespace = 'here'): Promise<ConfigMap> =>
  api.client.resource(configMaps).create({ metadata: { name, namespace }, data })

const says = (code: number, text: RegExp) => (error: StatusError) =>
  error.code === code && text.test(error.message)

test('a validation that is not met refuses the request, in the words of its message', async () => {
  await apply({
    validations: [
      { expression: "object.metadata.name != 'bad'", messageExpression: "'not ' + object.metadata.name" },
    ],
  })
  await create('good')
  await assert.rejects(
    create('bad'),
    says(
      422,
      /^configmaps "bad" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: not bad$/,
    ),
  )
})

test('variables see those before them, and the namespace can be read', async () => {
  await apply({
    variables: [
      { name: 'size', expression: 'object.data.size()' },
      { name: 'isSmall', expression: 'variables.size < 2' },
    ],
    validations: [{ expression: "variables.isSmall || namespaceObject.metadata.labels['judged'] != 'yes'" }],
  })
  await create('small', { a: '1' })
  await assert.rejects(
    create('large', { a: '1', b: '2' }),
    says(422, /failed expression: variables\.isSmall/),
  )
})

test('a binding holds only where its selector says', async () => {
  const matchResources = { namespaceSelector: { matchLabels: { judged: 'yes' } } }
  await apply({ validations: [{ expression: 'false' }] }, { matchResources })
  await create('free', {}, 'there')
  await assert.rejects(create('judged'), says(422, /denied request/))
})

test('an expression that fails is judged by the failure policy', async () => {
  const validations = [{ expression: 'object.absent.more == 1' }]
  await apply({ validations, failurePolicy: 'Ignore' })
  await create('ignored')
  await api.client
    .resource(validatingAdmissionPolicies)
    .patch('', 'p', 'merge', { spec: { failurePolicy: 'Fail' } })
  const informer = access.informers.informer(validatingAdmissionPolicies)
  if (informer.get('p')?.spec?.failurePolicy !== 'Fail') {
    await new Promise<void>((resolve) => {
      const stop = informer.onChange(({ object }) => {
        if (object.spec?.failurePolicy !== 'Fail') return
        queueMicrotask(() => stop())
        resolve()
      })
    })
  }
  await assert.rejects(create('failed'), says(422, /resulted in error: no such key: absent/))
})

test('parameters come from the object that the binding names', async () => {
  await create('limits', { max: '2' }, 'there')
  await apply(
    {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      validations: [{ expression: 'object.data.size() <= int(params.data.max)' }],
    },
    { paramRef: { name: 'limits', namespace: 'there', parameterNotFoundAction: 'Deny' } },
  )
  await create('within', { a: '1' })
  await assert.rejects(create('beyond', { a: '1', b: '2', c: '3' }), says(422, /failed expression/))
})

test('a reason of its own has its own code', async () => {
  await apply({ validations: [{ expression: 'false', reason: 'Forbidden', message: 'no' }] })
  await assert.rejects(create('x'), says(403, /denied request: no$/))
})

test('an expression that reads a variable that has failed fails', async () => {
  await apply({
    variables: [{ name: 'bad', expression: 'object.absent.more' }],
    validations: [{ expression: "object.metadata.name == 'free' || variables.bad == 1" }],
  })
  await create('free')
  await assert.rejects(
    create('judged'),
    says(422, /composited variable "bad" fails to evaluate: no such key: absent/),
  )
})

test('an expression may ask what the user may do', async () => {
  const may = (verb: string) => `authorizer.group('').resource('pods').check('${verb}').allowed()`
  await apply({
    validations: [{ expression: `${may('get')} && authorizer.requestResource.check('create').allowed()` }],
  })
  await create('asked')
})

test('an annotation that cannot be made refuses the request', async () => {
  await apply({
    validations: [{ expression: 'true' }],
    auditAnnotations: [{ key: 'k', valueExpression: 'string(object.absent.more)' }],
  })
  await assert.rejects(
    create('noted'),
    says(422, /expression 'string\(object\.absent\.more\)' resulted in error/),
  )
})

test('a policy whose parameters have an unknown kind refuses everything', async () => {
  await apply({
    paramKind: { apiVersion: 'no.such/v1', kind: 'Thing' },
    validations: [{ expression: 'true' }],
  })
  await assert.rejects(
    create('any'),
    says(
      422,
      /ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: failed to find resource referenced by paramKind: 'no\.such\/v1, Kind=Thing'/,
    ),
  )
})
