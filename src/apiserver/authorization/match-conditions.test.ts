import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SubjectAccessReviewSpec } from '#api/types/authorization.ts'
import { matchConditionCompiler, matchesAll } from '#apiserver/authorization/match-conditions.ts'

const compiler = matchConditionCompiler()
const compiled = (source: string) => {
  const { program, problem } = compiler(source)
  assert.ok(program, problem)
  return program
}
const PODS: SubjectAccessReviewSpec = {
  user: 'jane',
  groups: ['dev'],
  extra: { 'acme.io/team': ['blue'] },
  resourceAttributes: {
    verb: 'list',
    resource: 'pods',
    labelSelector: { requirements: [{ key: 'app', operator: 'In', values: ['a'] }] },
  },
}
const METRICS: SubjectAccessReviewSpec = {
  user: 'bob',
  nonResourceAttributes: { path: '/metrics', verb: 'get' },
}

describe('whether a webhook is asked', () => {
  const rows: readonly (readonly [
    conditions: readonly string[],
    spec: SubjectAccessReviewSpec,
    matches: boolean,
  ])[] = [
    [[], PODS, true],
    [['request.user == "jane"', '"dev" in request.groups'], PODS, true],
    [['has(request.resourceAttributes)'], METRICS, false],
    [['request.resourceAttributes.namespace == ""'], PODS, true],
    [['request.extra["acme.io/team"][0] == "blue"'], PODS, true],
    [['request.resourceAttributes.labelSelector.requirements.exists(r, r.key == "app")'], PODS, true],
    [['has(request.resourceAttributes.fieldSelector)'], PODS, false],
    [['request.?nonResourceAttributes.?path.orValue("").startsWith("/met")'], METRICS, true],
    [['request.resourceAttributes.verb == "get"', 'false'], METRICS, false],
  ]
  for (const [conditions, spec, matches] of rows) {
    test(conditions.join(' and ') || 'no condition', () => {
      assert.equal(matchesAll(conditions.map(compiled), spec), matches)
    })
  }
})

test('a condition without an answer is an error unless another is false', () => {
  const condition = compiled('request.resourceAttributes.verb == "get"')
  assert.throws(() => matchesAll([condition], METRICS), {
    message: `cel evaluation error: expression '${condition.source}' resulted in error: no such key: resourceAttributes`,
  })
})
