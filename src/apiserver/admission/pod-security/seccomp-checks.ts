// Seccomp at both levels: "baseline" forbids to switch it off, "restricted" asks to switch it on. Pure.
//
// Upstream: staging/src/k8s.io/pod-security-admission/policy/check_seccompProfile_{baseline,restricted}.go

import type { Container } from '#api/types/core.ts'
import {
  badContainers,
  type CheckFunction,
  containerList,
  containersOf,
  plural,
  quoted,
  setters,
  sorted,
  type Violation,
} from '#apiserver/admission/pod-security/check.ts'

const POD_ANNOTATION = 'seccomp.security.alpha.kubernetes.io/pod'
const CONTAINER_ANNOTATION = 'container.seccomp.security.alpha.kubernetes.io/'
const REASON = 'seccompProfile'

const isForbidden = (type: string | undefined): type is string =>
  type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost'
const typeOf = (container: Container): string | undefined => container.securityContext?.seccompProfile?.type

/** Before 1.19 profiles were annotations. */
export const seccompAnnotations: CheckFunction = ({ spec, annotations }) => {
  const keys = [
    POD_ANNOTATION,
    ...containersOf(spec).map((container) => CONTAINER_ANNOTATION + container.name),
  ]
  const forbidden = sorted(
    keys.flatMap((key) => {
      const value = annotations[key]
      return value === undefined || isAllowedAnnotation(value) ? [] : [`${key}=${JSON.stringify(value)}`]
    }),
  )
  if (forbidden.length === 0) return undefined
  const word = plural(forbidden.length, 'annotation', 'annotations')
  return { reason: REASON, detail: `forbidden ${word} ${forbidden.join(', ')}` }
}

const isAllowedAnnotation = (value: string): boolean =>
  value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/')

export const seccompBaseline: CheckFunction = (pod) => forbiddenProfile(pod)

export const seccompRestricted: CheckFunction = (pod) => {
  const forbidden = forbiddenProfile(pod)
  if (forbidden || pod.spec.securityContext?.seccompProfile) return forbidden
  const without = badContainers(
    pod.spec,
    (container) => container.securityContext?.seccompProfile === undefined,
  )
  if (without.length === 0) return undefined
  const detail = `pod or ${containerList(without)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`
  return { reason: REASON, detail }
}

function forbiddenProfile({ spec }: Parameters<CheckFunction>[0]): Violation | undefined {
  const podType = spec.securityContext?.seccompProfile?.type
  const containers = badContainers(spec, (container) => isForbidden(typeOf(container)))
  const who = setters(isForbidden(podType), containers)
  if (who === '') return undefined
  const values = sorted([podType, ...containersOf(spec).map(typeOf)].filter(isForbidden))
  return {
    reason: REASON,
    detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(values)}`,
  }
}
