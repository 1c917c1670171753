// Annotations that once were fields, or still are: tolerations, profiles, the cost of deletion, mirror pods.
//
// Upstream: ValidatePodSpecificAnnotations and its kin in pkg/apis/core/validation/validation.go

import { allContainersOf } from '#api/kinds/core/pod/containers-of.ts'
import type { PodRules } from '#api/kinds/core/pod/options.ts'
import { localPath } from '#api/kinds/core/pod/paths.ts'
import { validateTolerations } from '#api/kinds/core/pod/tolerations.ts'
import { type FieldError, forbidden, goQuote, invalid, type Path } from '#api/meta/field-error.ts'
import { type FieldErrors, MAX_INT32 } from '#api/meta/validation.ts'
import type { AppArmorProfile, PodSpec, SeccompProfile, Toleration } from '#api/types/core.ts'

type Annotations = Readonly<Record<string, string>> | undefined

export const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror'
export const SECCOMP_POD_ANNOTATION = 'seccomp.security.alpha.kubernetes.io/pod'
export const SECCOMP_CONTAINER_PREFIX = 'container.seccomp.security.alpha.kubernetes.io/'
export const APP_ARMOR_PREFIX = 'container.apparmor.security.beta.kubernetes.io/'
const TOLERATIONS_ANNOTATION = 'scheduler.alpha.kubernetes.io/tolerations'
const DELETION_COST_ANNOTATION = 'controller.kubernetes.io/pod-deletion-cost'

export function* validatePodAnnotations(
  annotations: Annotations,
  spec: PodSpec,
  path: Path,
  rules: PodRules,
): FieldErrors {
  if (!annotations) return
  const mirror = annotations[MIRROR_ANNOTATION]
  if (mirror !== undefined && !spec.nodeName) {
    yield invalid(
      path.key(MIRROR_ANNOTATION),
      mirror,
      'must set spec.nodeName if mirror pod annotation is set',
    )
  }
  if (annotations[TOLERATIONS_ANNOTATION]) {
    yield* annotatedTolerations(annotations[TOLERATIONS_ANNOTATION], path, rules)
  }
  if (!rules.allowInvalidDeletionCost && !isPodDeletionCost(annotations)) {
    const cost = annotations[DELETION_COST_ANNOTATION]
    yield invalid(path.key(DELETION_COST_ANNOTATION), cost, 'must be a 32bit integer')
  }
  yield* seccompAnnotations(annotations, path)
  yield* appArmorAnnotations(annotations, spec, path)
}

/** Absent, or a 32-bit integer without leading zeros. */
export function isPodDeletionCost(annotations: Annotations): boolean {
  const cost = annotations?.[DELETION_COST_ANNOTATION]
  if (cost === undefined) return true
  return /^(-\d+|0|[1-9]\d*)$/.test(cost) && Number(cost) <= MAX_INT32 && Number(cost) >= -MAX_INT32 - 1
}

function* annotatedTolerations(text: string, path: Path, rules: PodRules): FieldErrors {
  let tolerations: Toleration[]
  try {
    tolerations = JSON.parse(text)
  } catch (error) {
    yield invalid(path, TOLERATIONS_ANNOTATION, (error as Error).message)
    return
  }
  if (Array.isArray(tolerations)) {
    yield* validateTolerations(tolerations, path.child(TOLERATIONS_ANNOTATION), rules)
  }
}

function* seccompAnnotations(annotations: NonNullable<Annotations>, path: Path): FieldErrors {
  const ofPod = annotations[SECCOMP_POD_ANNOTATION]
  if (ofPod !== undefined) yield* seccompName(ofPod, path.child(SECCOMP_POD_ANNOTATION))
  for (const [key, profile] of Object.entries(annotations)) {
    if (key.startsWith(SECCOMP_CONTAINER_PREFIX)) yield* seccompName(profile, path.child(key))
  }
}

function* seccompName(profile: string, path: Path): FieldErrors {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return
  if (profile.startsWith('localhost/')) yield* localPath(path, profile.slice('localhost/'.length))
  else yield invalid(path, profile, 'must be a valid seccomp profile')
}

