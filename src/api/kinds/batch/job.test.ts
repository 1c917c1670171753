import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cronJob } from '#api/kinds/batch/cron-job.ts'
import { countIndexes, firstCommonIndex } from '#api/kinds/batch/index-list.ts'
import { job } from '#api/kinds/batch/job.ts'
import { cellsOf, created, errorsOfNew, errorsOfUpdate, warningsOfNew } from '#api/kinds/testing.ts'
import type { JsonObject } from '#api/meta/object.ts'

const CONTAINER = { name: 'main', image: 'a:1' }
const TEMPLATE = { spec: { restartPolicy: 'Never', containers: [CONTAINER] } }
const UID = '11111111-1111-1111-1111-111111111111'

const jobOf = (spec: object, metadata: object = {}): JsonObject => ({
  metadata: { name: 'j', namespace: 'default', uid: UID, ...metadata },
  spec: { template: TEMPLATE, ...spec },
})

/** A Job as a client writes it back. */
const edited = (old: JsonObject, spec: object): JsonObject => ({
  ...old,
  spec: { ...(old['spec'] as JsonObject), ...spec },
})

describe('Job', () => {
  test('a Job that says nothing', () => {
    const { template: _, selector, ...spec } = created(job, jobOf({}))['spec'] as JsonObject
    assert.deepEqual(spec, {
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: 'TerminatingOrFailed',
      manualSelector: false,
    })
    assert.deepEqual(selector, { matchLabels: { 'batch.kubernetes.io/controller-uid': UID } })
  })
  test('its labels are those of its pods, from when it is read', () => {
    const made = created(job, jobOf({}))
    assert.equal((made['metadata'] as JsonObject)['labels'], undefined)
    job.defaults?.(made)
    const labels = {
      'batch.kubernetes.io/controller-uid': UID,
      'batch.kubernetes.io/job-name': 'j',
      'controller-uid': UID,
      'job-name': 'j',
    }
    assert.deepEqual((made['metadata'] as JsonObject)['labels'], labels)
  })

  const rows: readonly (readonly [name: string, spec: object, errors: readonly string[]])[] = [
    ['nothing', {}, []],
    [
      'pods that always restart',
      { template: { spec: { containers: [CONTAINER] } } },
      ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ],
    [
      'indexes without an end',
      { completionMode: 'Indexed', parallelism: 1 },
      ['spec.completions: Required value: when completion mode is Indexed'],
    ],
    [
      'failures by index without indexes',
      { backoffLimitPerIndex: 1 },
      ['spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode'],
    ],
    [
      'a policy without a condition',
      { podFailurePolicy: { rules: [{ action: 'FailJob' }] } },
      [
        'spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required',
      ],
    ],
    [
      'codes out of order',
      { podFailurePolicy: { rules: [{ action: 'Count', onExitCodes: { operator: 'In', values: [2, 1] } }] } },
      ['spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [2,1]: must be ordered'],
    ],
    [
      'more successes than pods',
      {
        completionMode: 'Indexed',
        completions: 3,
        successPolicy: { rules: [{ succeededIndexes: '0-1', succeededCount: 3 }] },
      },
      [
        'spec.successPolicy.rules[0].succeededCount: Invalid value: 3: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)',
      ],
    ],
    [
      'a controller without a domain',
      { managedBy: 'me' },
      ['spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")'],
    ],
  ]
  for (const [name, spec, errors] of rows) {
    test(name, () => assert.deepEqual(errorsOfNew(job, jobOf(spec)), errors))
  }

  test('a name that would be too long for its last pod', () => {
    const name = 'j'.repeat(62)
    assert.deepEqual(errorsOfNew(job, jobOf({ completionMode: 'Indexed', completions: 2 }, { name })), [
      `metadata.name: Invalid value: "${name}": will not able to create pod with invalid DNS label: ${name}-1`,
    ])
  })
})

describe('changes of a Job', () => {
  const old = created(job, jobOf({}))
  const template = (old['spec'] as JsonObject)['template'] as JsonObject
  const onNodes = { ...template, spec: { ...(template['spec'] as JsonObject), nodeSelector: { a: 'b' } } }
  test('how many at once may', () =>
    assert.deepEqual(errorsOfUpdate(job, old, edited(old, { parallelism: 5 })), []))
  test('how many in all may not', () => {
    assert.deepEqual(errorsOfUpdate(job, old, edited(old, { completions: 2 })), [
      'spec.completions: Invalid value: 2: field is immutable',
    ])
  })
  test('the template may not', () => {
    const [error = ''] = errorsOfUpdate(job, old, edited(old, { template: onNodes }))
    assert.match(error, /^spec.template: Invalid value: .*: field is immutable$/)
  })
  test('the nodes of a suspended Job may', () => {
    const suspended = created(job, jobOf({ suspend: true }))
    assert.deepEqual(errorsOfUpdate(job, suspended, edited(suspended, { template: onNodes })), [])
  })
  test('an indexed Job grows with its parallelism', () => {
    const indexed = created(job, jobOf({ completionMode: 'Indexed', completions: 2, parallelism: 2 }))
    assert.deepEqual(errorsOfUpdate(job, indexed, edited(indexed, { completions: 3, parallelism: 3 })), [])
    assert.deepEqual(errorsOfUpdate(job, indexed, edited(indexed, { completions: 3 })), [
      'spec.completions: Invalid value: 3: can only be modified in tandem with spec.parallelism',
    ])
  })
})

