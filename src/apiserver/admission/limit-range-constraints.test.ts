import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LimitRangeItem } from '#api/types/core.ts'
import { amountsOf, itemFaults } from '#apiserver/admission/limit-range-constraints.ts'

test('what a LimitRange refuses, in its words', () => {
  const item = (more: Partial<LimitRangeItem>): LimitRangeItem => ({ type: 'Container', ...more })
  type Row = readonly [
    name: string,
    item: LimitRangeItem,
    requests: Record<string, string>,
    limits: Record<string, string> | undefined,
    faults: readonly string[],
  ]
  const rows: readonly Row[] = [
    ['within', item({ min: { cpu: '50m' }, max: { cpu: '2' } }), { cpu: '100m' }, { cpu: '1' }, []],
    [
      'too little',
      item({ min: { cpu: '50m' } }),
      { cpu: '10m' },
      {},
      ['minimum cpu usage per Container is 50m, but request is 10m'],
    ],
    [
      'nothing asked',
      item({ min: { cpu: '50m' } }),
      {},
      {},
      ['minimum cpu usage per Container is 50m.  No request is specified'],
    ],
    [
      'too much',
      item({ max: { memory: '1Gi' } }),
      { memory: '2Gi' },
      { memory: '2Gi' },
      ['maximum memory usage per Container is 1Gi, but limit is 2Gi'],
    ],
    [
      'no limit',
      item({ max: { cpu: '1' } }),
      { cpu: '1' },
      {},
      ['maximum cpu usage per Container is 1.  No limit is specified'],
    ],
    [
      'ratio',
      item({ maxLimitRequestRatio: { cpu: '8' } }),
      { cpu: '60m' },
      { cpu: '1' },
      ['cpu max limit to request ratio per Container is 8, but provided ratio is 16.666667'],
    ],
    [
      'ratio without request',
      item({ maxLimitRequestRatio: { cpu: '8' } }),
      {},
      { cpu: '1' },
      ['cpu max limit to request ratio per Container is 8, but no request is specified or request is 0'],
    ],
    [
      'a claim',
      item({ type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } }),
      { storage: '3Gi' },
      undefined,
      ['maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi'],
    ],
  ]
  for (const [name, limit, requests, limits, faults] of rows) {
    assert.deepEqual(itemFaults(limit, amountsOf(requests), limits && amountsOf(limits)), faults, name)
  }
})
