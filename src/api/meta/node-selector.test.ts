import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isNodeRequired, matchesNodeSelector } from '#api/meta/node-selector.ts'
import type { Node, NodeSelectorTerm } from '#api/types/core.ts'

const node: Node = { metadata: { name: 'n1', labels: { zone: 'a', cpus: '8' } } }
const matches = (...nodeSelectorTerms: NodeSelectorTerm[]) => matchesNodeSelector({ nodeSelectorTerms }, node)
const expression = (key: string, operator: string, ...values: string[]): NodeSelectorTerm => ({
  matchExpressions: [{ key, operator, ...(values.length > 0 && { values }) }],
})

test('a term holds when all its requirements do, a selector when one of its terms does', () => {
  assert.ok(matches(expression('zone', 'In', 'a', 'b')))
  assert.ok(!matches(expression('zone', 'NotIn', 'a')))
  assert.ok(matches(expression('other', 'NotIn', 'a')))
  assert.ok(matches(expression('zone', 'Exists')))
  assert.ok(matches(expression('other', 'DoesNotExist')))
  assert.ok(matches(expression('cpus', 'Gt', '7')))
  assert.ok(!matches(expression('cpus', 'Lt', '8')))
  assert.ok(!matches(expression('zone', 'Gt', '1')))
  assert.ok(!matches({}))
  assert.ok(matches({}, expression('zone', 'Exists')))
  assert.ok(matches({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }))
})

test('a pod needs its node selector and its required affinity', () => {
  const affinity = (term: NodeSelectorTerm) => ({
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } },
  })
  assert.ok(isNodeRequired({ containers: [] }, node))
  assert.ok(isNodeRequired({ containers: [], nodeSelector: { zone: 'a' } }, node))
  assert.ok(!isNodeRequired({ containers: [], nodeSelector: { zone: 'b' } }, node))
  assert.ok(isNodeRequired({ containers: [], affinity: affinity(expression('zone', 'Exists')) }, node))
  assert.ok(!isNodeRequired({ containers: [], affinity: affinity(expression('x', 'Exists')) }, node))
})
