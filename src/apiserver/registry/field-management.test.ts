import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { JsonObject, ManagedFieldsEntry, ObjectMeta } from '#api/meta/object.ts'
import type { StatusError } from '#api/meta/status.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { fakeClock } from '#sys/fake-clock.ts'

const APPLY = 'application/apply-patch+yaml'
const MERGE = 'application/merge-patch+json'
const MAPS = '/api/v1/namespaces/default/configmaps'
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments'

let api: TestApiServer
const clock = fakeClock()

before(async () => {
  api = await startTestApiServer({ clock })
})

after(() => api.stop())

interface Sent {
  readonly type?: string
  readonly body?: object
  readonly manager?: string
  readonly force?: boolean
}

async function send(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH',
  path: string,
  sent: Sent = {},
): Promise<JsonObject> {
  const answer = await api.transport.request({
    method,
    path,
    query: { ...(sent.manager && { fieldManager: sent.manager }), ...(sent.force && { force: 'true' }) },
    ...(sent.body && { body: sent.body }),
    ...(sent.type && { contentType: sent.type }),
  })
  return answer as JsonObject
}

const map = (name: string, data?: JsonObject, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  ...(data && { data }),
})
const apply = (name: string, manager: string, data?: JsonObject, force = false): Promise<JsonObject> =>
  send('PATCH', `${MAPS}/${name}`, { type: APPLY, manager, force, body: map(name, data) })
const merge = (name: string, manager: string, body: object): Promise<JsonObject> =>
  send('PATCH', `${MAPS}/${name}`, { type: MERGE, manager, body })

const metaOf = (object: JsonObject) => object['metadata'] as ObjectMeta
const entriesOf = (object: JsonObject): readonly ManagedFieldsEntry[] => metaOf(object).managedFields ?? []
/** `manager/operation/subresource {fields}`. */
const shown = (object: JsonObject): string[] =>
  entriesOf(object).map(({ manager, operation, subresource, fieldsV1 }) =>
    [manager, operation, ...(subresource ? [subresource] : [])]
      .join('/')
      .concat(` ${JSON.stringify(fieldsV1)}`),
  )

test('each writer of an object is recorded, in upstream\u2019s form', async () => {
  const created = await send('POST', MAPS, { manager: 'maker', body: map('written', { a: '1', b: '2' }) })
  assert.equal(
    JSON.stringify(entriesOf(created)),
    JSON.stringify([
      {
        manager: 'maker',
        operation: 'Update',
        apiVersion: 'v1',
        time: metaOf(created).creationTimestamp,
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { '.': {}, 'f:a': {}, 'f:b': {} } },
      },
    ]),
  )
  const changed = await merge('written', 'changer', { data: { b: '3' } })
  assert.deepEqual(shown(changed), [
    'changer/Update {"f:data":{"f:b":{}}}',
    'maker/Update {"f:data":{".":{},"f:a":{}}}',
  ])
  const same = await merge('written', 'idler', { data: { b: '3' } })
  assert.equal(metaOf(same).resourceVersion, metaOf(changed).resourceVersion)
})

test('without a name, the user agent names the manager', async () => {
  const created = await send('POST', MAPS, { body: map('agent', { a: '1' }) })
  assert.equal(entriesOf(created)[0]!.manager, 'test')
})

test('apply creates, merges, refuses, takes by force and gives up', async () => {
  const created = await apply('applied', 'a', { x: '1', y: '1' })
  assert.deepEqual(shown(created), ['a/Apply {"f:data":{"f:x":{},"f:y":{}}}'])
  await apply('applied', 'b', { z: '1' })
  await assert.rejects(apply('applied', 'b', { x: '2', z: '1' }), (error: StatusError) => {
    assert.deepEqual(error.status, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'Apply failed with 1 conflict: conflict with "a": .data.x',
      reason: 'Conflict',
      details: {
        causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "a"', field: '.data.x' }],
      },
      code: 409,
    })
    return true
  })
  const forced = await apply('applied', 'b', { x: '2', z: '1' }, true)
  assert.deepEqual(shown(forced).sort(), [
    'a/Apply {"f:data":{"f:y":{}}}',
    'b/Apply {"f:data":{"f:x":{},"f:z":{}}}',
  ])
  const given = await apply('applied', 'b', { x: '2' })
  assert.deepEqual(given['data'], { x: '2', y: '1' })
})

test('to apply the same again changes nothing, not even a time', async () => {
  const first = await apply('again', 'a', { x: '1' })
  await clock.advance(5_000)
  const second = await apply('again', 'a', { x: '1' })
  assert.equal(metaOf(second).resourceVersion, metaOf(first).resourceVersion)
  assert.deepEqual(entriesOf(second), entriesOf(first))
})

test('an update that comes to the same keeps its times, so that nothing is written', async () => {
  const limits = (cpu: string) => ({ name: 'c', image: 'i', resources: { limits: { cpu } } })
  const body = (cpu: string) => deployment('kept', { containers: [limits(cpu)] })
  const send1 = () => send('PATCH', `${DEPLOYMENTS}/kept`, { type: APPLY, manager: 'a', body: body('1000m') })
  const first = await send1()
  await clock.advance(5_000)
  assert.equal(metaOf(await send1()).resourceVersion, metaOf(first).resourceVersion)
})

const deployment = (
  name: string,
  { containers = [{ name: 'c', image: 'i' }] as object[], replicas = 1 } = {},
) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers } },
  },
})

