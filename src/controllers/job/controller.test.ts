import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { events, jobs, pods } from '#api/resources.ts'
import type { Job } from '#api/types/batch.ts'
import type { Pod } from '#api/types/core.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { startTestControllers, type TestControllers } from '#controllers/testing.ts'

let server: TestApiServer
let controllers: TestControllers

/** The image says how the pod ends: `exit-0`, `exit-42`, `exit-1-at-1` (at that index only, else 0); others run on. */
function exitCode(pod: Pod): number | undefined {
  const found = /^exit-(\d+)(?:-at-(\d+))?$/.exec(pod.spec?.containers[0]?.image ?? '')
  if (!found) return undefined
  const index = pod.metadata?.annotations?.['batch.kubernetes.io/job-completion-index']
  if (found[2] === undefined || found[2] === index) return Number(found[1])
  return found[1] === '9' ? undefined : 0
}

before(async () => {
  server = await startTestApiServer({ secured: true })
  controllers = await startTestControllers(server.client, {
    controllers: ['serviceaccount-controller', 'job-controller', 'garbage-collector-controller'],
    livePods: true,
    exitCode,
    clientFor: (account) =>
      server.clientAs({
        name: `system:serviceaccount:kube-system:${account}`,
        groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
      }),
  })
})

after(async () => {
  await controllers.stop()
  await server.stop()
})

const job = (name: string, image: string, spec: object = {}): Promise<Job> =>
  server.client.resource(jobs).create({
    metadata: { name, namespace: 'default' },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image }] } }, ...spec },
  } as Job)

const condition = (object: Job | undefined, type: string) =>
  object?.status?.conditions?.find((found) => found.type === type && found.status === 'True')

const ended = (name: string, type: 'Complete' | 'Failed') =>
  controllers.until(jobs, `default/${name}`, (object) => condition(object, type) !== undefined)

const podsOf = async (name: string) =>
  (await server.client.resource(pods).list({ namespace: 'default', labelSelector: `job-name=${name}` })).items

/** Without what differs from run to run. */
function essence(object: Job | undefined): object {
  const { startTime: _start, completionTime: _completion, conditions, ...counts } = object?.status ?? {}
  return {
    ...counts,
    conditions: conditions?.map(({ type, status, reason, message }) => [type, status, reason, message]),
  }
}

/** Resolves when these events, and no others, have been told about a Job. */
const told = (name: string, ...reasons: string[]) =>
  controllers.untilAll(
    events,
    (all) =>
      all
        .filter(({ involvedObject }) => involvedObject.name === name)
        .map(({ reason }) => reason)
        .sort()
        .join() === reasons.sort().join(),
  )

const COMPLETED = 'Reached expected number of succeeded pods'

test('a Job ends when its pod has, and is counted once', async () => {
  await job('ok', 'exit-0')
  assert.deepEqual(essence(await ended('ok', 'Complete')), {
    succeeded: 1,
    ready: 0,
    terminating: 0,
    uncountedTerminatedPods: {},
    conditions: [
      ['SuccessCriteriaMet', 'True', 'CompletionsReached', COMPLETED],
      ['Complete', 'True', 'CompletionsReached', COMPLETED],
    ],
  })
  const [pod] = await podsOf('ok')
  assert.equal(pod?.metadata?.finalizers, undefined)
  await told('ok', 'SuccessfulCreate', 'Completed')
})

test('several at a time until there are enough', async () => {
  let most = 0
  const stop = controllers.informers.informer(pods).onChange(() => {
    const running = controllers.informers
      .informer(pods)
      .list('default')
      .filter(
        ({ metadata, status }) => metadata?.labels?.['job-name'] === 'many' && status?.phase !== 'Succeeded',
      )
    most = Math.max(most, running.length)
  })
  await job('many', 'exit-0', { completions: 5, parallelism: 2 })
  const done = await ended('many', 'Complete')
  stop()
  assert.equal(done?.status?.succeeded, 5)
  assert.equal((await podsOf('many')).length, 5)
  assert.ok(most <= 2)
})

