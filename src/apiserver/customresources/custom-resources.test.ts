import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { JsonObject } from '#api/meta/object.ts'
import { isInvalid, isNotFound, type StatusError } from '#api/meta/status.ts'
import { customResourceDefinitions, type ResourceType } from '#api/resources.ts'
import type { CustomResourceDefinition } from '#api/types/apiextensions.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'

let api: TestApiServer
before(async () => {
  api = await startTestApiServer()
})
after(() => api.stop())

const SPEC_SCHEMA = {
  type: 'object',
  required: ['size'],
  properties: {
    size: { type: 'integer', maximum: 5 },
    color: { type: 'string', default: 'red', enum: ['red', 'blue'] },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    parts: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string' }, n: { type: 'integer' } },
      },
    },
  },
}
const STATUS_SCHEMA = { type: 'object', properties: { size: { type: 'integer' } } }
const VERSION = {
  served: true,
  schema: { openAPIV3Schema: { type: 'object', properties: { spec: SPEC_SCHEMA, status: STATUS_SCHEMA } } },
  subresources: { status: {}, scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' } },
  selectableFields: [{ jsonPath: '.spec.color' }],
}

function definition(
  plural: string,
  kind: string,
  versions: object[] = [{ ...VERSION, name: 'v1', storage: true }],
) {
  return {
    metadata: { name: `${plural}.example.com` },
    spec: { group: 'example.com', scope: 'Namespaced', names: { plural, kind }, versions },
  } as unknown as CustomResourceDefinition
}

const typeOf = (resource: string, kind: string, version = 'v1'): ResourceType => ({
  group: 'example.com',
  version,
  resource,
  kind,
  namespaced: true,
})

/** Watches a definition until `done` says so of its state, or of its absence. */
async function until(
  name: string,
  done: (object: CustomResourceDefinition | undefined) => boolean,
): Promise<void> {
  const controller = new AbortController()
  const definitions = api.client.resource(customResourceDefinitions)
  const fieldSelector = `metadata.name=${name}`
  const { items, metadata } = await definitions.list({ fieldSelector })
  if (done(items[0])) return
  await definitions.watch(
    { fieldSelector, resourceVersion: metadata?.resourceVersion ?? '' },
    ({ type, object }) => {
      if (done(type === 'DELETED' ? undefined : (object as unknown as CustomResourceDefinition)))
        controller.abort()
    },
    controller.signal,
  )
}

async function define(object: CustomResourceDefinition): Promise<void> {
  await api.client.resource(customResourceDefinitions).create(object)
  await until(object.metadata?.name ?? '', (now) => condition(now, 'Established') === 'True')
}

const condition = (object: CustomResourceDefinition | undefined, type: string): string | undefined =>
  object?.status?.conditions?.find((one) => one.type === type)?.status

const post = (path: string, body: object, query: Record<string, string> = {}): Promise<JsonObject> =>
  api.transport.request({ method: 'POST', path, query, body })

const widget = (name: string, spec: object) =>
  ({
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name, namespace: 'default' },
    spec,
  }) as JsonObject

const WIDGETS = '/apis/example.com/v1/namespaces/default/widgets'

test('an object of a custom kind is pruned, defaulted, judged and stored', async () => {
  await define(definition('widgets', 'Widget'))
  const made = await post(WIDGETS, widget('a', { size: 2, lost: 1, free: { any: [1] } }))
  assert.deepEqual(made['spec'], { size: 2, free: { any: [1] }, color: 'red' })
  assert.equal((made['metadata'] as JsonObject)['generation'], 1)
  const refused = (spec: object, text: RegExp) =>
    assert.rejects(
      post(WIDGETS, widget('b', spec)),
      (error) => isInvalid(error) && text.test((error as Error).message),
    )
  await refused({}, /spec\.size: Required value/)
  await refused(
    { size: 9 },
    /spec\.size: Invalid value: 9: spec\.size in body should be less than or equal to 5/,
  )
  await refused({ size: 'x' }, /spec\.size in body must be of type integer: "string"/)
  await refused({ size: 1, color: 'green' }, /spec\.color: Unsupported value: "green"/)
  await refused({ size: 1, parts: [{ name: 'a' }, { name: 'a' }] }, /spec\.parts\[1\]: Duplicate value/)
})

test('strict validation names unknown fields, in the schema and in metadata', async () => {
  const body = { ...widget('c', { size: 1, lost: 1 }), metadata: { name: 'c', namespace: 'default', odd: 1 } }
  await assert.rejects(post(WIDGETS, body, { fieldValidation: 'Strict' }), (error: StatusError) =>
    /strict decoding error: unknown field "spec\.lost", unknown field "metadata\.odd"/.test(error.message),
  )
})

