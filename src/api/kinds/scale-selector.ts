// The selector of a workload as the scale subresource shows it: one line, as `kubectl get -l` takes it.
//
// Upstream: staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/helpers.go (FormatLabelSelector and LabelSelectorAsSelector)

import type { LabelSelector } from '#api/types/meta.ts'

const OPERATORS: Readonly<Record<string, string>> = { In: 'in', NotIn: 'notin' }

/** `app=web,tier in (a,b)`; requirements in the order of their keys. An absent selector matches nothing: ''. */
export function formatSelector(selector: LabelSelector | undefined): string {
  const parts: { readonly key: string; readonly text: string }[] = []
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) {
    parts.push({ key, text: `${key}=${value}` })
  }
  for (const { key, operator, values } of selector?.matchExpressions ?? []) {
    if (operator === 'Exists') parts.push({ key, text: key })
    else if (operator === 'DoesNotExist') parts.push({ key, text: `!${key}` })
    else
      parts.push({
        key,
        text: `${key} ${OPERATORS[operator] ?? operator} (${[...(values ?? [])].sort().join(',')})`,
      })
  }
  return parts
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map((part) => part.text)
    .join(',')
}

/** As columns show it: an empty selector is `<none>`. */
export const formatSelectorOrNone = (selector: LabelSelector | undefined): string =>
  formatSelector(selector) || '<none>'

/** The older form, a plain map of labels: ReplicationController. */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  return formatSelector({ matchLabels: { ...labels } })
}
