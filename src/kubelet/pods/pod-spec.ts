// Small questions about a pod's spec that several parts of the kubelet ask.
//
// Upstream: pkg/api/v1/pod/util.go, pkg/kubelet/container/helpers.go

import { parseQuantity, toMillis } from '#api/meta/quantity.ts'
import type { Container, ContainerRestartRule, EphemeralContainer, Pod } from '#api/types/core.ts'
import { latestContainer, type RuntimePod } from '#kubelet/runtime/runtime-pod.ts'

export const isHostNetwork = (pod: Pod): boolean => pod.spec?.hostNetwork === true

/** An init container that goes on beside the others. */
export const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always'

export const initContainers = (pod: Pod): readonly Container[] => pod.spec?.initContainers ?? []

export const regularContainers = (pod: Pod): readonly Container[] => pod.spec?.containers ?? []

/** Ephemeral containers as containers: they have all fields that running one needs. */
export const ephemeralContainers = (pod: Pod): readonly (Container & EphemeralContainer)[] =>
  pod.spec?.ephemeralContainers ?? []

export function allContainers(pod: Pod): readonly Container[] {
  return [...initContainers(pod), ...regularContainers(pod), ...ephemeralContainers(pod)]
}

export function findContainer(pod: Pod, name: string): Container | undefined {
  return allContainers(pod).find((container) => container.name === name)
}

/** The volumes that some container of the pod mounts. */
export function mountedVolumeNames(pod: Pod): ReadonlySet<string> {
  const mounts = allContainers(pod).flatMap(({ volumeMounts = [], volumeDevices = [] }) => [
    ...volumeMounts,
    ...volumeDevices,
  ])
  return new Set(mounts.map(({ name }) => name))
}

/** `spec.containers{web}`: where in the pod a container is, as events name it. */
export function fieldPathOf(pod: Pod, name: string): string {
  if (initContainers(pod).some((container) => container.name === name)) return `spec.initContainers{${name}}`
  if (regularContainers(pod).some((container) => container.name === name)) return `spec.containers{${name}}`
  return `spec.ephemeralContainers{${name}}`
}

/** `web_default(uid)`: how messages name a pod. */
export function formatPod(pod: Pod): string {
  const { name, namespace, uid } = pod.metadata ?? {}
  return `${name ?? ''}_${namespace ?? ''}(${uid ?? ''})`
}

export const isTerminalPhase = (phase: string | undefined): boolean =>
  phase === 'Failed' || phase === 'Succeeded'

/** The first rule that the exit code meets. */
export function matchingRestartRule(
  container: Container,
  exitCode: number,
): ContainerRestartRule | undefined {
  return container.restartPolicyRules?.find((rule) => {
    const matches = rule.exitCodes?.values?.includes(exitCode) ?? false
    if (rule.exitCodes?.operator === 'In') return matches
    return rule.exitCodes?.operator === 'NotIn' && !matches
  })
}

/** Whether the policies of container and pod want it started again after it ended with `exitCode`. */
export function restartsAfter(pod: Pod, container: Container, exitCode: number): boolean {
  if (container.restartPolicy) {
    const action = matchingRestartRule(container, exitCode)?.action
    if (action === 'Restart' || action === 'RestartAllContainers') return true
  }
  switch (container.restartPolicy ?? pod.spec?.restartPolicy) {
    case 'Never':
      return false
    case 'OnFailure':
      return exitCode !== 0
    default:
      return true
  }
}

/** Whether a container that is not running is to be started (again). */
export function shouldBeRestarted(pod: Pod, container: Container, runtimePod: RuntimePod): boolean {
  if (pod.metadata?.deletionTimestamp) return false
  const status = latestContainer(runtimePod, container.name)
  if (!status || status.state === 'unknown' || status.state === 'created') return true
  if (status.state === 'running') return false
  return restartsAfter(pod, container, status.exitCode)
}

/** Whether some exit code makes the whole pod start over. */
export function mayRestartAll(pod: Pod): boolean {
  return [...initContainers(pod), ...regularContainers(pod)].some((container) =>
    container.restartPolicyRules?.some((rule) => rule.action === 'RestartAllContainers'),
  )
}

export type QOSClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

/**
 * How a pod is treated when memory or CPU run short. Guaranteed: each container has equal requests and limits
 * of both; BestEffort: nobody asks for anything. Requests at pod level stand in for the containers'.
 * Upstream: pkg/apis/core/v1/helper/qos/qos.go
 */
export function qosClassOf(pod: Pod): QOSClass {
  if (pod.status?.qosClass) return pod.status.qosClass as QOSClass
  const podLevel = pod.spec?.resources
  const units = podLevel?.requests || podLevel?.limits ? [podLevel] : resourcesOf(pod)
  let asksForAnything = false
  let isGuaranteed = true
  for (const resources of units) {
    for (const name of ['cpu', 'memory']) {
      const request = amount(resources?.requests?.[name])
      const limit = amount(resources?.limits?.[name])
      if (request > 0 || limit > 0) asksForAnything = true
      if (limit === 0 || (request !== 0 && request !== limit)) isGuaranteed = false
    }
  }
  if (!asksForAnything) return 'BestEffort'
  return isGuaranteed ? 'Guaranteed' : 'Burstable'
}

function resourcesOf(pod: Pod): readonly Container['resources'][] {
  return [...initContainers(pod), ...regularContainers(pod)].map((container) => container.resources)
}

const amount = (text: string | undefined): number => (text === undefined ? 0 : toMillis(parseQuantity(text)))
