// How CPU and memory of the API become the numbers of cgroups, and back. Pure.
//
// Upstream: pkg/kubelet/cm/helpers_linux.go

/** The kernel's least and greatest weight. */
export const MIN_SHARES = 2
const MAX_SHARES = 262_144
const SHARES_PER_CPU = 1024
const MILLI_PER_CPU = 1000

/** Microseconds: the window in which a quota is counted, and the least quota. */
export const CPU_PERIOD_US = 100_000
const MIN_QUOTA_US = 1000

export function sharesOfMilliCPU(milliCPU: number): number {
  if (milliCPU === 0) return MIN_SHARES
  return Math.min(MAX_SHARES, Math.max(MIN_SHARES, Math.floor((milliCPU * SHARES_PER_CPU) / MILLI_PER_CPU)))
}

/** Microseconds per period; 0 is no limit. */
export function quotaOfMilliCPU(milliCPU: number, periodUs = CPU_PERIOD_US): number {
  if (milliCPU === 0) return 0
  return Math.max(MIN_QUOTA_US, Math.floor((milliCPU * periodUs) / MILLI_PER_CPU))
}

/** The weight of cgroup v2 for the shares of v1: both ranges mapped onto each other, as runc does. */
export function weightOfShares(shares: number): number {
  if (shares === 0) return 0
  return Math.floor(1 + ((Math.min(shares, MAX_SHARES) - 2) * 9999) / 262_142)
}