describe('the status of a Job', () => {
  const START = '2026-01-01T00:00:00Z'
  const is = (...types: string[]): object => ({ conditions: types.map((type) => ({ type, status: 'True' })) })
  const old = { ...created(job, jobOf({})), status: { startTime: START, active: 1, succeeded: 1 } }
  const rows: readonly (readonly [name: string, status: object, errors: readonly string[]])[] = [
    ['goes on', { startTime: START, active: 2, succeeded: 1 }, []],
    [
      'ends well',
      { startTime: START, completionTime: START, succeeded: 1, ...is('SuccessCriteriaMet', 'Complete') },
      [],
    ],
    [
      'counts back',
      { startTime: START, active: 1 },
      ['status.succeeded: Invalid value: 0: cannot decrease the succeeded counter'],
    ],
    [
      'ends badly without a reason',
      { startTime: START, succeeded: 1, ...is('Failed') },
      [
        'status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition',
      ],
    ],
    [
      'ends with pods',
      { startTime: START, active: 1, succeeded: 1, ...is('FailureTarget', 'Failed') },
      ['status.active: Invalid value: 1: active>0 is invalid for finished job'],
    ],
    [
      'has more ready pods than pods',
      { startTime: START, active: 1, ready: 2, succeeded: 1 },
      ['status.ready: Invalid value: 2: cannot set more ready pods than active'],
    ],
    [
      'starts again',
      { startTime: '2026-01-02T00:00:00Z', active: 1, succeeded: 1 },
      [
        'status.startTime: Invalid value: "2026-01-02T00:00:00Z": field is immutable for unsuspended job once set',
      ],
    ],
  ]
  for (const [name, status, errors] of rows) {
    test(name, () => assert.deepEqual(errorsOfUpdate(job, old, { ...old, status }, 'status'), errors))
  }
  test('columns', () => {
    const status = { startTime: '2026-01-02T03:03:05Z', succeeded: 1, ...is('Suspended') }
    const cells = cellsOf(job, { ...old, status })
    assert.deepEqual([cells['Status'], cells['Completions'], cells['Duration']], ['Suspended', '1/1', '60s'])
  })
})

describe('lists of indexes', () => {
  test('are counted', () => assert.equal(countIndexes('0,2-4,7', 8), 5))
  test('have common indexes', () => {
    assert.equal(firstCommonIndex('0-3', '3,5', 8), 3)
    assert.equal(firstCommonIndex('0-3', '4-5', 8), undefined)
  })
  const rows: readonly (readonly [text: string, message: string])[] = [
    ['8', 'too large index: "8"'],
    ['x', 'cannot convert string to integer for index: "x"'],
    ['3,3', 'non-increasing order, previous: 3, current: 3'],
    ['3-2', 'non-increasing order, previous: 3, current: 2'],
    [
      '1-2-3',
      'the fragment "1-2-3" violates the requirement that an index interval can have at most two parts separated by \'-\'',
    ],
  ]
  for (const [text, message] of rows) {
    test(`not ${text}`, () => assert.throws(() => countIndexes(text, 8), { message }))
  }
})

describe('CronJob', () => {
  const cronJobOf = (spec: object, name = 'c'): JsonObject => ({
    metadata: { name, namespace: 'default' },
    spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template: TEMPLATE } }, ...spec },
  })
  test('a CronJob that says nothing', () => {
    const { jobTemplate: _, ...spec } = created(cronJob, cronJobOf({}))['spec'] as JsonObject
    assert.deepEqual(spec, {
      schedule: '*/5 * * * *',
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    })
  })
  const rows: readonly (readonly [name: string, spec: object, errors: readonly string[]])[] = [
    ['nothing', {}, []],
    ['no schedule', { schedule: '' }, ['spec.schedule: Required value']],
    [
      'a schedule that is none',
      { schedule: '* *' },
      ['spec.schedule: Invalid value: "* *": expected exactly 5 fields, found 2: [* *]'],
    ],
    [
      'a zone in the schedule',
      { schedule: 'TZ=UTC 0 0 * * *' },
      [
        'spec.schedule: Invalid value: "TZ=UTC 0 0 * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
      ],
    ],
    [
      'a zone that is none',
      { timeZone: 'Mars/Base' },
      ['spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base'],
    ],
    [
      'a selector',
      { jobTemplate: { spec: { template: TEMPLATE, selector: { matchLabels: { a: 'b' } } } } },
      [
        'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: `selector` will be auto-generated',
      ],
    ],
  ]
  for (const [name, spec, errors] of rows) {
    test(name, () => assert.deepEqual(errorsOfNew(cronJob, cronJobOf(spec)), errors))
  }
  test('leaves room for the names of its Jobs', () => {
    const name = 'c'.repeat(53)
    assert.deepEqual(errorsOfNew(cronJob, cronJobOf({}, name)), [
      `metadata.name: Invalid value: "${name}": must be no more than 52 characters`,
    ])
  })
  test('a zone that was in the schedule may stay', () => {
    const old = created(cronJob, cronJobOf({ schedule: 'TZ=UTC 0 0 * * *' }))
    assert.deepEqual(errorsOfUpdate(cronJob, old, cronJobOf({ schedule: 'TZ=UTC 1 0 * * *' })), [])
  })
  test('warns of names that are no host names', () => {
    assert.match(warningsOfNew(cronJob, cronJobOf({}, 'a.b'))[0] ?? '', /a DNS label is recommended/)
  })
})
