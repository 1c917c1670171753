// How pods count: themselves, and what they request and may use at most, as long as they may still run. Pure.
//
// Upstream: pkg/quota/v1/evaluator/core/pods.go

import { qosClassOf } from '#api/kinds/core/pod/qos.ts'
import { podLimits, podRequests } from '#api/meta/pod-resources.ts'
import type { Quantity } from '#api/meta/quantity.ts'
import { type Amounts, addAmounts, ONE, parseAmounts } from '#api/quota/amounts.ts'
import type { Evaluator } from '#api/quota/evaluator.ts'
import { matchesScopeValue } from '#api/quota/scopes.ts'
import type { Pod, PodAffinityTerm } from '#api/types/core.ts'

const COUNT = 'count/pods'
const NAMES = new Set([
  COUNT,
  'pods',
  ...['cpu', 'memory', 'ephemeral-storage'].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
])
/** Where a quota limits one of these, every container has to say how much it needs. */
const TO_BE_SAID = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']

const podOf = (object: object | undefined): Pod => (object ?? {}) as Pod

export const podEvaluator: Evaluator = {
  handles({ operation, subresource, object, oldObject }) {
    if (subresource === 'resize') return operation === 'UPDATE'
    if (subresource !== '') return false
    if (operation === 'CREATE') return true
    return operation === 'UPDATE' && isTerminating(podOf(object)) !== isTerminating(podOf(oldObject))
  },
  matching: (names) =>
    names.filter(
      (name) =>
        NAMES.has(name) ||
        name.startsWith('hugepages-') ||
        name.startsWith('requests.hugepages-') ||
        (name.startsWith('requests.') && isExtended(name)),
    ),
  isInScope(scope, object) {
    const pod = podOf(object)
    switch (scope.scopeName) {
      case 'Terminating':
        return isTerminating(pod)
      case 'NotTerminating':
        return !isTerminating(pod)
      case 'BestEffort':
        return isBestEffort(pod)
      case 'NotBestEffort':
        return !isBestEffort(pod)
      case 'PriorityClass':
        return matchesScopeValue(scope, pod.spec?.priorityClassName || undefined)
      case 'CrossNamespacePodAffinity':
        return usesOtherNamespaces(pod)
      default:
        return false
    }
  },
  constraint: (names, object) => constraint(names, podOf(object)),
  usage(object, now) {
    const pod = podOf(object)
    const counted: Amounts = new Map([[COUNT, ONE]])
    return isCounted(pod, now) ? addAmounts(counted, amounts(podRequests(pod), podLimits(pod))) : counted
  },
}

/** Not the resources of Kubernetes itself; upstream's rule looks at the name with its prefix. */
const isExtended = (name: string): boolean => name.includes('/') && !name.includes('kubernetes.io/')

function constraint(names: readonly string[], pod: Pod): string | undefined {
  const { resources, containers = [], initContainers = [] } = pod.spec ?? {}
  const isSaidForPod = [resources?.requests, resources?.limits].some(
    (list) => Object.keys(list ?? {}).length > 0,
  )
  if (isSaidForPod) return undefined
  const required = TO_BE_SAID.filter((name) => names.includes(name))
  const missing = new Map<string, Set<string>>()
  for (const container of [...containers, ...initContainers]) {
    const said = amounts(
      parseAmounts(container.resources?.requests),
      parseAmounts(container.resources?.limits),
    )
    for (const name of required) {
      if (!said.has(name)) missing.set(name, (missing.get(name) ?? new Set()).add(container.name))
    }
  }
  if (missing.size === 0) return undefined
  const texts = [...missing]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, who]) => `${name} for: ${[...who].sort().join(',')}`)
  return `must specify ${texts.join('; ')}`
}

function amounts(requests: Amounts, limits: Amounts): Amounts {
  const result = new Map<string, Quantity>([['pods', ONE]])
  for (const [name, amount] of requests) {
    if (
      name === 'cpu' ||
      name === 'memory' ||
      name === 'ephemeral-storage' ||
      name.startsWith('hugepages-')
    ) {
      result.set(name, amount)
      result.set(`requests.${name}`, amount)
    } else if (isExtended(name)) result.set(`requests.${name}`, amount)
  }
  for (const [name, amount] of limits) {
    if (name === 'cpu' || name === 'memory' || name === 'ephemeral-storage')
      result.set(`limits.${name}`, amount)
  }
  return result
}

const isTerminating = (pod: Pod): boolean => (pod.spec?.activeDeadlineSeconds ?? -1) >= 0

const isBestEffort = ({ spec }: Pod): boolean => spec === undefined || qosClassOf(spec) === 'BestEffort'

function usesOtherNamespaces(pod: Pod): boolean {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {}
  const terms: readonly PodAffinityTerm[] = [podAffinity, podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => term.podAffinityTerm),
  ])
  return terms.some((term) => (term.namespaces?.length ?? 0) > 0 || term.namespaceSelector !== undefined)
}

/** Neither finished nor deleted longer ago than its grace period. */
function isCounted({ status, metadata }: Pod, now: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return false
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata ?? {}
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true
  return now <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000
}