test('status and scale are written through their own paths', async () => {
  const widgets = api.client.resource(typeOf('widgets', 'Widget'))
  const current = (await widgets.get('default', 'a')) as JsonObject
  const changed: object = { ...current, spec: { size: 5 }, status: { size: 7 } }
  const updated = (await widgets.updateStatus(changed)) as JsonObject
  assert.deepEqual([updated['status'], (updated['spec'] as JsonObject)['size']], [{ size: 7 }, 2])
  await widgets.patch('default', 'a', 'merge', { spec: { replicas: 4 } }, { subresource: 'scale' })
  const scaled = (await widgets.get('default', 'a')) as JsonObject
  assert.equal((scaled['spec'] as JsonObject)['size'], 4)
  assert.deepEqual(scaled['status'], { size: 7 })
  assert.equal((scaled['metadata'] as JsonObject)['generation'], 2)
})

test('server-side apply merges lists by the keys of the schema', async () => {
  const widgets = api.client.resource(typeOf('widgets', 'Widget'))
  const apply = (manager: string, parts: object[]) =>
    widgets.patch('default', 'p', 'apply', widget('p', { size: 1, parts }), { fieldManager: manager })
  await apply('one', [{ name: 'x', n: 1 }])
  const merged = (await apply('two', [{ name: 'y', n: 2 }])) as JsonObject
  assert.deepEqual((merged['spec'] as JsonObject)['parts'], [
    { name: 'x', n: 1 },
    { name: 'y', n: 2 },
  ])
  await assert.rejects(
    widgets.patch('default', 'p', 'apply', widget('p', { wrong: 1 }), { fieldManager: 'one' }),
    /\.spec\.wrong: field not declared in schema/,
  )
})

test('lists select by the fields that the definition names', async () => {
  const widgets = api.client.resource(typeOf('widgets', 'Widget'))
  await post(WIDGETS, widget('blue', { size: 1, color: 'blue' }))
  const { items } = await widgets.list({ namespace: 'default', fieldSelector: 'spec.color=blue' })
  assert.deepEqual(
    items.map(({ metadata }) => metadata?.name),
    ['blue'],
  )
})

test('every served version shows the same objects, and a version that is stored no more is brought up to date', async () => {
  const both = (storage: string) => [
    { ...VERSION, name: 'v1', storage: storage === 'v1' },
    { ...VERSION, name: 'v2', storage: storage === 'v2' },
  ]
  await define(definition('gears', 'Gear', both('v1')))
  await api.transport.request({
    method: 'POST',
    path: '/apis/example.com/v1/namespaces/default/gears',
    query: {},
    body: { ...widget('g', { size: 1 }), kind: 'Gear' },
  })
  const definitions = api.client.resource(customResourceDefinitions)
  await definitions.patch('', 'gears.example.com', 'merge', { spec: { versions: both('v2') } })
  await until('gears.example.com', (now) => now?.status?.storedVersions?.includes('v2') === true)
  for (const version of ['v1', 'v2']) {
    const { items } = await api.client
      .resource(typeOf('gears', 'Gear', version))
      .list({ namespace: 'default' })
    assert.equal(items.length, 1)
    const gear = await api.client.resource(typeOf('gears', 'Gear', version)).get('default', 'g')
    assert.equal(gear.apiVersion, `example.com/${version}`)
  }
})

test('discovery and OpenAPI have the kind as soon as it is established', async () => {
  const get = (path: string) => api.transport.request({ method: 'GET', path, query: {} })
  const list = (await get('/apis/example.com/v1')) as unknown as { resources: { name: string }[] }
  assert.ok(list.resources.some(({ name }) => name === 'widgets/scale'))
  const document = (await get('/openapi/v3/apis/example.com/v1')) as unknown as {
    components: { schemas: Record<string, { properties: JsonObject }> }
  }
  assert.ok(document.components.schemas['com.example.v1.Widget']?.properties['spec'])
})

test('a name that another definition of the group has is not accepted', async () => {
  const clash = definition('wadgets', 'Widget')
  await api.client.resource(customResourceDefinitions).create(clash)
  await until('wadgets.example.com', (now) => condition(now, 'NamesAccepted') === 'False')
  await assert.rejects(api.client.resource(typeOf('wadgets', 'Widget')).list(), isNotFound)
})

test('a definition takes its objects with it', async () => {
  const definitions = api.client.resource(customResourceDefinitions)
  await definitions.delete('', 'widgets.example.com')
  await until('widgets.example.com', (now) => now === undefined)
  await assert.rejects(definitions.get('', 'widgets.example.com'), isNotFound)
  await assert.rejects(api.client.resource(typeOf('widgets', 'Widget')).list(), isNotFound)
})
