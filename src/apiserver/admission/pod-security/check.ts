// The shape of a Pod Security check, and the words that all checks share. Pure.
//
// Upstream: staging/src/k8s.io/pod-security-admission/policy/{checks,helpers,visitor}.go

import type { Container, PodSpec } from '#api/types/core.ts'

/** What a check looks at: a pod's, or that of a template. */
export interface CheckedPod {
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: PodSpec
}

export interface Violation {
  readonly reason: string
  readonly detail: string
}

export type CheckFunction = (pod: CheckedPod) => Violation | undefined

export interface Check {
  readonly id: string
  readonly level: 'baseline' | 'restricted'
  /** By the minor version from which each counts, ascending. */
  readonly versions: readonly { readonly from: number; readonly check: CheckFunction }[]
  /** The baseline check that this restricted one takes the place of. */
  readonly overrides?: string
}

/** All containers: init, ordinary, ephemeral. */
export function containersOf(spec: PodSpec): readonly Container[] {
  const ephemeral = (spec.ephemeralContainers ?? []) as readonly Container[]
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...ephemeral]
}

export const quoted = (items: Iterable<string>): string => [...items].map((item) => `"${item}"`).join(', ')

export const plural = (count: number, one: string, many: string): string => (count === 1 ? one : many)

/** `container "a"`, `containers "a", "b"` */
export const containerList = (names: readonly string[]): string =>
  `${plural(names.length, 'container', 'containers')} ${quoted(names)}`

/** Who set something: `pod and containers "a", "b"`; '' for nobody. */
export function setters(isPod: boolean, containers: readonly string[]): string {
  return [...(isPod ? ['pod'] : []), ...(containers.length > 0 ? [containerList(containers)] : [])].join(
    ' and ',
  )
}

/** The names of the containers for which `isBad`. */
export function badContainers(spec: PodSpec, isBad: (container: Container) => boolean): readonly string[] {
  return containersOf(spec)
    .filter(isBad)
    .map((container) => container.name)
}

export const sorted = (values: Iterable<string>): readonly string[] => [...new Set(values)].sort()

/** Fields of Linux mean nothing on Windows. */
export const exceptOnWindows =
  (check: CheckFunction): CheckFunction =>
  (pod) =>
    pod.spec.os?.name === 'windows' ? undefined : check(pod)

/** Root in a user namespace is nobody outside of it. */
export const exceptInUserNamespace =
  (check: CheckFunction): CheckFunction =>
  (pod) =>
    pod.spec.hostUsers === false ? undefined : check(pod)
