import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pod, START } from '#kubelet/pods/fixtures.ts'
import { finalStatus, illegalTransition, mergedStatus, nextStatus } from '#kubelet/status/merge-status.ts'

const running = {
  name: 'main',
  image: '',
  imageID: '',
  ready: true,
  restartCount: 0,
  started: true,
  state: { running: {} },
}
const ended = (exitCode: number) => ({ ...running, ready: false, state: { terminated: { exitCode } } })

test('a condition keeps its time while it stays what it is', () => {
  const old = {
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: 'then' }],
    startTime: 'start',
  }
  const found = {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Initialized', status: 'True' },
    ],
  }
  const next = nextStatus(pod(), old, found, START)
  assert.deepEqual(
    next.conditions?.map(({ lastTransitionTime }) => lastTransitionTime),
    ['then', '2026-01-01T00:00:00Z'],
  )
  assert.equal(next.startTime, 'start')
})

test('a pod is not reported as ended while something of it may run', () => {
  const merged = mergedStatus(
    { phase: 'Running' },
    { phase: 'Failed', reason: 'Evicted', message: 'm' },
    true,
  )
  assert.deepEqual([merged.phase, merged.reason, merged.message], ['Running', undefined, undefined])
  assert.equal(mergedStatus({ phase: 'Running' }, { phase: 'Failed' }, false).phase, 'Failed')
})

test('conditions of others stay as they are stored', () => {
  const stored = {
    conditions: [
      { type: 'example.com/gate', status: 'True' },
      { type: 'Ready', status: 'False' },
    ],
  }
  const next = { conditions: [{ type: 'Ready', status: 'True' }] }
  assert.deepEqual(mergedStatus(stored, next, true).conditions, [
    { type: 'example.com/gate', status: 'True' },
    { type: 'Ready', status: 'True' },
  ])
})

test('a pod that has ended is not ready', () => {
  const next = { phase: 'Succeeded', conditions: [{ type: 'Ready', status: 'True' }] }
  assert.deepEqual(mergedStatus({}, next, false).conditions, [
    { type: 'Ready', status: 'False', reason: 'PodCompleted' },
  ])
})

test('at the very end every container has one', () => {
  const final = finalStatus({ phase: 'Running', containerStatuses: [running, { ...ended(0), name: 'done' }] })
  assert.equal(final.phase, 'Failed')
  assert.equal(final.containerStatuses?.[0]?.state?.terminated?.reason, 'ContainerStatusUnknown')
  assert.equal(final.containerStatuses?.[1]?.state?.terminated?.exitCode, 0)
})

test('a container does not come back from an end that its policy makes final', () => {
  const statuses = (status: typeof running | ReturnType<typeof ended>) => ({ containerStatuses: [status] })
  const never = pod({ restartPolicy: 'Never' })
  assert.equal(illegalTransition(never, statuses(ended(0)), statuses(running)), 'main')
  assert.equal(illegalTransition(pod(), statuses(ended(0)), statuses(running)), undefined)
  const onFailure = pod({ restartPolicy: 'OnFailure' })
  assert.equal(illegalTransition(onFailure, statuses(ended(1)), statuses(running)), undefined)
  assert.equal(illegalTransition(onFailure, statuses(ended(0)), statuses(running)), 'main')
})
