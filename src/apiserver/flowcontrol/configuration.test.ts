import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FlowSchema, PriorityLevelConfiguration } from '#api/types/flowcontrol.ts'
import { configurationOf, danglingCondition } from '#apiserver/flowcontrol/configuration.ts'
import { limitedLevel } from '#apiserver/flowcontrol/testing.ts'

const level = (name: string, spec = limitedLevel(10)): PriorityLevelConfiguration => ({
  metadata: { name, uid: `uid-${name}` },
  spec,
})
const schema = (name: string, levelName: string, matchingPrecedence: number): FlowSchema => ({
  metadata: { name },
  spec: { priorityLevelConfiguration: { name: levelName }, matchingPrecedence },
})

const namesOf = (levels: PriorityLevelConfiguration[], schemas: FlowSchema[]) => {
  const { levels: known, schemas: asked } = configurationOf(levels, schemas)
  return { levels: [...known.keys()].sort(), schemas: asked.map(({ name }) => name) }
}

test('without any object the mandatory ones hold', () => {
  assert.deepEqual(namesOf([], []), { levels: ['catch-all', 'exempt'], schemas: ['exempt', 'catch-all'] })
})

test('schemas are asked by precedence, then by name', () => {
  const schemas = [schema('c', 'a', 5), schema('b', 'a', 7), schema('a', 'a', 7)]
  assert.deepEqual(namesOf([level('a')], schemas).schemas, ['exempt', 'c', 'a', 'b', 'catch-all'])
})

test('a schema without a level, and a level that contradicts itself, are left out', () => {
  const broken = [
    level('both', { ...limitedLevel(1), exempt: {} }),
    level('exempt-under-another-name', { type: 'Exempt', exempt: {} }),
    level('queue-without-queues', { type: 'Limited', limited: { limitResponse: { type: 'Queue' } } }),
  ]
  const schemas = [schema('lost', 'nowhere', 1), schema('misled', 'both', 1)]
  assert.deepEqual(namesOf(broken, schemas), namesOf([], []))
})

test('a stored mandatory object has its UID', () => {
  const { levels } = configurationOf([level('catch-all')], [])
  assert.equal(levels.get('catch-all')?.uid, 'uid-catch-all')
  assert.equal(levels.get('exempt')?.uid, '')
})

test('a schema tells whether its level exists, in words and once', () => {
  const found = danglingCondition(schema('s', 'there', 1), new Set(['there']), 'now')
  assert.equal(found?.status, 'False')
  assert.equal(
    found?.message,
    'This FlowSchema references the PriorityLevelConfiguration object named "there" and it exists',
  )
  const reported = { ...schema('s', 'there', 1), status: { conditions: [found!] } }
  assert.equal(danglingCondition(reported, new Set(['there']), 'later'), undefined)
  const gone = danglingCondition(reported, new Set(), 'later')
  assert.deepEqual([gone?.status, gone?.reason, gone?.lastTransitionTime], ['True', 'NotFound', 'later'])
  assert.match(gone?.message ?? '', /but there is no such object$/)
})
