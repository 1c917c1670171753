// What may change in a pod that exists: images, a few times, more tolerations, fewer gates, metadata.
//
// A gated pod, which no scheduler has looked at yet, may also narrow down its nodes.
// Upstream: ValidatePodCreate, ValidatePodUpdate, ValidatePodEphemeralContainersUpdate in
// pkg/apis/core/validation/validation.go

import {
  annotationUpdates,
  MIRROR_ANNOTATION,
  profilesAgree,
  validatePodAnnotations,
} from '#api/kinds/core/pod/annotations.ts'
import { trimmedImage } from '#api/kinds/core/pod/containers.ts'
import type { PodRules } from '#api/kinds/core/pod/options.ts'
import { validatePodSpec } from '#api/kinds/core/pod/spec.ts'
import { onlyAddedTolerations } from '#api/kinds/core/pod/tolerations.ts'
import { internalForm, internalList } from '#api/kinds/internal-form.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { type FieldError, forbidden, goQuote, invalid, Path, required } from '#api/meta/field-error.ts'
import { unifiedDiff } from '#api/meta/unified-diff.ts'
import { type FieldErrors, inclusiveRange, MAX_INT32 } from '#api/meta/validation.ts'
import type { Affinity, Container, NodeAffinity, NodeSelectorTerm, Pod, PodSpec } from '#api/types/core.ts'

const METADATA = new Path('metadata')
const SPEC = new Path('spec')

export const specOf = (pod: Pod): PodSpec => pod.spec ?? { containers: [] }

export function* validatePodCreate(pod: Pod, rules: PodRules): FieldErrors {
  const spec = specOf(pod)
  yield* metadataAndSpec(pod, rules)
  if ((spec.ephemeralContainers ?? []).length > 0) {
    yield forbidden(SPEC.child('ephemeralContainers'), 'cannot be set on create')
  }
  if (spec.nodeName && (spec.schedulingGates ?? []).length > 0) {
    yield forbidden(SPEC.child('nodeName'), 'cannot be set until all schedulingGates have been cleared')
  }
  yield* profilesAgree(pod.metadata?.annotations, spec, SPEC)
}

export function* metadataAndSpec(pod: Pod, rules: PodRules): FieldErrors {
  const spec = specOf(pod)
  yield* namespacedMetadata(pod)
  yield* validatePodAnnotations(pod.metadata?.annotations, spec, METADATA.child('annotations'), rules)
  yield* validatePodSpec(spec, pod.metadata ?? {}, SPEC, rules)
  if (!spec.serviceAccountName) yield* tokensWithoutAccount(spec)
  for (const name of ['containers', 'initContainers'] as const) {
    for (const [i, container] of (spec[name] ?? []).entries()) {
      yield* trimmedImage(container, SPEC.child(name).index(i))
    }
  }
}

function* tokensWithoutAccount(spec: PodSpec): FieldErrors {
  for (const [i, volume] of (spec.volumes ?? []).entries()) {
    for (const [j, source] of (volume.projected?.sources ?? []).entries()) {
      if (!source.serviceAccountToken) continue
      const at = SPEC.child('volumes').index(i).child('projected').child('sources').index(j)
      const text = 'must not be specified when serviceAccountName is not set'
      yield forbidden(at.child('serviceAccountToken'), text)
    }
  }
}

export function* validatePodUpdate(pod: Pod, old: Pod, rules: PodRules): FieldErrors {
  yield* commonUpdate(pod, old, rules)
  const spec = specOf(pod)
  const oldSpec = specOf(old)
  for (const name of ['containers', 'initContainers'] as const) {
    const containers = spec[name] ?? []
    if (containers.length !== (oldSpec[name] ?? []).length) {
      yield forbidden(SPEC.child(name), 'pod updates may not add or remove containers')
      return
    }
    yield* namedImages(containers, SPEC.child(name))
  }
  const deadline = activeDeadline(spec, oldSpec)
  yield* deadline.errors
  if (deadline.isFinal) return
  yield* onlyAddedTolerations(
    spec.tolerations ?? [],
    oldSpec.tolerations ?? [],
    SPEC.child('tolerations'),
    rules,
  )
  yield* onlyRemovedGates(spec, oldSpec)
  if (!semanticEqual(spec, oldSpec)) yield* onlyMutableFields(spec, oldSpec)
}

