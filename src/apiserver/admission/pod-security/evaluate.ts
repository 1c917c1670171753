// Judges a pod by a level and version of the Pod Security standards. Pure.
//
// A version newer than all checks means the newest that there are, so that policies survive a downgrade of the server.
// Upstream: staging/src/k8s.io/pod-security-admission/policy/{registry,checks}.go

import { BASELINE_CHECKS } from '#apiserver/admission/pod-security/baseline-checks.ts'
import type { Check, CheckedPod, CheckFunction, Violation } from '#apiserver/admission/pod-security/check.ts'
import type { LevelVersion } from '#apiserver/admission/pod-security/policy.ts'
import { RESTRICTED_CHECKS } from '#apiserver/admission/pod-security/restricted-checks.ts'

/** All that the pod violates: baseline checks first, each level in the order of its checks' names. */
export function violations(pod: CheckedPod, { level, version }: LevelVersion): readonly Violation[] {
  if (level === 'privileged') return []
  const at = version === 'latest' ? Number.POSITIVE_INFINITY : version
  const restricted = level === 'restricted' ? inForce(RESTRICTED_CHECKS, at) : []
  const overridden = new Set(restricted.map(({ check }) => check.overrides))
  const baseline = inForce(BASELINE_CHECKS, at).filter(({ check }) => !overridden.has(check.id))
  return [...baseline, ...restricted].flatMap(({ run }) => run(pod) ?? [])
}

function inForce(checks: readonly Check[], at: number): { check: Check; run: CheckFunction }[] {
  return checks.flatMap((check) => {
    const version = check.versions.findLast(({ from }) => from <= at)
    return version ? [{ check, run: version.check }] : []
  })
}

/** `privileged (container "a" must not set …), hostPort (…)` */
export const describe = (found: readonly Violation[]): string =>
  found.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ')

export const describeReasons = (found: readonly Violation[]): string =>
  found.map(({ reason }) => reason).join(', ')