function* appArmorAnnotations(annotations: NonNullable<Annotations>, spec: PodSpec, path: Path): FieldErrors {
  for (const [key, profile] of Object.entries(annotations)) {
    if (!key.startsWith(APP_ARMOR_PREFIX)) continue
    const name = key.slice(APP_ARMOR_PREFIX.length)
    if (!allContainersOf(spec).some(({ container }) => container.name === name)) {
      yield invalid(path.key(key), name, 'container not found')
    }
    const isKnown = profile === '' || profile === 'runtime/default' || profile === 'unconfined'
    if (!isKnown && !profile.startsWith('localhost/')) {
      yield invalid(path.key(key), profile, `invalid AppArmor profile name: ${goQuote(profile)}`)
    }
  }
}

/** What an update may not do to annotations that mean something to the kubelet. */
export function* annotationUpdates(annotations: Annotations, old: Annotations, path: Path): FieldErrors {
  for (const [key, value] of Object.entries(old ?? {})) {
    if (annotations?.[key] === value) continue
    if (key.startsWith(APP_ARMOR_PREFIX)) {
      yield forbidden(path.key(key), 'may not remove or update AppArmor annotations')
    }
    if (key === MIRROR_ANNOTATION)
      yield forbidden(path.key(key), 'may not remove or update mirror pod annotation')
  }
  for (const key of Object.keys(annotations ?? {})) {
    if (old?.[key] !== undefined) continue
    if (key.startsWith(APP_ARMOR_PREFIX)) yield forbidden(path.key(key), 'may not add AppArmor annotations')
    if (key === MIRROR_ANNOTATION) yield forbidden(path.key(key), 'may not add mirror pod annotation')
  }
}

/** A profile given both as annotation and as field is the same in both. */
export function* profilesAgree(annotations: Annotations, spec: PodSpec, path: Path): FieldErrors {
  if (!annotations) return
  yield* seccompAgrees(annotations, spec, path)
  yield* appArmorAgrees(annotations, spec, path)
}

function* seccompAgrees(annotations: NonNullable<Annotations>, spec: PodSpec, path: Path): FieldErrors {
  const check = (key: string, profile: SeccompProfile | undefined, at: Path): FieldError[] => {
    const text = annotations[key]
    return profile && text !== undefined ? disagreement('seccomp', profile, text, at) : []
  }
  yield* check(
    SECCOMP_POD_ANNOTATION,
    spec.securityContext?.seccompProfile,
    path.child('securityContext').child('seccompProfile'),
  )
  for (const { container, path: at } of allContainersOf(spec, path)) {
    const profile = container.securityContext?.seccompProfile
    const profilePath = at.child('securityContext').child('seccompProfile')
    yield* check(`${SECCOMP_CONTAINER_PREFIX}${container.name}`, profile, profilePath)
  }
}

function* appArmorAgrees(annotations: NonNullable<Annotations>, spec: PodSpec, path: Path): FieldErrors {
  if (spec.os?.name === 'windows') return
  for (const { container, path: at } of allContainersOf(spec, path)) {
    const profile = container.securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile
    const text = annotations[`${APP_ARMOR_PREFIX}${container.name}`]
    if (!profile || text === undefined) continue
    yield* disagreement('apparmor', profile, text, at.child('securityContext').child('appArmorProfile'))
  }
}

function disagreement(
  what: 'seccomp' | 'apparmor',
  { type, localhostProfile }: SeccompProfile | AppArmorProfile,
  annotation: string,
  path: Path,
): FieldError[] {
  const wrongType = [forbidden(path.child('type'), `${what} type in annotation and field must match`)]
  switch (type) {
    case 'Unconfined':
      return annotation === 'unconfined' ? [] : wrongType
    case 'RuntimeDefault': {
      const isDefault =
        annotation === 'runtime/default' || (what === 'seccomp' && annotation === 'docker/default')
      return isDefault ? [] : wrongType
    }
    case 'Localhost': {
      if (!annotation.startsWith('localhost/')) return wrongType
      if (annotation.slice('localhost/'.length) === localhostProfile) return []
      return [forbidden(path.child('localhostProfile'), `${what} profile in annotation and field must match`)]
    }
    default:
      return []
  }
}