function* commonUpdate(pod: Pod, old: Pod, rules: PodRules): FieldErrors {
  yield* metadataUpdate(pod, old)
  yield* metadataAndSpec(pod, rules)
  yield* podAnnotationUpdates(pod, old, rules)
}

export function* podAnnotationUpdates(pod: Pod, old: Pod, rules: PodRules): FieldErrors {
  const path = METADATA.child('annotations')
  yield* annotationUpdates(pod.metadata?.annotations, old.metadata?.annotations, path)
  yield* validatePodAnnotations(pod.metadata?.annotations, specOf(pod), path, rules)
}

function* namedImages(containers: readonly Container[], path: Path): FieldErrors {
  for (const [i, container] of containers.entries()) {
    if (!container.image) yield required(path.index(i).child('image'))
    yield* trimmedImage(container, path.index(i))
  }
}

/** A deadline may come closer, never move away or vanish. `isFinal` when nothing more is to be said. */
function activeDeadline(spec: PodSpec, old: PodSpec): { errors: FieldError[]; isFinal: boolean } {
  const path = SPEC.child('activeDeadlineSeconds')
  const seconds = spec.activeDeadlineSeconds
  const before = old.activeDeadlineSeconds
  if (seconds === undefined) {
    const text = 'must not update from a positive integer to nil value'
    return { errors: before === undefined ? [] : [invalid(path, null, text)], isFinal: false }
  }
  if (seconds < 0 || seconds > MAX_INT32) {
    return { errors: [invalid(path, seconds, inclusiveRange(0, MAX_INT32))], isFinal: true }
  }
  if (before !== undefined && before < seconds) {
    return { errors: [invalid(path, seconds, 'must be less than or equal to previous value')], isFinal: true }
  }
  return { errors: [], isFinal: false }
}

function* onlyRemovedGates(spec: PodSpec, old: PodSpec): FieldErrors {
  const known = (old.schedulingGates ?? []).map(({ name }) => name)
  for (const [i, { name }] of (spec.schedulingGates ?? []).entries()) {
    if (known.includes(name)) continue
    const text = `only deletion is allowed, but found new scheduling gate '${name}'`
    yield forbidden(SPEC.child('schedulingGates').index(i).child('name'), text)
  }
}

const MUTABLE_FIELDS = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',')

/** Undoes all that is allowed to change; what is then still different is not. */
function* onlyMutableFields(spec: PodSpec, old: PodSpec): FieldErrors {
  const oldImage = (list: readonly Container[] | undefined, i: number): object => {
    const image = list?.[i]?.image
    return image === undefined ? {} : { image }
  }
  const restored: { -readonly [K in keyof PodSpec]: PodSpec[K] } = {
    ...spec,
    containers: (spec.containers ?? []).map((c, i) => ({ ...c, ...oldImage(old.containers, i) })),
    ...(spec.initContainers && {
      initContainers: spec.initContainers.map((c, i) => ({ ...c, ...oldImage(old.initContainers, i) })),
    }),
  }
  takeOver(restored, old, 'activeDeadlineSeconds')
  takeOver(restored, old, 'schedulingGates')
  takeOver(restored, old, 'tolerations')
  if ((old.schedulingGates ?? []).length > 0) {
    yield* onlyNarrowedNodes(spec, old)
    takeOver(restored, old, 'nodeSelector')
    restoreNodeAffinity(restored, old)
  }
  if (semanticEqual(restored, old)) return
  const diff = unifiedDiff(internalForm('PodSpec', old), internalForm('PodSpec', restored))
  yield forbidden(SPEC, `pod updates may not change fields other than ${MUTABLE_FIELDS}\n${diff}`)
}