test('an empty list of owners, or one empty owner, makes the server forget; the first to apply then meets what was', async () => {
  for (const [name, reset] of [
    ['forget-list', []],
    ['forget-entry', [{}]],
  ] as const) {
    await send('POST', MAPS, { manager: 'maker', body: map(name, { a: '1' }) })
    const forgotten = await merge(name, 'm', { metadata: { managedFields: reset }, data: { b: '1' } })
    assert.deepEqual(entriesOf(forgotten), [], name)
    assert.deepEqual(entriesOf(await merge(name, 'm', { data: { b: '2' } })), [], name)
    await assert.rejects(apply(name, 'a', { b: '3' }), {
      message: 'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.b',
    })
    assert.deepEqual(shown(await apply(name, 'a', { b: '2' })), [
      'a/Apply {"f:data":{"f:b":{}}}',
      'before-first-apply/Update {"f:data":{".":{},"f:a":{},"f:b":{}}}',
    ])
  }
})

test('owners that a client sends are taken if they can be read, else left as they were', async () => {
  const entry = {
    manager: 'x',
    operation: 'Apply',
    apiVersion: 'v1',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:data': { 'f:a': {} } },
  }
  await send('POST', MAPS, { manager: 'maker', body: map('sent', { a: '1' }) })
  const kept = await merge('sent', 'm', { metadata: { managedFields: [{ ...entry, operation: 'Own' }] } })
  assert.deepEqual(
    entriesOf(kept).map(({ manager }) => manager),
    ['maker'],
  )
  const taken = await merge('sent', 'm', { metadata: { managedFields: [entry] } })
  assert.deepEqual(shown(taken), ['x/Apply {"f:data":{"f:a":{}}}'])
  const gone = await merge('sent', 'm', { metadata: { managedFields: [{ ...entry, apiVersion: 'v9' }] } })
  assert.deepEqual(entriesOf(gone), [])
})

test('an applied configuration has to fit', async () => {
  const wrong: [body: object, message: string | RegExp][] = [
    [map('wrong', undefined, { managedFields: [] }), 'metadata.managedFields must be nil'],
    [{ apiVersion: 'v1', kind: 'Secret' }, 'invalid object type: /v1, Kind=Secret'],
    [{ metadata: { name: 'wrong' } }, 'invalid object type: /, Kind='],
    [
      { ...map('wrong'), bogus: 1 },
      'failed to create typed patch object (/wrong; /v1, Kind=ConfigMap): .bogus: field not declared in schema',
    ],
    [
      { ...map('wrong'), binaryData: { a: '%' } },
      'failed to convert new object (/wrong; /v1, Kind=ConfigMap) to proper version: unable to convert unstructured object to /v1, Kind=ConfigMap: error decoding from json: illegal base64 data at input byte 0',
    ],
    [map('other'), /does not match the name on the URL/],
    [map('wrong', {}, { uid: 'u' }), /uid mismatch/],
  ]
  for (const [body, message] of wrong) {
    await assert.rejects(send('PATCH', `${MAPS}/wrong`, { type: APPLY, manager: 'a', body }), { message })
  }
})

test('the status has owners of its own', async () => {
  await send('POST', DEPLOYMENTS, { manager: 'maker', body: deployment('status') })
  const body = { status: { replicas: 3 }, spec: { replicas: 9 }, metadata: { annotations: { a: 'b' } } }
  const written = await send('PATCH', `${DEPLOYMENTS}/status/status`, {
    type: MERGE,
    manager: 'controller',
    body,
  })
  assert.deepEqual(
    shown(written)[0],
    'controller/Update/status {"f:metadata":{"f:annotations":{".":{},"f:a":{}}},"f:status":{"f:replicas":{}}}',
  )
})

test('who scales a workload owns its replicas', async () => {
  await send('POST', DEPLOYMENTS, { manager: 'maker', body: deployment('scaled') })
  await send('PATCH', `${DEPLOYMENTS}/scaled/scale`, {
    type: MERGE,
    manager: 'scaler',
    body: { spec: { replicas: 4 } },
  })
  const scaled = await send('GET', `${DEPLOYMENTS}/scaled`)
  assert.ok(shown(scaled).includes('scaler/Update/scale {"f:spec":{"f:replicas":{}}}'))
  const body = deployment('scaled', { replicas: 5 })
  await assert.rejects(send('PATCH', `${DEPLOYMENTS}/scaled`, { type: APPLY, manager: 'a', body }), {
    message:
      'Apply failed with 1 conflict: conflict with "scaler" with subresource "scale" using apps/v1: .spec.replicas',
  })
  const scale = {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name: 'scaled' },
    spec: { replicas: 6 },
  }
  await assert.rejects(
    send('PATCH', `${DEPLOYMENTS}/scaled/scale`, { type: APPLY, manager: 'b', body: scale }),
    {
      message: /with subresource "scale" using autoscaling\/v1: .spec.replicas/,
    },
  )
})

test('kubectl takes over what it applied on its own side', async () => {
  const config = deployment('taken', { replicas: 2 })
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(config) }
  await send('POST', DEPLOYMENTS, {
    manager: 'kubectl-client-side-apply',
    body: { ...config, metadata: { name: 'taken', annotations } },
  })
  const changed = deployment('taken', { replicas: 3 })
  await assert.rejects(
    send('PATCH', `${DEPLOYMENTS}/taken`, { type: APPLY, manager: 'other', body: changed }),
    { message: /1 conflict/ },
  )
  const applied = await send('PATCH', `${DEPLOYMENTS}/taken`, {
    type: APPLY,
    manager: 'kubectl',
    body: changed,
  })
  assert.equal((applied['spec'] as { replicas: number }).replicas, 3)
  const renewed = metaOf(applied).annotations!['kubectl.kubernetes.io/last-applied-configuration']!
  assert.deepEqual(JSON.parse(renewed), changed)
})
