// Labels of nodes that have a newer name, and how a client that still uses the old one is told.
//
// Upstream: pkg/api/node/util.go

import type { Path } from '#api/meta/field-error.ts'
import { isLabelValue } from '#api/meta/names.ts'
import type { NodeSelectorTerm } from '#api/types/core.ts'
import type { LabelSelector } from '#api/types/meta.ts'

const instead = (label: string): string => `use "${label}" instead`
const ZONE = 'topology.kubernetes.io/zone'
const REGION = 'topology.kubernetes.io/region'
const TYPE = 'node.kubernetes.io/instance-type'

const DEPRECATED_LABELS: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': `deprecated since v1.14; ${instead('kubernetes.io/arch')}`,
  'beta.kubernetes.io/os': `deprecated since v1.14; ${instead('kubernetes.io/os')}`,
  'failure-domain.beta.kubernetes.io/region': `deprecated since v1.17; ${instead(REGION)}`,
  'failure-domain.beta.kubernetes.io/zone': `deprecated since v1.17; ${instead(ZONE)}`,
  'beta.kubernetes.io/instance-type': `deprecated since v1.17; ${instead(TYPE)}`,
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods':
    'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': instead('node-role.kubernetes.io/control-plane'),
}

/** What is to be said about a label; undefined for nothing. */
export function deprecatedLabel(key: string): string | undefined {
  return Object.hasOwn(DEPRECATED_LABELS, key) ? DEPRECATED_LABELS[key] : undefined
}

/** Old labels in a term; values that are none are told only where they are not an error. */
export function* termWarnings(term: NodeSelectorTerm, path: Path, checkValues: boolean): Generator<string> {
  for (const [i, { key, values }] of (term.matchExpressions ?? []).entries()) {
    const at = path.child('matchExpressions').index(i)
    const text = deprecatedLabel(key)
    if (text !== undefined) yield `${at.child('key')}: ${key} is ${text}`
    if (!checkValues) continue
    for (const [j, value] of (values ?? []).entries()) {
      for (const reason of isLabelValue(value)) {
        yield `${at.child('values').index(j)}: ${value} is invalid, ${reason}`
      }
    }
  }
}

/** Old labels in a selector of the common form. */
export function* selectorWarnings(selector: LabelSelector | undefined, path: Path): Generator<string> {
  for (const [i, { key }] of (selector?.matchExpressions ?? []).entries()) {
    const text = deprecatedLabel(key)
    if (text !== undefined) yield `${path.child('matchExpressions').index(i).child('key')}: ${key} is ${text}`
  }
  for (const key of Object.keys(selector?.matchLabels ?? {})) {
    const text = deprecatedLabel(key)
    if (text !== undefined) yield `${path.child('matchLabels', key)}: ${text}`
  }
}
