// The plugins together, against a real API server in memory.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { isNamespaceTerminating } from '#api/meta/status.ts'
import { configMaps, namespaces, nodes, pods, resourceQuotas, serviceAccounts } from '#api/resources.ts'
import type { Pod } from '#api/types/core.ts'
import { startTestApiServer } from '#apiserver/testing.ts'

const server = await startTestApiServer({ secured: true })
after(() => server.stop())
const { client } = server

const pod = (namespace: string, name: string, spec: Partial<NonNullable<Pod['spec']>> = {}): Pod => ({
  metadata: { namespace, name },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
})

async function namespace(name: string, labels: Record<string, string> = {}): Promise<void> {
  await client.resource(namespaces).create({ metadata: { name, labels } })
  await client.resource(serviceAccounts).create({ metadata: { namespace: name, name: 'default' } })
}

test('a pod gets its account, its token, its priority and its tolerations', async () => {
  await namespace('plain')
  const { spec } = await client.resource(pods).create(pod('plain', 'p'))
  assert.equal(spec?.serviceAccountName, 'default')
  const [volume] = spec?.volumes ?? []
  assert.match(volume?.name ?? '', /^kube-api-access-[a-z0-9]{5}$/)
  assert.deepEqual(spec?.containers[0]?.volumeMounts, [
    { name: volume?.name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
  ])
  assert.equal(spec?.priority, 0)
  assert.equal(spec?.preemptionPolicy, 'PreemptLowerPriority')
  assert.deepEqual(
    spec?.tolerations?.map(({ key, tolerationSeconds }) => [key, tolerationSeconds]),
    [
      ['node.kubernetes.io/not-ready', 300],
      ['node.kubernetes.io/unreachable', 300],
    ],
  )
  const without = await client
    .resource(pods)
    .create(pod('plain', 'q', { automountServiceAccountToken: false }))
  assert.equal(without.spec?.volumes, undefined)
  await assert.rejects(
    client.resource(pods).create(pod('plain', 'r', { priority: 5 })),
    /the integer value of priority \(5\) must not be provided/,
  )
})

test('a pod of a namespace whose account is still to come waits for it', async () => {
  await client.resource(namespaces).create({ metadata: { name: 'fresh' } })
  const creating = client.resource(pods).create(pod('fresh', 'p'))
  await client.resource(serviceAccounts).create({ metadata: { namespace: 'fresh', name: 'default' } })
  assert.equal((await creating).spec?.serviceAccountName, 'default')
  await assert.rejects(client.resource(pods).create(pod('fresh', 'q', { serviceAccountName: 'none' })), {
    code: 403,
    message:
      'pods "q" is forbidden: error looking up service account fresh/none: serviceaccount "none" not found',
  })
})

test('nothing is created where nothing may be', async () => {
  const map = (name: string) => ({ metadata: { namespace: name, name: 'm' } })
  await assert.rejects(client.resource(configMaps).create(map('absent')), {
    code: 404,
    message: 'namespaces "absent" not found',
  })
  await namespace('ending')
  await client.resource(namespaces).delete('', 'ending')
  await assert.rejects(client.resource(configMaps).create(map('ending')), isNamespaceTerminating)
  for (const name of ['default', 'kube-system', 'kube-public']) {
    await assert.rejects(client.resource(namespaces).delete('', name), /this namespace may not be deleted/)
  }
})

test('a new node takes no pods', async () => {
  const node = await client.resource(nodes).create({ metadata: { name: 'n' } })
  assert.deepEqual(node.spec?.taints, [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }])
})

test('Pod Security refuses pods', async () => {
  await namespace('strict', { 'pod-security.kubernetes.io/enforce': 'baseline' })
  await assert.rejects(client.resource(pods).create(pod('strict', 'p', { hostNetwork: true })), {
    code: 403,
    message:
      'pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
  })
  await client.resource(pods).create(pod('strict', 'good'))
  await assert.rejects(
    client
      .resource(namespaces)
      .create({ metadata: { name: 'x', labels: { 'pod-security.kubernetes.io/enforce': 'y' } } }),
    { code: 422 },
  )
})

test('of many requests at once just as many pass as the quota has room for', async () => {
  await namespace('full')
  const quota = await client
    .resource(resourceQuotas)
    .create({ metadata: { namespace: 'full', name: 'q' }, spec: { hard: { configmaps: '5' } } })
  await client
    .resource(resourceQuotas)
    .updateStatus({ ...quota, status: { hard: { configmaps: '5' }, used: { configmaps: '0' } } })
  const results = await Promise.allSettled(
    Array.from({ length: 12 }, (_, i) =>
      client.resource(configMaps).create({ metadata: { namespace: 'full', name: `m${i}` } }),
    ),
  )
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 5)
  const refused = results.find((result) => result.status === 'rejected')
  assert.match(
    String(refused?.reason),
    /exceeded quota: q, requested: configmaps=1, used: configmaps=5, limited: configmaps=5/,
  )
  assert.equal((await client.resource(resourceQuotas).get('full', 'q')).status?.used?.['configmaps'], '5')
})

test('a node writes what is its own', async () => {
  const kubelet = server.clientAs({ name: 'system:node:n', groups: ['system:nodes', 'system:authenticated'] })
  await client.resource(pods).create(pod('plain', 'mine', { nodeName: 'n' }))
  await client.resource(pods).create(pod('plain', 'other', { nodeName: 'm' }))
  const running = { status: { phase: 'Running' } }
  await kubelet.resource(pods).patch('plain', 'mine', 'merge', running, { subresource: 'status' })
  await assert.rejects(
    kubelet.resource(pods).patch('plain', 'other', 'merge', running, { subresource: 'status' }),
    /can only update pod status for pods with spec.nodeName set to itself/,
  )
  await assert.rejects(
    kubelet.resource(nodes).patch('', 'n', 'merge', { spec: { taints: [] } }),
    /is not allowed to modify taints/,
  )
  const mine = await client.resource(pods).get('plain', 'mine')
  const token = (uid: string) =>
    kubelet.resource(serviceAccounts).createSubresource('plain', 'default', 'token', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'mine', uid } },
    })
  assert.ok((await token(mine.metadata?.uid ?? ''))['status'])
  await assert.rejects(token('x'), /does not match the UID in record/)
})
