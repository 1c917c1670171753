import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { JsonObject } from '#api/meta/object.ts'
import {
  isAlreadyExists,
  isConflict,
  isExpired,
  isInvalid,
  isNotFound,
  type StatusError,
} from '#api/meta/status.ts'
import { configMaps, namespaces, pods } from '#api/resources.ts'
import type { ConfigMap } from '#api/types/core.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import type { Transport, WatchEvent } from '#client/transport.ts'
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts'
import type { Store } from '#store/store.ts'
import { systemClock } from '#sys/clock.ts'

let store: Store
let api: TestApiServer
let transport: Transport

before(async () => {
  store = await openEmbeddedStore({ clock: systemClock })
  api = await startTestApiServer({ store })
  transport = api.transport
})

after(async () => {
  await api.stop()
  await store.close()
})

const PATH = '/api/v1/namespaces/default/configmaps'
const maps = () => api.client.resource(configMaps)
const configMap = (name: string, more: object = {}): ConfigMap =>
  ({ metadata: { name, namespace: 'default', ...more }, data: { a: '1' } }) as ConfigMap
const send = (
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  query: Record<string, string> = {},
  body?: object,
  contentType?: string,
) => transport.request({ method, path, query, ...(body && { body }), ...(contentType && { contentType }) })
const meta = (object: JsonObject) => object['metadata'] as Record<string, unknown>

/** Collects events until there are `count`, then ends the watch. */
async function watchFor(
  query: Record<string, string>,
  count: number,
  act: () => Promise<unknown>,
): Promise<WatchEvent[]> {
  const controller = new AbortController()
  const events: WatchEvent[] = []
  const watching = transport.watch(
    { method: 'GET', path: PATH, query: { watch: 'true', ...query }, signal: controller.signal },
    (event) => {
      events.push(event)
      if (events.length === count) controller.abort()
    },
  )
  await act()
  await watching
  return events
}

test('create sets what the server owns and gives the object back', async () => {
  const created = await maps().create(configMap('created', { uid: 'mine', selfLink: '/x' }))
  assert.notEqual(created.metadata?.uid, 'mine')
  assert.match(created.metadata?.creationTimestamp ?? '', /^\d{4}-.*Z$/)
  assert.ok(Number(created.metadata?.resourceVersion) > 0)
  assert.deepEqual(await maps().get('default', 'created'), created)
})

test('creating twice is AlreadyExists, and a name that is no name is invalid', async () => {
  await maps().create(configMap('twice'))
  await assert.rejects(maps().create(configMap('twice')), isAlreadyExists)
  await assert.rejects(maps().create(configMap('UPPER')), isInvalid)
})

test('generateName makes names that differ', async () => {
  const names = new Set<string>()
  for (let i = 0; i < 5; i++) {
    const made = await send('POST', PATH, {}, { metadata: { generateName: 'gen-' } })
    assert.match(String(meta(made)['name']), /^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
    names.add(String(meta(made)['name']))
  }
  assert.equal(names.size, 5)
})

test('a dry run answers as the write would, and writes nothing', async () => {
  const made = await send('POST', PATH, { dryRun: 'All' }, configMap('dry'))
  assert.equal(meta(made)['resourceVersion'], undefined)
  assert.ok(meta(made)['uid'])
  await assert.rejects(maps().get('default', 'dry'), isNotFound)
})

test('an update from an old state is a conflict, one that changes nothing writes nothing', async () => {
  const first = await maps().create(configMap('updated'))
  const second = await maps().update({ ...first, data: { a: '2' } })
  assert.notEqual(second.metadata?.resourceVersion, first.metadata?.resourceVersion)
  await assert.rejects(maps().update({ ...first, data: { a: '3' } }), isConflict)
  const same = await maps().update({ ...second })
  assert.equal(same.metadata?.resourceVersion, second.metadata?.resourceVersion)
})

test('writers that race all succeed: a patch is made again from each newer state', async () => {
  await maps().create(configMap('raced'))
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      maps().patch('default', 'raced', 'merge', { data: { [`k${i}`]: 'x' } }),
    ),
  )
  const all = await maps().get('default', 'raced')
  assert.equal(Object.keys(all.data ?? {}).length, 21)
})

