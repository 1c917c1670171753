// What a client is told when it tightens a namespace's level: which of the pods that are there would not pass. Pure.
//
// Pods of one controller are alike, so the first of each is looked at before the others. Upstream:
// staging/src/k8s.io/pod-security-admission/admission/admission.go (EvaluatePodsInNamespace)

import type { Pod } from '#api/types/core.ts'
import { describeReasons, violations } from '#apiserver/admission/pod-security/evaluate.ts'
import { formatLevel, type LevelVersion } from '#apiserver/admission/pod-security/policy.ts'

const MAX_PODS = 3000

export function namespaceWarnings(
  namespace: string,
  pods: readonly Pod[],
  enforce: LevelVersion,
): readonly string[] {
  const ordered = oneOfEachControllerFirst(pods)
  const checked = ordered.slice(0, MAX_PODS)
  const byWarning = new Map<string, string[]>()
  for (const pod of checked) {
    if (!pod.spec) continue
    const found = violations({ annotations: pod.metadata?.annotations ?? {}, spec: pod.spec }, enforce)
    if (found.length === 0) continue
    const text = describeReasons(found)
    byWarning.set(text, [...(byWarning.get(text) ?? []), pod.metadata?.name ?? ''])
  }
  const lines = [...byWarning].map(([text, names]) => `${subject(names)}: ${text}`).sort()
  const level = formatLevel(enforce)
  return [
    ...(checked.length < ordered.length
      ? [
          `new PodSecurity enforce level only checked against the first ${checked.length} of ${ordered.length} existing pods`,
        ]
      : []),
    ...(lines.length > 0
      ? [`existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${level}"`]
      : []),
    ...lines,
  ]
}

function subject(names: readonly string[]): string {
  const first = [...names].sort()[0] ?? ''
  const others = names.length - 1
  if (others === 0) return first
  return `${first} (and ${others} other ${others === 1 ? 'pod' : 'pods'})`
}

function oneOfEachControllerFirst(pods: readonly Pod[]): readonly Pod[] {
  const seen = new Set<string>()
  const later: Pod[] = []
  const first = pods.filter((pod) => {
    const owner = pod.metadata?.ownerReferences?.find((ref) => ref.controller)?.uid
    if (owner === undefined) return true
    if (seen.has(owner)) later.push(pod)
    return !seen.has(owner) && Boolean(seen.add(owner))
  })
  return [...first, ...later]
}
