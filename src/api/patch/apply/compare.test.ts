import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '#api/meta/object.ts'
import { compareObjects } from '#api/patch/apply/compare.ts'
import { DEDUCED, type MergeType } from '#api/patch/apply/merge-type.ts'
import { CONFIG_MAP, DEPLOYMENT, pathsOf, withContainers } from '#api/patch/apply/testing.ts'

interface Case {
  readonly type?: MergeType
  readonly before: JsonObject
  readonly after: JsonObject
  readonly added?: string[]
  readonly modified?: string[]
  readonly removed?: string[]
}

/** An object whose `data` is JSON of any kind. */
const ANY: MergeType = {
  map: { atomic: false, fields: new Map([['data', { type: DEDUCED, element: 'f:data' }]]) },
}

const CONTAINERS = '.spec.template.spec.containers'

const cases: Record<string, Case> = {
  'nothing differs': { before: { spec: { replicas: 1 } }, after: { spec: { replicas: 1 } } },
  'a scalar': {
    before: { spec: { replicas: 1 } },
    after: { spec: { replicas: 2 } },
    modified: ['.spec.replicas'],
  },
  'a struct that comes is a field itself': {
    before: { spec: {} },
    after: { spec: { strategy: { type: 'Recreate' } } },
    added: ['.spec.strategy', '.spec.strategy.type'],
  },
  'what an empty struct is filled with': {
    before: { spec: { strategy: {} } },
    after: { spec: { strategy: { type: 'Recreate' } } },
    added: ['.spec.strategy.type'],
  },
  'a struct of one piece': {
    before: { spec: { selector: { matchLabels: { a: 'b' } } } },
    after: { spec: { selector: { matchLabels: { a: 'c' } } } },
    modified: ['.spec.selector'],
  },
  'a key of a map': {
    before: { metadata: { labels: { a: '1', b: '2' } } },
    after: { metadata: { labels: { b: '3', c: '4' } } },
    added: ['.metadata.labels.c'],
    modified: ['.metadata.labels.b'],
    removed: ['.metadata.labels.a'],
  },
  'items of a list by their keys, wherever they stand': {
    before: withContainers({ name: 'a', image: '1' }, { name: 'b', image: '1' }),
    after: withContainers({ name: 'b', image: '2' }, { name: 'a', image: '1' }, { name: 'c' }),
    added: [`${CONTAINERS}[name="c"]`, `${CONTAINERS}[name="c"].name`],
    modified: [`${CONTAINERS}[name="b"].image`],
  },
  'keys that are absent stand for their defaults': {
    before: withContainers({ name: 'a', ports: [{ containerPort: 80 }] }),
    after: withContainers({ name: 'a', ports: [{ containerPort: 80, protocol: 'TCP' }] }),
    added: [`${CONTAINERS}[name="a"].ports[containerPort=80,protocol="TCP"].protocol`],
  },
  'items of a set by their value': {
    type: CONFIG_MAP,
    before: { metadata: { finalizers: ['a', 'b'] } },
    after: { metadata: { finalizers: ['b', 'c'] } },
    added: ['.metadata.finalizers[="c"]'],
    removed: ['.metadata.finalizers[="a"]'],
  },
  'items that come to be there twice are one piece': {
    before: withContainers({ name: 'a', image: '1' }),
    after: withContainers({ name: 'a', image: '1' }, { name: 'a', image: '2' }),
    added: [`${CONTAINERS}[name="a"]`],
    removed: [`${CONTAINERS}[name="a"]`, `${CONTAINERS}[name="a"].image`, `${CONTAINERS}[name="a"].name`],
  },
  'null and empty differ, and are leaves': {
    type: CONFIG_MAP,
    before: { data: {}, binaryData: null },
    after: { data: null, binaryData: { a: '' } },
    added: ['.binaryData.a'],
    modified: ['.data'],
  },
  'JSON whose shape changes': {
    type: ANY,
    before: { data: { x: { y: 1 }, z: 1 } },
    after: { data: { x: 5, z: { w: 1 } } },
    added: ['.data.z.w'],
    modified: ['.data.x', '.data.z'],
    removed: ['.data.x.y'],
  },
}

for (const [name, { type, before, after, ...wanted }] of Object.entries(cases)) {
  test(name, () => {
    const { added, modified, removed } = compareObjects(type ?? DEPLOYMENT, before, after)
    const found = { added: pathsOf(added), modified: pathsOf(modified), removed: pathsOf(removed) }
    assert.deepEqual(found, { added: [], modified: [], removed: [], ...wanted })
  })
}
