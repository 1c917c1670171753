import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { controllerRevision } from '#api/kinds/apps/controller-revision.ts'
import { daemonSet } from '#api/kinds/apps/daemon-set.ts'
import { deployment } from '#api/kinds/apps/deployment.ts'
import { replicaSet } from '#api/kinds/apps/replica-set.ts'
import { statefulSet } from '#api/kinds/apps/stateful-set.ts'
import { replicationController } from '#api/kinds/core/replication-controller.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'
import { cellsOf, created, errorsOfNew, errorsOfUpdate, updated } from '#api/kinds/testing.ts'
import type { JsonObject } from '#api/meta/object.ts'

const LABELS = { app: 'web' }
const TEMPLATE = { metadata: { labels: LABELS }, spec: { containers: [{ name: 'web', image: 'a:1' }] } }

const workloadOf = (spec: object, metadata: object = {}): JsonObject => ({
  metadata: { name: 'w', namespace: 'default', ...metadata },
  spec: { selector: { matchLabels: LABELS }, template: TEMPLATE, ...spec },
})

const specOf = (kind: KindDefinition, spec: object = {}): JsonObject =>
  created(kind, workloadOf(spec))['spec'] as JsonObject

const SELECTING = [deployment, replicaSet, daemonSet, statefulSet]

describe('every workload with a selector', () => {
  for (const kind of SELECTING) {
    test(`${kind.kind} is well formed`, () => assert.deepEqual(errorsOfNew(kind, workloadOf({})), []))
    test(`${kind.kind} selects its own template`, () => {
      const errors = errorsOfNew(kind, workloadOf({ selector: { matchLabels: { app: 'other' } } }))
      assert.deepEqual(errors, [
        'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
      ])
    })
    test(`${kind.kind} selects something`, () => {
      const [error = ''] = errorsOfNew(kind, workloadOf({ selector: {} }))
      assert.match(error, /^spec.selector: Invalid value: {}: empty selector is invalid for/)
    })
    test(`${kind.kind} keeps its pods running`, () => {
      const template = { ...TEMPLATE, spec: { ...TEMPLATE.spec, restartPolicy: 'Never' } }
      assert.ok(
        errorsOfNew(kind, workloadOf({ template })).includes(
          'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
        ),
      )
    })
    test(`${kind.kind} counts changes of its spec alone`, () => {
      assert.equal(kind.hasGeneration, true)
    })
  }
})

describe('Deployment', () => {
  test('defaults', () => {
    const { replicas, strategy, revisionHistoryLimit, progressDeadlineSeconds } = specOf(deployment)
    assert.deepEqual(
      { replicas, strategy, revisionHistoryLimit, progressDeadlineSeconds },
      {
        replicas: 1,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
      },
    )
  })
  const rows: readonly (readonly [name: string, spec: object, errors: readonly string[]])[] = [
    [
      'a rollout that cannot move',
      { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } },
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0'],
    ],
    [
      'a deadline that comes too soon',
      { minReadySeconds: 10, progressDeadlineSeconds: 10 },
      ['spec.progressDeadlineSeconds: Invalid value: 10: must be greater than minReadySeconds'],
    ],
    [
      'more than all',
      { strategy: { rollingUpdate: { maxUnavailable: '101%' } } },
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
    ],
    [
      'fewer than none',
      { replicas: -1 },
      ['spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    ],
  ]
  for (const [name, spec, errors] of rows) {
    test(name, () => assert.deepEqual(errorsOfNew(deployment, workloadOf(spec)), errors))
  }
  test('the selector stays', () => {
    const old = created(deployment, workloadOf({}))
    const selector = { matchLabels: { ...LABELS, tier: 'x' } }
    const template = { ...TEMPLATE, metadata: { labels: selector.matchLabels } }
    assert.deepEqual(errorsOfUpdate(deployment, old, workloadOf({ selector, template })), [
      'spec.selector: Invalid value: {"matchLabels":{"app":"web","tier":"x"}}: field is immutable',
    ])
  })
  test('the status is the controller’s', () => {
    const old = created(deployment, workloadOf({}))
    const status = { replicas: 3, readyReplicas: 4, observedGeneration: 1 }
    assert.deepEqual(updated(deployment, old, { ...workloadOf({}), status })['status'], old['status'])
    assert.deepEqual(errorsOfUpdate(deployment, old, { ...workloadOf({}), status }, 'status'), [
      'status.readyReplicas: Invalid value: 4: cannot be greater than status.replicas',
    ])
  })
  test('columns', () => {
    const status = { replicas: 3, readyReplicas: 2, updatedReplicas: 1, availableReplicas: 2 }
    const cells = cellsOf(deployment, { ...created(deployment, workloadOf({ replicas: 3 })), status })
    assert.deepEqual(
      [cells['Ready'], cells['Up-to-date'], cells['Available'], cells['Images'], cells['Selector']],
      ['2/3', 1, 2, 'a:1', 'app=web'],
    )
  })
})

describe('DaemonSet', () => {
  const generation = (object: JsonObject): unknown =>
    ((object['metadata'] as JsonObject)['annotations'] as JsonObject)[
      'deprecated.daemonset.template.generation'
    ]
  const old = created(daemonSet, workloadOf({}))
  test('counts changes of its template', () => {
    const template = { ...TEMPLATE, spec: { containers: [{ name: 'web', image: 'a:2' }] } }
    assert.equal(generation(old), '1')
    assert.equal(generation(updated(daemonSet, old, workloadOf({ template }))), '2')
    assert.equal(generation(updated(daemonSet, old, workloadOf({}))), '1')
  })
  test('has either a surge or pods that are missing', () => {
    const updateStrategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } }
    assert.deepEqual(errorsOfNew(daemonSet, workloadOf({ updateStrategy })), [
      'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
    ])
  })
  test('refuses a generation that is none', () => {
    const annotations = { 'deprecated.daemonset.template.generation': 'x' }
    assert.throws(
      () => created(daemonSet, workloadOf({}, { annotations })),
      /cannot be handled as a DaemonSet/,
    )
  })
})

