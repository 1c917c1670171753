import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { JsonObject } from '#api/meta/object.ts'
import type { StatusError } from '#api/meta/status.ts'
import {
  configMaps,
  mutatingWebhookConfigurations,
  namespaces,
  validatingWebhookConfigurations,
} from '#api/resources.ts'
import type { MutatingWebhook, ValidatingWebhook } from '#api/types/admissionregistration.ts'
import type { ConfigMap } from '#api/types/core.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import { createAdmission } from '#apiserver/admission/chain.ts'
import { webhookAdmission } from '#apiserver/admission/webhooks/plugin.ts'
import { auditCounts, createAuditor } from '#apiserver/audit/auditor.ts'
import type { AuditBackend } from '#apiserver/audit/backend.ts'
import { openAccess, startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { createTestPki } from '#apiserver/testing-pki.ts'
import { startTestService, type TestService } from '#apiserver/testing-services.ts'
import { systemClock } from '#sys/clock.ts'
import { systemRandom } from '#sys/random.ts'

interface Review {
  readonly request: { readonly uid: string; readonly object: ConfigMap | null } & JsonObject
}

const pki = createTestPki(systemRandom)
let api: TestApiServer
let access: ServerAccess
let service: TestService
let asked: Review[] = []
/** Of the last audited request. */
let annotations: Readonly<Record<string, string>> = {}

/** What the webhook at each path answers. */
const ANSWERS: Readonly<Record<string, (review: Review) => object>> = {
  '/allow': () => ({ allowed: true, warnings: ['think again'] }),
  '/deny': () => ({ allowed: false, status: { message: 'not today', code: 403 } }),
  '/first': () => patched([{ op: 'add', path: '/data/first', value: 'yes' }]),
  '/second': ({ request }) =>
    patched(request.object?.data?.['first'] ? [{ op: 'add', path: '/data/second', value: 'yes' }] : []),
  '/wrong-uid': () => ({ uid: 'other', allowed: true }),
}

const patched = (patch: object[]): object =>
  patch.length === 0
    ? { allowed: true }
    : { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }

before(async () => {
  const backend: AuditBackend = {
    async process([event]) {
      annotations = event?.annotations ?? {}
      return true
    },
    close: async () => undefined,
  }
  api = await startTestApiServer({
    auditor: createAuditor({
      policy: {
        rules: [
          { level: 'None', users: ['system:apiserver'] },
          { level: 'Request', resources: [{ resources: ['configmaps'] }] },
        ],
      },
      backend,
      counts: auditCounts(),
      clock: systemClock,
    }),
    accessControl(given) {
      access = given
      const open = openAccess()
      return { ...open, admission: createAdmission(webhookAdmission(given, open.authorization)) }
    },
  })
  await api.client.resource(namespaces).create({ metadata: { name: 'here', labels: { hooks: 'on' } } })
  await api.client.resource(namespaces).create({ metadata: { name: 'there' } })
  service = await startTestService(pki, (path, body) => {
    const review = JSON.parse(body) as Review
    asked.push(review)
    const answer = ANSWERS[path.split('?')[0] ?? '']
    const response = { uid: review.request.uid, ...answer?.(review) }
    return { json: { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response } }
  })
})

after(async () => {
  await service.stop()
  await api.stop()
})

afterEach(async () => {
  asked = []
  for (const type of [mutatingWebhookConfigurations, validatingWebhookConfigurations]) {
    await api.client.resource(type).deleteCollection({})
    await settled(type.resource, 0)
  }
})

function hook<T extends MutatingWebhook | ValidatingWebhook>(path: string, more: Partial<T> = {}): T {
  return {
    name: `${path.slice(1)}.example.com`,
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
    clientConfig: { url: `${service.url}${path}`, caBundle: Buffer.from(pki.ca).toString('base64') },
    namespaceSelector: { matchLabels: { hooks: 'on' } },
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    ...more,
  } as unknown as T
}

/** Waits until the server acts on `count` configurations: its own informer has no other sign. */
async function settled(resource: string, count: number): Promise<void> {
  const informer = access.informers.informer(
    resource === mutatingWebhookConfigurations.resource
      ? mutatingWebhookConfigurations
      : validatingWebhookConfigurations,
  )
  if (informer.list().length === count) return
  await new Promise<void>((resolve) => {
    const stop = informer.onChange(() => {
      if (informer.list().length !== count) return
      queueMicrotask(() => stop())
      resolve()
    })
  })
}

async function configure(
  mutating: readonly MutatingWebhook[],
  validating: readonly ValidatingWebhook[] = [],
): Promise<void> {
  if (mutating.length > 0) {
    await api.client
      .resource(mutatingWebhookConfigurations)
      .create({ metadata: { name: 'm' }, webhooks: [...mutating] })
    await settled(mutatingWebhookConfigurations.resource, 1)
  }
  if (validating.length > 0) {
    await api.client
      .resource(validatingWebhookConfigurations)
      .create({ metadata: { name: 'v' }, webhooks: [...validating] })
    await settled(validatingWebhookConfigurations.resource, 1)
  }
}

const create = (
  name: string,
  namespace = 'here',
  data: Record<string, string> = { a: '1' },
): Promise<ConfigMap> => api.client.resource(configMaps).create({ metadata: { name, namespace }, data })

const says = (text: RegExp) => (error: StatusError) => text.test(error.message)

test('a webhook that denies refuses the request in its own words', async () => {
  await configure([], [hook('/allow'), hook('/deny')])
  await assert.rejects(
    create('a'),
    says(/^admission webhook "deny\.example\.com" denied the request: not today$/),
  )
  const { kind, resource, operation, namespace, userInfo, oldObject } = asked[0]!.request as JsonObject
  assert.deepEqual(kind, { group: '', version: 'v1', kind: 'ConfigMap' })
  assert.deepEqual(resource, { group: '', version: 'v1', resource: 'configmaps' })
  assert.deepEqual([operation, namespace, oldObject], ['CREATE', 'here', null])
  assert.equal((userInfo as JsonObject)['username'], 'admin')
})

test('a namespace without the labels is not asked about, nor another operation', async () => {
  await configure([], [hook('/deny')])
  await create('b', 'there')
  await api.client.resource(configMaps).delete('there', 'b')
  assert.equal(asked.length, 0)
})

test('mutating webhooks see what those before them wrote, and earlier ones are asked again when they want', async () => {
  await configure([hook('/second', { reinvocationPolicy: 'IfNeeded' }), hook('/first')])
  const { data } = await create('c')
  assert.deepEqual(data, { a: '1', first: 'yes', second: 'yes' })
  assert.equal(asked.length, 3)
})

test('the audit keeps which webhooks changed an object, and how', async () => {
  await configure([hook('/allow'), hook('/first')])
  await create('told')
  const told = Object.entries(annotations).filter(([key]) => key.includes('webhook'))
  const first = { configuration: 'm', webhook: 'first.example.com' }
  const patch = [{ op: 'add', path: '/data/first', value: 'yes' }]
  assert.deepEqual(Object.fromEntries(told.map(([key, value]) => [key, JSON.parse(value) as unknown])), {
    'mutation.webhook.admission.k8s.io/round_0_index_0': {
      configuration: 'm',
      webhook: 'allow.example.com',
      mutated: false,
    },
    'mutation.webhook.admission.k8s.io/round_0_index_1': { ...first, mutated: true },
    'patch.webhook.admission.k8s.io/round_0_index_1': { ...first, patch, patchType: 'JSONPatch' },
  })
})

test('a webhook that cannot be asked lets pass or fail, as its policy says', async () => {
  const gone = { url: 'https://127.0.0.1:1/x' }
  await configure([], [hook('/gone', { failurePolicy: 'Ignore', clientConfig: gone })])
  await create('d')
  const failedOpen = annotations['failed-open.validating.webhook.admission.k8s.io/round_0_index_0']
  assert.equal(failedOpen, 'gone.example.com')
  await api.client.resource(validatingWebhookConfigurations).delete('', 'v')
  await settled(validatingWebhookConfigurations.resource, 0)
  await configure([], [hook('/gone', { failurePolicy: 'Fail', clientConfig: gone })])
  await assert.rejects(
    create('e'),
    says(/failed calling webhook "gone\.example\.com": failed to call webhook: Post "/),
  )
})

test('an answer to another question counts as none', async () => {
  await configure([], [hook('/wrong-uid')])
  await assert.rejects(create('f'), says(/received invalid webhook response: expected response\.uid=/))
})

test('conditions spare the webhook requests that do not meet them', async () => {
  const matchConditions = [{ name: 'not-me', expression: "object.metadata.name != 'skip-me'" }]
  await configure([], [hook('/deny', { matchConditions })])
  await create('skip-me')
  await assert.rejects(create('other'), says(/denied the request/))
})

test('conditions may ask what else the user may do', async () => {
  const may =
    "authorizer.requestResource.check('delete').allowed() && authorizer.path('/x').check('get').allowed()"
  const expression = `object.metadata.name == 'asked' ? (${may}) : !(${may})`
  await configure([], [hook('/deny', { matchConditions: [{ name: 'may', expression }] })])
  await assert.rejects(create('asked'), says(/denied the request/))
  await create('unasked')
})

test('a webhook is told of a dry run', async () => {
  await configure([], [hook('/allow', { sideEffects: 'NoneOnDryRun' })])
  await api.transport.request({
    method: 'POST',
    path: '/api/v1/namespaces/here/configmaps',
    query: { dryRun: 'All' },
    body: { metadata: { name: 'dry' } },
  })
  assert.equal((asked[0]!.request as JsonObject)['dryRun'], true)
})

test('webhooks have no say over the configurations of webhooks', async () => {
  const everything = [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }]
  await configure(
    [],
    [hook('/deny', { rules: everything, namespaceSelector: {} } as Partial<ValidatingWebhook>)],
  )
  await api.client.resource(validatingWebhookConfigurations).delete('', 'v')
  assert.equal(asked.length, 0)
})
