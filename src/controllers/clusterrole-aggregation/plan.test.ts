import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClusterRole, PolicyRule } from '#api/types/rbac.ts'
import { planAggregation } from '#controllers/clusterrole-aggregation/plan.ts'

const rule = (resource: string): PolicyRule => ({ verbs: ['get'], apiGroups: [''], resources: [resource] })
const role = (
  name: string,
  rules: readonly PolicyRule[],
  labels: Record<string, string> = {},
): ClusterRole => ({
  metadata: { name, labels },
  rules,
})
const edit = (rules: readonly PolicyRule[] = []): ClusterRole => ({
  ...role('edit', rules, { to: 'edit' }),
  aggregationRule: { clusterRoleSelectors: [{ matchLabels: { to: 'edit' } }] },
})

test('rules of all that carry the label, by name, each once, and not its own', () => {
  const all = [
    edit(),
    role('b', [rule('pods'), rule('nodes')], { to: 'edit' }),
    role('a', [rule('pods')], { to: 'edit' }),
    role('c', [rule('x')]),
  ]
  assert.deepEqual(planAggregation(edit(), all)?.rules, [rule('pods'), rule('nodes')])
})

test('nothing to do', () => {
  assert.equal(planAggregation(edit([rule('pods')]), [role('a', [rule('pods')], { to: 'edit' })]), undefined)
  assert.equal(planAggregation(role('plain', []), []), undefined)
})
