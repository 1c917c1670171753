import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notFound } from '#api/meta/status.ts'
import type { Pod } from '#api/types/core.ts'
import { container, pod } from '#kubelet/pods/fixtures.ts'
import type { Payload } from '#kubelet/volumes/atomic-writer.ts'
import { configMapFiles, downwardFiles, projectedFiles, secretFiles } from '#kubelet/volumes/payload.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

const sources = {
  configMap: (_namespace: string, name: string) =>
    name === 'cm'
      ? Promise.resolve({ data: { a: '1', b: '2' }, binaryData: { raw: base64('\0') } })
      : Promise.reject(notFound({ group: '', resource: 'configmap' }, name)),
  secret: () => Promise.resolve({ data: { key: base64('hidden') } }),
  token: () => Promise.resolve('token'),
  allocatable: { cpu: '4' },
  hostIPs: [],
}

const shown = (payload: Payload) =>
  Object.fromEntries(
    [...payload].map(([name, file]) => [
      name,
      `${Buffer.from(file.data).toString()} ${file.mode.toString(8)}`,
    ]),
  )

test('all keys of a ConfigMap, or those that are listed', async () => {
  assert.deepEqual(shown(await configMapFiles(pod(), { name: 'cm' }, sources)), {
    a: '1 644',
    b: '2 644',
    raw: '\0 644',
  })
  const items = [{ key: 'a', path: 'deep/x', mode: 0o400 }]
  assert.deepEqual(shown(await configMapFiles(pod(), { name: 'cm', items, defaultMode: 0o600 }, sources)), {
    'deep/x': '1 400',
  })
})

test('what is missing is an error unless it is optional', async () => {
  const items = [{ key: 'nope', path: 'x' }]
  await assert.rejects(configMapFiles(pod(), { name: 'cm', items }, sources), {
    message: 'configmap references non-existent config key: nope',
  })
  await assert.rejects(configMapFiles(pod(), { name: 'nope' }, sources), {
    message: 'configmap "nope" not found',
  })
  await assert.rejects(secretFiles(pod(), { secretName: 's', items }, sources), {
    message: 'references non-existent secret key: nope',
  })
  assert.equal((await configMapFiles(pod(), { name: 'nope', optional: true }, sources)).size, 0)
  assert.equal((await configMapFiles(pod(), { name: 'cm', items, optional: true }, sources)).size, 0)
})

test('what a pod knows of itself', () => {
  const subject: Pod = {
    ...pod({ containers: [container('main', { resources: { limits: { cpu: '2' } } })] }),
  }
  const labelled: Pod = { ...subject, metadata: { ...subject.metadata, labels: { b: '"', a: '1' } } }
  const payload = downwardFiles(
    labelled,
    [
      { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
      { path: 'one', fieldRef: { fieldPath: "metadata.labels['a']" }, mode: 0o400 },
      { path: 'cpu', resourceFieldRef: { containerName: 'main', resource: 'limits.cpu' } },
    ],
    0o444,
    sources,
  )
  assert.deepEqual(shown(payload), { labels: 'a="1"\nb="\\"" 444', one: '1 400', cpu: '2 444' })
})

test('a projected volume holds all of its sources, the token for its reader only', async () => {
  const projection = {
    sources: [
      { serviceAccountToken: { path: 'token' } },
      { configMap: { name: 'cm', items: [{ key: 'a', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ],
  }
  assert.deepEqual(shown(await projectedFiles(pod(), projection, sources)), {
    token: 'token 644',
    'ca.crt': '1 644',
    namespace: 'ns 644',
  })
  const owned = pod({ securityContext: { runAsUser: 7 } })
  const token = (await projectedFiles(owned, projection, sources)).get('token')
  assert.deepEqual([token?.mode, token?.uid], [0o600, 7])
})

test('several failures of a projected volume are told together', async () => {
  const projection = { sources: [{ configMap: { name: 'x' } }, { configMap: { name: 'y' } }] }
  await assert.rejects(projectedFiles(pod(), projection, sources), {
    message: '[configmap "x" not found, configmap "y" not found]',
  })
})
