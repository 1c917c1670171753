import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pod } from '#api/kinds/core/pod.ts'
import { cellsOf } from '#api/kinds/testing.ts'

const running = (name: string, ready = true): object => ({
  name,
  ready,
  restartCount: 0,
  state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
})

const cells = (status: object, more: object = {}): Record<string, unknown> =>
  cellsOf(pod, {
    metadata: { name: 'p', creationTimestamp: '2026-01-02T03:03:05Z' },
    spec: { containers: [{ name: 'a' }, { name: 'b' }] },
    status,
    ...more,
  })

describe('the status of a pod', () => {
  const rows: readonly (readonly [name: string, status: object, text: string, ready: string])[] = [
    ['new', { phase: 'Pending' }, 'Pending', '0/2'],
    ['running', { phase: 'Running', containerStatuses: [running('a'), running('b')] }, 'Running', '2/2'],
    [
      'half ready',
      { phase: 'Running', containerStatuses: [running('a'), running('b', false)] },
      'Running',
      '1/2',
    ],
    [
      'without its image',
      {
        phase: 'Pending',
        containerStatuses: [{ name: 'a', state: { waiting: { reason: 'ImagePullBackOff' } } }],
      },
      'ImagePullBackOff',
      '0/2',
    ],
    [
      'failed',
      { phase: 'Failed', containerStatuses: [{ name: 'a', state: { terminated: { exitCode: 2 } } }] },
      'ExitCode:2',
      '0/2',
    ],
    ['evicted', { phase: 'Failed', reason: 'Evicted' }, 'Evicted', '0/2'],
    [
      'gated',
      {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }],
      },
      'SchedulingGated',
      '0/2',
    ],
  ]
  for (const [name, status, text, ready] of rows) {
    test(name, () => {
      const { Status, Ready } = cells(status)
      assert.deepEqual([Status, Ready], [text, ready])
    })
  }
  test('terminating', () => {
    const metadata = { name: 'p', deletionTimestamp: '2026-01-02T00:00:00Z' }
    assert.equal(cells({ phase: 'Running' }, { metadata })['Status'], 'Terminating')
  })
  test('initializing', () => {
    const spec = { containers: [{ name: 'a' }], initContainers: [{ name: 'i' }, { name: 'j' }] }
    const initContainerStatuses = [{ name: 'i', state: { terminated: { exitCode: 0 } } }, running('j', false)]
    assert.equal(cells({ phase: 'Pending', initContainerStatuses }, { spec })['Status'], 'Init:1/2')
  })
})

test('age and restarts', () => {
  const status = {
    phase: 'Running',
    containerStatuses: [
      {
        ...running('a'),
        restartCount: 3,
        lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-02T02:04:05Z' } },
      },
    ],
  }
  const { Age, Restarts } = cells(status)
  assert.deepEqual([Age, Restarts], ['60s', '3 (60m ago)'])
})