test('JSON patch, merge patch and strategic merge patch', async () => {
  await maps().create(configMap('patched'))
  await maps().patch('default', 'patched', 'json', [{ op: 'add', path: '/data/b', value: '2' }])
  await maps().patch('default', 'patched', 'merge', { data: { a: null, c: '3' } })
  const last = await maps().patch('default', 'patched', 'strategic', { metadata: { labels: { on: 'yes' } } })
  assert.deepEqual(last.data, { b: '2', c: '3' })
  assert.deepEqual(last.metadata?.labels, { on: 'yes' })
})

test('an object with a finalizer stays until an update removes it', async () => {
  await maps().create(configMap('finalized', { finalizers: ['example.com/wait'] }))
  await maps().delete('default', 'finalized')
  const marked = await maps().get('default', 'finalized')
  assert.ok(marked.metadata?.deletionTimestamp)
  await assert.rejects(maps().create(configMap('finalized')), /object is being deleted/)
  await maps().patch('default', 'finalized', 'merge', { metadata: { finalizers: null } })
  await assert.rejects(maps().get('default', 'finalized'), isNotFound)
})

test('preconditions guard a deletion', async () => {
  const made = await maps().create(configMap('guarded'))
  await assert.rejects(maps().delete('default', 'guarded', { preconditions: { uid: 'other' } }), isConflict)
  await maps().delete('default', 'guarded', { preconditions: { uid: made.metadata?.uid ?? '' } })
})

test('deletecollection takes what its selector finds', async () => {
  for (const on of ['yes', 'no'])
    await maps().create(configMap(`collected-${on}`, { labels: { collected: on } }))
  await maps().deleteCollection({ namespace: 'default', labelSelector: 'collected=yes' })
  const left = await maps().list({ namespace: 'default', labelSelector: 'collected' })
  assert.deepEqual(
    left.items.map((item) => item.metadata?.name),
    ['collected-no'],
  )
})

test('pages are one consistent list, whatever changes in between', async () => {
  for (let i = 0; i < 7; i++) await maps().create(configMap(`page-${i}`, { labels: { paged: 'yes' } }))
  const query = { labelSelector: 'paged=yes', limit: '3' }
  const first = await send('GET', PATH, query)
  await maps().delete('default', 'page-4')
  await maps().create(configMap('page-35', { labels: { paged: 'yes' } }))
  const names = (list: JsonObject) => (list['items'] as JsonObject[]).map((item) => meta(item)['name'])
  const second = await send('GET', PATH, { ...query, continue: String(meta(first)['continue']) })
  const third = await send('GET', PATH, { ...query, continue: String(meta(second)['continue']) })
  assert.deepEqual(
    [...names(first), ...names(second), ...names(third)],
    ['page-0', 'page-1', 'page-2', 'page-3', 'page-4', 'page-5', 'page-6'],
  )
  assert.equal(meta(third)['resourceVersion'], meta(first)['resourceVersion'])
})

test('an expired page is 410 with a token that goes on', async () => {
  const first = await send('GET', PATH, { limit: '1' })
  await maps().create(configMap('after-page'))
  await store.compact(await store.currentRevision())
  const token = String(meta(first)['continue'])
  const error = await send('GET', PATH, { limit: '1', continue: token }).then(
    () => assert.fail('the page is still there'),
    (thrown: unknown) => thrown as StatusError,
  )
  assert.ok(isExpired(error))
  const next = await send('GET', PATH, { limit: '1', continue: error.status.metadata.continue ?? '' })
  assert.equal((next['items'] as unknown[]).length, 1)
})

test('pages of a kind of which nothing changes are the whole list, with the number that remains', async () => {
  const whole = await send('GET', PATH)
  const items: unknown[] = []
  let token: string | undefined
  do {
    // somebody else's writes move the revision on
    await api.client.resource(namespaces).create({ metadata: { generateName: 'elsewhere-' } })
    const page = await send('GET', PATH, { limit: '2', ...(token && { continue: token }) })
    items.push(...(page['items'] as unknown[]))
    token = meta(page)['continue'] as string | undefined
    const left = (whole['items'] as unknown[]).length - items.length
    assert.equal(meta(page)['remainingItemCount'], left > 0 ? left : undefined)
  } while (token)
  assert.deepEqual(items, whole['items'])
})

