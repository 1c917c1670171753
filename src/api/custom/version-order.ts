// The order of versions where nobody has said one: stable before beta before alpha, newer before older, the rest by name.
//
// Upstream: CompareKubeAwareVersionStrings in staging/src/k8s.io/apimachinery/pkg/version/helpers.go

const FORM = /^v(?<major>[1-9]\d*)(?:(?<stage>alpha|beta)(?<minor>[1-9]\d*))?$/
const STAGES = ['alpha', 'beta', undefined]

/** Negative when `a` comes first. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [FORM.exec(a)?.groups, FORM.exec(b)?.groups]
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : a > b ? 1 : 0
  const stage = STAGES.indexOf(right['stage']) - STAGES.indexOf(left['stage'])
  if (stage !== 0) return stage
  const major = Number(right['major']) - Number(left['major'])
  return major === 0 ? Number(right['minor'] ?? 0) - Number(left['minor'] ?? 0) : major
}