test('after too many failures it fails', async () => {
  await job('bad', 'exit-1', { backoffLimit: 0 })
  const failed = await ended('bad', 'Failed')
  assert.deepEqual(essence(failed), {
    failed: 1,
    ready: 0,
    terminating: 0,
    uncountedTerminatedPods: {},
    conditions: [
      ['FailureTarget', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit'],
      ['Failed', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit'],
    ],
  })
  await told('bad', 'SuccessfulCreate', 'BackoffLimitExceeded')
})

test('a rule about exit codes can end it at once', async () => {
  const rules = [{ action: 'FailJob', onExitCodes: { containerName: 'main', operator: 'In', values: [42] } }]
  await job('policy', 'exit-42', { backoffLimit: 5, podFailurePolicy: { rules } })
  const failed = await ended('policy', 'Failed')
  assert.match(
    condition(failed, 'Failed')?.message ?? '',
    /^Container main for pod default\/policy-\w+ failed with exit code 42 matching FailJob rule at index 0$/,
  )
})

test('each index has its pod, and one that fails too often fails alone', async () => {
  await job('indexed', 'exit-1-at-1', {
    completions: 3,
    parallelism: 3,
    completionMode: 'Indexed',
    backoffLimitPerIndex: 0,
  })
  const failed = await ended('indexed', 'Failed')
  assert.equal(failed?.status?.completedIndexes, '0,2')
  assert.equal(failed?.status?.failedIndexes, '1')
  assert.equal(condition(failed, 'Failed')?.reason, 'FailedIndexes')
  const [pod] = (await podsOf('indexed')).filter(({ spec }) => spec?.hostname === 'indexed-1')
  assert.match(pod?.metadata?.name ?? '', /^indexed-1-\w{5}$/)
  assert.equal(pod?.metadata?.annotations?.['batch.kubernetes.io/job-index-failure-count'], '0')
  assert.deepEqual(pod?.spec?.containers[0]?.env?.[0]?.name, 'JOB_COMPLETION_INDEX')
})

test('a success policy ends it before all indexes have succeeded', async () => {
  // Index 0 ends; the others would run on.
  await job('early', 'exit-9-at-9', {
    completions: 3,
    parallelism: 3,
    completionMode: 'Indexed',
    successPolicy: { rules: [{ succeededIndexes: '0' }] },
  })
  await controllers.until(jobs, 'default/early', (object) => object?.status?.ready === 3)
  const first = (await podsOf('early')).find(({ spec }) => spec?.hostname === 'early-0')
  await server.client
    .resource(pods)
    .patch(
      'default',
      first?.metadata?.name ?? '',
      'merge',
      { status: { phase: 'Succeeded', conditions: null } },
      { subresource: 'status' },
    )
  const done = await ended('early', 'Complete')
  assert.deepEqual([done?.status?.succeeded, done?.status?.completedIndexes], [1, '0'])
  assert.equal(condition(done, 'Complete')?.message, 'Matched rules at index 0')
  assert.equal((await podsOf('early')).length, 1)
})

test('suspended it has no pods, resumed it goes on', async () => {
  await job('later', 'exit-0', { suspend: true })
  const waiting = await controllers.until(
    jobs,
    'default/later',
    (object) => condition(object, 'Suspended') !== undefined,
  )
  assert.equal(waiting?.status?.startTime, undefined)
  assert.deepEqual(await podsOf('later'), [])
  await server.client.resource(jobs).patch('default', 'later', 'merge', { spec: { suspend: false } })
  const done = await ended('later', 'Complete')
  assert.deepEqual(done?.status?.conditions?.[0]?.reason, 'JobResumed')
  await told('later', 'Suspended', 'SuccessfulCreate', 'Resumed', 'Completed')
})

test('suspending takes running pods away without counting them', async () => {
  await job('stop', 'runs', { parallelism: 2, completions: 2 })
  await controllers.until(jobs, 'default/stop', (object) => object?.status?.ready === 2)
  await server.client.resource(jobs).patch('default', 'stop', 'merge', { spec: { suspend: true } })
  const stopped = await controllers.until(
    jobs,
    'default/stop',
    (object) =>
      (object?.status?.active ?? 0) === 0 && object?.status?.terminating === 0 && object.status.ready === 0,
  )
  assert.equal(stopped?.status?.failed, undefined)
})

test('a deadline ends it, and it is told when the pods are gone', async () => {
  await job('slow', 'runs', { activeDeadlineSeconds: 1 })
  const failed = await ended('slow', 'Failed')
  assert.equal(condition(failed, 'Failed')?.reason, 'DeadlineExceeded')
  assert.equal(failed?.status?.failed, 1)
  assert.deepEqual(await podsOf('slow'), [])
})

test('deleting a Job leaves no pod behind, finalizers or not', async () => {
  await job('gone', 'runs', { parallelism: 2, completions: 2 })
  await controllers.until(jobs, 'default/gone', (object) => object?.status?.ready === 2)
  const [pod] = await podsOf('gone')
  await server.client.resource(jobs).delete('default', 'gone', { propagationPolicy: 'Background' })
  await controllers.until(pods, `default/${pod?.metadata?.name}`, (object) => object === undefined)
})

test('pods that fail together are counted together: none is deleted that ends by itself', async () => {
  await job('together', 'exit-42', {
    parallelism: 3,
    completions: 3,
    podFailurePolicy: {
      rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }],
    },
  })
  const object = await ended('together', 'Failed')
  assert.equal(object?.status?.failed, 3)
  assert.equal((await podsOf('together')).filter(({ status }) => status?.phase === 'Failed').length, 3)
})