test('a page expires with its revision, also when nothing of its kind has changed', async () => {
  const first = await send('GET', PATH, { limit: '1' })
  await api.client.resource(namespaces).create({ metadata: { generateName: 'elsewhere-' } })
  await store.compact(await store.currentRevision())
  const query = { limit: '1', continue: String(meta(first)['continue']) }
  await assert.rejects(send('GET', PATH, query), isExpired)
})

test('a list carries the revision of the store, not that of its items', async () => {
  const made = await api.client.resource(namespaces).create({ metadata: { name: 'newest' } })
  const list = await maps().list({ namespace: 'default' })
  assert.ok(Number(list.metadata.resourceVersion) >= Number(made.metadata?.resourceVersion))
})

test('a watch sees each change once, in order, from the revision asked for', async () => {
  const { metadata } = await maps().list({ namespace: 'default' })
  const events = await watchFor({ resourceVersion: metadata.resourceVersion ?? '' }, 3, async () => {
    await maps().create(configMap('watched'))
    await maps().patch('default', 'watched', 'merge', { data: { a: '2' } })
    await maps().delete('default', 'watched')
  })
  assert.deepEqual(
    events.map((event) => event.type),
    ['ADDED', 'MODIFIED', 'DELETED'],
  )
  const versions = events.map((event) => Number(meta(event.object)['resourceVersion']))
  assert.deepEqual(
    versions,
    [...versions].sort((a, b) => a - b),
  )
})

test('an object that stops matching is DELETED for that watcher, one that starts is ADDED', async () => {
  const { metadata } = await maps().list({ namespace: 'default' })
  const query = { resourceVersion: metadata.resourceVersion ?? '', labelSelector: 'turn=on' }
  const events = await watchFor(query, 3, async () => {
    await maps().create(configMap('turning', { labels: { turn: 'on' } }))
    await maps().patch('default', 'turning', 'merge', { metadata: { labels: { turn: 'off' } } })
    await maps().patch('default', 'turning', 'merge', { metadata: { labels: { turn: 'on' } } })
  })
  assert.deepEqual(
    events.map((event) => event.type),
    ['ADDED', 'DELETED', 'ADDED'],
  )
})

test('sendInitialEvents ends the present with a bookmark', async () => {
  const query = {
    sendInitialEvents: 'true',
    resourceVersionMatch: 'NotOlderThan',
    allowWatchBookmarks: 'true',
    fieldSelector: 'metadata.name=created',
  }
  const events = await watchFor(query, 2, async () => undefined)
  assert.deepEqual(
    events.map((event) => event.type),
    ['ADDED', 'BOOKMARK'],
  )
  const annotations = meta(events[1]!.object)['annotations'] as Record<string, string>
  assert.equal(annotations['k8s.io/initial-events-end'], 'true')
})

test('a namespace is marked first and goes when it is finalized', async () => {
  const path = '/api/v1/namespaces/ending'
  await send(
    'POST',
    '/api/v1/namespaces',
    {},
    { metadata: { name: 'ending' }, spec: { finalizers: ['kubernetes'] } },
  )
  const marked = await send('DELETE', path)
  assert.equal((marked['status'] as JsonObject)['phase'], 'Terminating')
  await send('PUT', `${path}/finalize`, {}, { ...(await send('GET', path)), spec: {} })
  await assert.rejects(send('GET', path), isNotFound)
})

test('unknown resources, wrong methods and wrong namespaces are refused', async () => {
  const code = (error: unknown) => (error as StatusError).code
  await assert.rejects(send('GET', '/api/v1/nothings'), (error) => code(error) === 404)
  await assert.rejects(send('POST', `${PATH}/x`, {}, {}), (error) => code(error) === 405)
  await assert.rejects(send('PUT', PATH, {}, {}), (error) => code(error) === 405)
  await assert.rejects(
    send('POST', PATH, {}, configMap('x', { namespace: 'other' })),
    (error) => code(error) === 400,
  )
  await assert.rejects(send('PUT', `${PATH}/y`, {}, configMap('x')), (error) => code(error) === 400)
})

test('what comes out is frozen: no reader can change what another one sees', async () => {
  const pod = await api.client.resource(pods).create({
    metadata: { name: 'frozen', namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  })
  assert.throws(() => Object.assign(pod.metadata ?? {}, { name: 'other' }), TypeError)
  const list = await api.client.resource(pods).list({ namespace: 'default' })
  assert.ok(list.items.every((item) => Object.isFrozen(item.spec)))
})
