import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { configMaps, pods, serviceAccounts } from '#api/resources.ts'
import { auditCounts, createAuditor } from '#apiserver/audit/auditor.ts'
import type { AuditBackend } from '#apiserver/audit/backend.ts'
import type { AuditEvent } from '#apiserver/audit/event.ts'
import type { Policy } from '#apiserver/audit/policy.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { systemClock } from '#sys/clock.ts'

const POLICY: Policy = {
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'None', users: ['system:apiserver'] },
    { level: 'None', userGroups: ['system:serviceaccounts'] },
    { level: 'Metadata', resources: [{ resources: ['secrets', 'serviceaccounts/token'] }] },
    { level: 'Request', verbs: ['list'], omitStages: ['ResponseComplete'] },
    { level: 'RequestResponse', omitManagedFields: true },
  ],
}

describe('a server that is audited', () => {
  const events: AuditEvent[] = []
  let isBroken = false
  const backend: AuditBackend = {
    async process(batch) {
      events.push(...batch)
      return !isBroken
    },
    close: async () => undefined,
  }
  let server: TestApiServer
  before(async () => {
    const auditor = createAuditor({ policy: POLICY, backend, counts: auditCounts(), clock: systemClock })
    server = await startTestApiServer({ secured: true, auditor, namespaces: [] })
  })
  beforeEach(() => {
    events.length = 0
  })
  after(() => server.stop())
  const only = (): AuditEvent => {
    assert.equal(events.length, 1)
    return events[0]!
  }
  const map = (name: string) => ({ metadata: { name, namespace: 'default' }, data: { a: 'b' } })

  test('records who created what, as it was sent and as it was answered', async () => {
    await server.client.resource(configMaps).create(map('a'))
    const { level, stage, verb, user, objectRef, responseStatus, annotations, ...rest } = only()
    assert.deepEqual(
      [level, stage, verb, user.username],
      ['RequestResponse', 'ResponseComplete', 'create', 'admin'],
    )
    assert.deepEqual(objectRef, { resource: 'configmaps', namespace: 'default', name: 'a', apiVersion: 'v1' })
    assert.deepEqual(responseStatus, { code: 201 })
    assert.deepEqual(annotations, {
      'authorization.k8s.io/decision': 'allow',
      'authorization.k8s.io/reason': '',
    })
    assert.equal(JSON.parse(rest.requestObject ?? '').metadata.uid, undefined)
    const answer = JSON.parse(rest.responseObject ?? '')
    assert.ok(answer.metadata.uid && !('managedFields' in answer.metadata))
  })

  test('keeps the content of secrets to itself', async () => {
    await server.transport.request({
      method: 'POST',
      path: '/api/v1/namespaces/default/secrets',
      query: {},
      body: { metadata: { name: 's' }, stringData: { a: 'b' } },
    })
    const { level, requestObject, responseObject, objectRef } = only()
    assert.deepEqual(
      [level, requestObject, responseObject, objectRef?.name],
      ['Metadata', undefined, undefined, 's'],
    )
  })

  test('tells why something was forbidden', async () => {
    const jane = server.clientAs({ name: 'jane', groups: ['system:authenticated'] })
    await assert.rejects(jane.resource(configMaps).get('default', 'a'), { code: 403 })
    const { responseStatus, annotations } = only()
    assert.deepEqual([responseStatus?.['code'], responseStatus?.['reason']], [403, 'Forbidden'])
    assert.equal(annotations?.['authorization.k8s.io/decision'], 'forbid')
  })

  test('leaves out the stages that the policy leaves out', async () => {
    await server.client.resource(configMaps).list({ namespace: 'default' })
    assert.deepEqual(events, [])
  })

  test('records the beginning and the end of a watch', async () => {
    const stop = new AbortController()
    const path = '/api/v1/namespaces/default/configmaps'
    await server.transport.watch({ method: 'GET', path, query: { watch: '1' }, signal: stop.signal }, () =>
      stop.abort(),
    )
    assert.deepEqual(
      events.map(({ stage }) => stage),
      ['ResponseStarted', 'ResponseComplete'],
    )
  })

  test('keeps what admission finds worth telling', async () => {
    await server.client
      .resource({ group: '', version: 'v1', resource: 'namespaces', kind: 'Namespace', namespaced: false })
      .create({
        metadata: { name: 'strict', labels: { 'pod-security.kubernetes.io/audit': 'restricted' } },
      })
    await server.client
      .resource(serviceAccounts)
      .create({ metadata: { name: 'default', namespace: 'strict' } })
    events.length = 0
    await server.client.resource(pods).create({
      metadata: { name: 'p', namespace: 'strict' },
      spec: {
        automountServiceAccountToken: false,
        containers: [{ name: 'c', image: 'i' }],
      },
    })
    assert.match(
      only().annotations?.['pod-security.kubernetes.io/audit-violations'] ?? '',
      /restricted:latest/,
    )
  })

  test('refuses a request that it cannot announce', async () => {
    isBroken = true
    const strict = createAuditor({
      policy: { rules: [{ level: 'None', users: ['system:apiserver'] }, { level: 'Metadata' }] },
      backend,
      counts: auditCounts(),
      clock: systemClock,
    })
    const other = await startTestApiServer({ auditor: strict, namespaces: [] })
    try {
      await assert.rejects(other.client.resource(configMaps).get('default', 'a'), {
        code: 500,
        message: 'Internal error occurred: failed to store audit event',
      })
      assert.equal(strict.counts.rejected > 0, true)
    } finally {
      isBroken = false
      await other.stop()
    }
  })
})
