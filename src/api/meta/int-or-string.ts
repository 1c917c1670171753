// Values that are a number or a percentage: maxSurge, maxUnavailable, minAvailable, ports by number or name.
//
// Upstream: staging/src/k8s.io/apimachinery/pkg/util/intstr/intstr.go

export type IntOrString = number | string

/** `25%` → 25; undefined for anything that is not a whole percentage. */
export function percentOf(value: IntOrString): number | undefined {
  const found = typeof value === 'string' ? /^(\d+)%$/.exec(value) : null
  return found ? Number(found[1]) : undefined
}

/** The number that `value` means of `total`; undefined for a string that is no percentage. */
export function scaledValue(value: IntOrString, total: number, roundUp: boolean): number | undefined {
  if (typeof value === 'number') return value
  const percent = percentOf(value)
  if (percent === undefined) return undefined
  return roundUp ? Math.ceil((percent * total) / 100) : Math.floor((percent * total) / 100)
}
