// Conditions under which a webhook is asked at all: expressions over the `request`, a SubjectAccessReview's spec.
//
// One that is false settles it: not asked. Else one that cannot be evaluated is a failure of the webhook.
// Upstream: staging/src/k8s.io/apiserver/pkg/authorization/cel/{compile,matcher}.go

import { type CelCompilation, type CelProgram, compileCel } from '#api/cel/compile.ts'
import { celEnvironment } from '#api/cel/environment.ts'
import { type CelValue, celValue } from '#api/cel/values.ts'
import type { SubjectAccessReviewSpec } from '#api/types/authorization.ts'

export type MatchCondition = CelProgram
export type MatchConditionCompiler = (expression: string) => CelCompilation

const TEXTS = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 'string']))

/** The environment of conditions; made once for a server. */
export function matchConditionCompiler(): MatchConditionCompiler {
  const selector = { rawSelector: 'string', requirements: 'list<kubernetes.SelectorRequirement>' }
  const environment = celEnvironment({
    types: {
      'kubernetes.SelectorRequirement': { key: 'string', operator: 'string', values: 'list<string>' },
      'kubernetes.FieldSelectorAttributes': selector,
      'kubernetes.LabelSelectorAttributes': selector,
      'kubernetes.ResourceAttributes': {
        ...TEXTS('namespace', 'verb', 'group', 'version', 'resource', 'subresource', 'name'),
        fieldSelector: 'kubernetes.FieldSelectorAttributes',
        labelSelector: 'kubernetes.LabelSelectorAttributes',
      },
      'kubernetes.NonResourceAttributes': TEXTS('path', 'verb'),
      'kubernetes.SubjectAccessReviewSpec': {
        resourceAttributes: 'kubernetes.ResourceAttributes',
        nonResourceAttributes: 'kubernetes.NonResourceAttributes',
        ...TEXTS('user', 'uid'),
        groups: 'list<string>',
        extra: 'map<string, list<string>>',
      },
    },
    variables: { request: 'kubernetes.SubjectAccessReviewSpec' },
  })
  return (expression) => {
    const compilation = compileCel(expression, environment)
    const type = compilation.program?.type ?? 'bool'
    return type === 'bool' ? compilation : { problem: `must evaluate to bool but got ${type}` }
  }
}

/** Whether all conditions hold; throws an Error where one has no answer and none is false. */
export function matchesAll(conditions: readonly MatchCondition[], spec: SubjectAccessReviewSpec): boolean {
  if (conditions.length === 0) return true
  const request = requestValue(spec)
  const problems: string[] = []
  for (const condition of conditions) {
    try {
      if (condition.evaluate({ request }) !== true) return false
    } catch (error) {
      const why = (error as Error).message
      problems.push(`cel evaluation error: expression '${condition.source}' resulted in error: ${why}`)
    }
  }
  if (problems.length === 0) return true
  throw new Error(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`)
}

/** Every text is there, if only empty: conditions need not ask whether it is. */
function requestValue(spec: SubjectAccessReviewSpec): CelValue {
  const { user = '', uid = '', groups = [], extra = {}, resourceAttributes, nonResourceAttributes } = spec
  const texts = { namespace: '', verb: '', group: '', version: '', resource: '', subresource: '', name: '' }
  return {
    user,
    uid,
    groups,
    extra: celValue(extra),
    ...(resourceAttributes && { resourceAttributes: { ...texts, ...resourceAttributes } }),
    ...(nonResourceAttributes && { nonResourceAttributes: { path: '', verb: '', ...nonResourceAttributes } }),
  }
}