describe('StatefulSet', () => {
  const claim = {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  }
  test('defaults', () => {
    const { podManagementPolicy, updateStrategy, persistentVolumeClaimRetentionPolicy } = specOf(statefulSet)
    assert.deepEqual(
      { podManagementPolicy, updateStrategy, persistentVolumeClaimRetentionPolicy },
      {
        podManagementPolicy: 'OrderedReady',
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      },
    )
  })
  test('containers may mount the claims', () => {
    const container = { name: 'web', image: 'a:1', volumeMounts: [{ name: 'data', mountPath: '/d' }] }
    const template = { ...TEMPLATE, spec: { containers: [container] } }
    assert.deepEqual(errorsOfNew(statefulSet, workloadOf({ template, volumeClaimTemplates: [claim] })), [])
    assert.deepEqual(errorsOfNew(statefulSet, workloadOf({ template })), [
      'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"',
    ])
  })
  test('most of it stays', () => {
    const old = created(statefulSet, workloadOf({}))
    assert.deepEqual(errorsOfUpdate(statefulSet, old, workloadOf({ replicas: 5, minReadySeconds: 3 })), [])
    const [error = ''] = errorsOfUpdate(statefulSet, old, workloadOf({ serviceName: 'x' }))
    assert.match(error, /^spec: Forbidden: updates to statefulset spec for fields other than/)
  })
})

describe('ReplicationController', () => {
  const object = { metadata: { name: 'rc', namespace: 'default' }, spec: { template: TEMPLATE } }
  test('has the labels of its template', () => {
    const made = created(replicationController, object)
    assert.deepEqual((made['spec'] as JsonObject)['selector'], LABELS)
    assert.deepEqual((made['metadata'] as JsonObject)['labels'], LABELS)
  })
  test('its scale selects as text', () => {
    assert.equal(replicationController.scale?.selector(created(replicationController, object)), 'app=web')
  })
})

test('the data of a ControllerRevision never changes', () => {
  const of = (data: object): JsonObject => ({
    metadata: { name: 'r', namespace: 'default' },
    data,
    revision: 1,
  })
  const old = created(controllerRevision, of({ a: [] }))
  assert.deepEqual(errorsOfUpdate(controllerRevision, old, of({ a: [] })), [])
  assert.deepEqual(errorsOfUpdate(controllerRevision, old, of({ a: {} })), [
    'data: Invalid value: {"a":{}}: field is immutable',
  ])
})