type MutableSpec = { -readonly [K in keyof PodSpec]: PodSpec[K] }

function takeOver<K extends keyof PodSpec>(spec: MutableSpec, old: PodSpec, name: K): void {
  if (old[name] === undefined) delete spec[name]
  else spec[name] = old[name]
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution'

function* onlyNarrowedNodes(spec: PodSpec, old: PodSpec): FieldErrors {
  const isKept = Object.entries(old.nodeSelector ?? {}).every(
    ([key, value]) => spec.nodeSelector?.[key] === value,
  )
  if (!isKept) {
    const text = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)'
    yield invalid(SPEC.child('nodeSelector'), spec.nodeSelector ?? null, text)
  }
  const affinity = spec.affinity?.nodeAffinity
  if (!semanticEqual(affinity, old.affinity?.nodeAffinity)) {
    yield* onlyNarrowedAffinity(affinity, old.affinity?.nodeAffinity)
  }
}

function* onlyNarrowedAffinity(
  affinity: NodeAffinity | undefined,
  old: NodeAffinity | undefined,
): FieldErrors {
  const path = SPEC.child('affinity').child('nodeAffinity').child(REQUIRED).child('nodeSelectorTerms')
  if (!old?.[REQUIRED]) return
  const oldTerms = old[REQUIRED].nodeSelectorTerms ?? []
  const terms = affinity?.[REQUIRED]?.nodeSelectorTerms ?? []
  if (oldTerms.length > 0 && oldTerms.length !== terms.length) {
    const text = 'no additions/deletions to non-empty NodeSelectorTerms list are allowed'
    yield invalid(path, internalList('NodeSelectorTerm', terms), text)
    return
  }
  for (const [i, term] of oldTerms.entries()) {
    if (onlyAdds(terms[i]!, term)) continue
    const text = 'only additions are allowed (no mutations or deletions)'
    yield invalid(path.index(i), internalForm('NodeSelectorTerm', terms[i]), text)
  }
}

function onlyAdds(term: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const lists = [
    [term.matchExpressions ?? [], old.matchExpressions ?? []],
    [term.matchFields ?? [], old.matchFields ?? []],
  ] as const
  // An empty term matches nothing; adding to it would make it match something.
  if (lists.every(([, before]) => before.length === 0)) return lists.every(([after]) => after.length === 0)
  return lists.every(([after, before]) => semanticEqual(after.slice(0, before.length), before))
}

function restoreNodeAffinity(spec: MutableSpec, old: PodSpec): void {
  const { nodeAffinity: _, ...others } = spec.affinity ?? {}
  const before = old.affinity?.nodeAffinity
  const affinity: Affinity = { ...others, ...(before && { nodeAffinity: before }) }
  if (Object.keys(affinity).length > 0 || old.affinity) spec.affinity = affinity
  else delete spec.affinity
}

/** Ephemeral containers can be added by their subresource, but never changed or removed. */
export function* validateEphemeralUpdate(pod: Pod, old: Pod, rules: PodRules): FieldErrors {
  if (old.metadata?.annotations?.[MIRROR_ANNOTATION] !== undefined) {
    yield forbidden(new Path(), 'static pods do not support ephemeral containers')
    return
  }
  yield* commonUpdate(pod, old, rules)
  const path = SPEC.child('ephemeralContainers')
  for (const before of specOf(old).ephemeralContainers ?? []) {
    const after = (specOf(pod).ephemeralContainers ?? []).findLast(({ name }) => name === before.name)
    const name = goQuote(before.name)
    if (!after) yield forbidden(path, `existing ephemeral containers ${name} may not be removed\n`)
    else if (!semanticEqual(before, after)) {
      const diff = unifiedDiff(
        internalForm('EphemeralContainer', before),
        internalForm('EphemeralContainer', after),
      )
      yield forbidden(path, `existing ephemeral containers ${name} may not be changed\n${diff}`)
    }
  }
}
