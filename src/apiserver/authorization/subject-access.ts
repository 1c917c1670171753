// A request as the spec of a SubjectAccessReview: what webhooks are asked.
//
// Selectors only ever narrow a request, so a requirement that cannot be said on the other side is left out: that asks for
// more, never for less. Upstream: resourceAttributesFrom in
// staging/src/k8s.io/apiserver/plugin/pkg/authorizer/webhook/webhook.go, pkg/registry/authorization/util/helpers.go

import type { Operator } from '#api/meta/selectors.ts'
import { parseFieldSelector } from '#api/meta/selectors-fields.ts'
import { parseSelector } from '#api/meta/selectors-parse.ts'
import type { ResourceAttributes, SubjectAccessReviewSpec } from '#api/types/authorization.ts'
import type { RequestInfo, UserInfo } from '#apiserver/request.ts'

export function subjectAccessSpec(user: UserInfo, info: RequestInfo): SubjectAccessReviewSpec {
  return {
    ...(info.isResourceRequest
      ? { resourceAttributes: resourceAttributes(info) }
      : { nonResourceAttributes: { path: info.path, verb: info.verb } }),
    user: user.name,
    ...(user.groups.length > 0 && { groups: user.groups }),
    ...(user.extra && { extra: user.extra }),
    ...(user.uid && { uid: user.uid }),
  }
}

function resourceAttributes(info: RequestInfo): ResourceAttributes {
  const { namespace, verb, group, version, resource, subresource, name } = info
  const given = { namespace, verb, group, version, resource, subresource, name }
  const fields = fieldRequirements(info.fieldSelector)
  const labels = labelRequirements(info.labelSelector)
  return {
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== '')),
    ...(fields.length > 0 && { fieldSelector: { requirements: fields } }),
    ...(labels.length > 0 && { labelSelector: { requirements: labels } }),
  }
}

function fieldRequirements(text: string | undefined) {
  return parsedOrNone(() => parseFieldSelector(text ?? '')).map(({ field, isEqual, value }) => ({
    key: field,
    operator: isEqual ? 'In' : 'NotIn',
    values: [value],
  }))
}

const LABEL_OPERATORS: Readonly<Partial<Record<Operator, string>>> = {
  '=': 'In',
  '==': 'In',
  in: 'In',
  '!=': 'NotIn',
  notin: 'NotIn',
  exists: 'Exists',
  '!': 'DoesNotExist',
}

function labelRequirements(text: string | undefined) {
  return parsedOrNone(() => parseSelector(text ?? '').requirements).flatMap(
    ({ key, operator: sign, values }) => {
      const operator = LABEL_OPERATORS[sign]
      return operator ? [{ key, operator, ...(values.length > 0 && { values }) }] : []
    },
  )
}

/** A selector that cannot be read is refused later, by whoever has to select by it. */
function parsedOrNone<T>(parse: () => readonly T[]): readonly T[] {
  try {
    return parse()
  } catch {
    return []
  }
}
