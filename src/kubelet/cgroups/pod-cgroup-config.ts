// What the cgroups of a pod and of its containers are set to. Pure.
//
// A pod's cgroup holds the sums; a quota or memory limit is set on it only when each container has one, since
// otherwise a container without a limit would be held by those of the others.
// Upstream: pkg/kubelet/cm/helpers_linux.go (ResourceConfigForPod), pkg/kubelet/qos/policy.go

import { podLimits, podRequests } from '#api/meta/pod-resources.ts'
import { toMillis, toValue } from '#api/meta/quantity.ts'
import type { Container, Pod } from '#api/types/core.ts'
import { CPU_PERIOD_US, MIN_SHARES, quotaOfMilliCPU, sharesOfMilliCPU } from '#kubelet/cgroups/convert.ts'
import type { LinuxResources } from '#kubelet/cri/types.ts'
import { initContainers, isSidecar, qosClassOf, regularContainers } from '#kubelet/pods/pod-spec.ts'

export interface CgroupConfig {
  readonly cpuShares: number
  /** Microseconds per period; absent is no limit. */
  readonly cpuQuotaUs?: number
  readonly memoryBytes?: number
}

export function podCgroupConfig(pod: Pod): CgroupConfig {
  const qosClass = qosClassOf(pod)
  if (qosClass === 'BestEffort') return { cpuShares: MIN_SHARES }
  const requests = podRequests(pod)
  const limits = podLimits(pod)
  const cpuLimit = limits.get('cpu')
  const memoryLimit = limits.get('memory')
  const isDeclared = (name: string): boolean =>
    qosClass === 'Guaranteed' ||
    pod.spec?.resources?.limits?.[name] !== undefined ||
    [...initContainers(pod), ...regularContainers(pod)].every(
      (one) => one.resources?.limits?.[name] !== undefined,
    )
  const cpuRequest = requests.get('cpu')
  return {
    cpuShares: sharesOfMilliCPU(cpuRequest ? toMillis(cpuRequest) : 0),
    ...(cpuLimit && isDeclared('cpu') && { cpuQuotaUs: quotaOfMilliCPU(toMillis(cpuLimit)) }),
    ...(memoryLimit && isDeclared('memory') && { memoryBytes: toValue(memoryLimit) }),
  }
}

/** The weight of the Burstable class as a whole: what its pods ask for together. */
export function burstableShares(pods: readonly Pod[]): number {
  let millis = 0
  for (const pod of pods) {
    if (qosClassOf(pod) !== 'Burstable') continue
    const cpu = podRequests(pod).get('cpu')
    if (cpu) millis += toMillis(cpu)
  }
  return sharesOfMilliCPU(millis)
}

/** Limits and weight of one container, as the runtime is told. */
export function containerCgroup(pod: Pod, container: Container, memoryCapacityBytes: number): LinuxResources {
  const own = container.resources
  const cpuLimit = amount(own?.limits?.['cpu'] ?? pod.spec?.resources?.limits?.['cpu'], toMillis)
  const memoryLimit = amount(own?.limits?.['memory'] ?? pod.spec?.resources?.limits?.['memory'], toValue)
  const cpuRequest = own?.requests?.['cpu']
  return {
    cpuShares: sharesOfMilliCPU(cpuRequest === undefined ? cpuLimit : toMillis(cpuRequest)),
    cpuQuota: quotaOfMilliCPU(cpuLimit),
    cpuPeriod: CPU_PERIOD_US,
    ...(memoryLimit > 0 && { memoryLimitInBytes: memoryLimit }),
    oomScoreAdj: oomScoreAdjust(pod, container, memoryCapacityBytes),
  }
}

const amount = (text: string | undefined, convert: (text: string) => number): number =>
  text === undefined ? 0 : convert(text)

/** The sandbox as a whole, for runtimes that size a virtual machine by it. */
export function sandboxCgroup(pod: Pod): LinuxResources {
  const requests = podRequests(pod)
  const limits = podLimits(pod)
  const [cpuRequest, cpuLimit, memory] = [requests.get('cpu'), limits.get('cpu'), limits.get('memory')]
  const cpuMillis = cpuLimit ? toMillis(cpuLimit) : 0
  return {
    cpuShares: sharesOfMilliCPU(cpuRequest ? toMillis(cpuRequest) : cpuMillis),
    cpuQuota: quotaOfMilliCPU(cpuMillis),
    cpuPeriod: CPU_PERIOD_US,
    ...(memory && { memoryLimitInBytes: toValue(memory) }),
  }
}

const GUARANTEED_OOM_SCORE = -997
const BEST_EFFORT_OOM_SCORE = 1000
const NODE_CRITICAL_PRIORITY = 2_000_001_000

/** Who goes first when memory runs out: the less a container asked for, the sooner. */
export function oomScoreAdjust(pod: Pod, container: Container, memoryCapacityBytes: number): number {
  if ((pod.spec?.priority ?? 0) >= NODE_CRITICAL_PRIORITY) return GUARANTEED_OOM_SCORE
  const qosClass = qosClassOf(pod)
  if (qosClass === 'Guaranteed') return GUARANTEED_OOM_SCORE
  if (qosClass === 'BestEffort') return BEST_EFFORT_OOM_SCORE
  const requested = amount(container.resources?.requests?.['memory'], toValue)
  const spare = sparePerContainer(pod)
  const scoreOf = (bytes: number): number => 1000 - Math.trunc((1000 * (bytes + spare)) / memoryCapacityBytes)
  let score = scoreOf(requested)
  if (initContainers(pod).includes(container) && isSidecar(container)) {
    const least = regularContainers(pod).map((one) => amount(one.resources?.requests?.['memory'], toValue))
    score = Math.min(score, scoreOf(Math.min(...least)))
  }
  if (score < 1000 + GUARANTEED_OOM_SCORE) return 1000 + GUARANTEED_OOM_SCORE
  return score === BEST_EFFORT_OOM_SCORE ? score - 1 : score
}

/** Memory asked for at pod level beyond the containers' own requests, shared out equally. */
function sparePerContainer(pod: Pod): number {
  const podLevel = pod.spec?.resources?.requests?.['memory']
  if (podLevel === undefined) return 0
  const containers = [...regularContainers(pod), ...initContainers(pod).filter(isSidecar)]
  const own = containers.reduce((sum, one) => sum + amount(one.resources?.requests?.['memory'], toValue), 0)
  return Math.max(0, Math.trunc((toValue(podLevel) - own) / Math.max(1, containers.length)))
}
