// The resize subresource: cpu and memory of a running pod, and nothing else.
//
// Upstream: ValidatePodResize in pkg/apis/core/validation/validation.go, podResizeStrategy in
// pkg/registry/core/pod/strategy.go

import { MIRROR_ANNOTATION } from '#api/kinds/core/pod/annotations.ts'
import type { PodRules } from '#api/kinds/core/pod/options.ts'
import { qosClassOf } from '#api/kinds/core/pod/qos.ts'
import { metadataAndSpec, specOf } from '#api/kinds/core/pod/update.ts'
import { metadataUpdate } from '#api/kinds/metadata.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { type FieldError, forbidden, invalid, Path } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type { Container, Pod, PodSpec, ResourceRequirements } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')
const NOWHERE = new Path()

/** Puts back all but resources and resize policies, if the containers are still the same ones. */
export function keepOnlyResize(draft: Draft<Pod>, old: Draft<Pod>): void {
  const spec = draft.spec
  const oldSpec = old.spec
  if (!spec || !oldSpec) return
  const counts = (['containers', 'initContainers'] as const).every(
    (name) => (spec[name] ?? []).length === (oldSpec[name] ?? []).length,
  )
  if (!counts) return
  const resized: Draft<PodSpec> = { ...structuredClone(oldSpec) }
  delete resized.resources
  if (spec.resources) resized.resources = spec.resources
  resized.containers = onlyResources(spec.containers ?? [], oldSpec.containers ?? [])
  if (oldSpec.initContainers) {
    resized.initContainers = onlyResources(spec.initContainers ?? [], oldSpec.initContainers)
  }
  draft.spec = resized
  if (old.status) draft.status = old.status
  else delete draft.status
}

function onlyResources(containers: Draft<Container>[], old: Draft<Container>[]): Draft<Container>[] {
  if (containers.some(({ name }, i) => name !== old[i]?.name)) return containers
  return containers.map(({ resources, resizePolicy }, i) => {
    const { resources: _, resizePolicy: __, ...rest } = structuredClone(old[i]!)
    return { ...rest, ...(resources && { resources }), ...(resizePolicy && { resizePolicy }) }
  })
}

export function* validatePodResize(pod: Pod, old: Pod, rules: PodRules): FieldErrors {
  const spec = specOf(pod)
  const oldSpec = specOf(old)
  if (old.metadata?.annotations?.[MIRROR_ANNOTATION] !== undefined) {
    yield forbidden(NOWHERE, 'static pods cannot be resized')
    return
  }
  if (oldSpec.os?.name === 'windows') {
    yield forbidden(NOWHERE, 'windows pods cannot be resized')
    return
  }
  const errors = [...metadataUpdate(pod, old), ...metadataAndSpec(pod, rules)]
  if ((old.status?.qosClass ?? qosClassOf(oldSpec)) !== qosClassOf(spec)) {
    const text = 'Pod QOS Class may not change as a result of resizing'
    errors.push(invalid(SPEC, pod.status?.qosClass ?? '', text))
  }
  if (!isResizeSupported(old)) errors.push(forbidden(SPEC, 'Pod running on node without support for resize'))
  const podLevel = resizedPodLevel(spec, oldSpec)
  errors.push(...podLevel.errors, ...containerOrder(spec, oldSpec))
  yield* errors
  if (containerOrder(spec, oldSpec).length > 0) return
  const rest = [...removedResources(spec, oldSpec), ...onlyComputeChanged(spec, oldSpec)]
  yield* rest
  if (errors.length + rest.length > 0) return
  const restored = restoreCompute({ ...spec, ...podLevel.restored }, oldSpec)
  if (!semanticEqual(restored, oldSpec)) yield forbidden(SPEC, 'only cpu and memory resources are mutable')
}

/** A kubelet that can resize reports the resources of what runs. */
function isResizeSupported(pod: Pod): boolean {
  const running = (pod.status?.containerStatuses ?? []).find(({ state }) => state?.running)
  return !running || running.resources !== undefined
}

const isSet = (resources: ResourceRequirements | undefined): boolean =>
  Object.keys(resources?.requests ?? {}).length + Object.keys(resources?.limits ?? {}).length > 0

function resizedPodLevel(
  spec: PodSpec,
  old: PodSpec,
): { errors: FieldError[]; restored: Pick<PodSpec, 'resources'> } {
  if (!isSet(spec.resources) && !isSet(old.resources)) return { errors: [], restored: {} }
  const path = SPEC.child('resources')
  if (old.resources && !spec.resources) {
    return { errors: [forbidden(path, 'pod-level resources cannot be removed')], restored: {} }
  }
  const errors: FieldError[] = []
  if (old.resources) {
    for (const [name, text] of [
      ['requests', 'pod-level resource requests cannot be removed'],
      ['limits', 'pod-level resource limits cannot be removed'],
    ] as const) {
      if (isRemoved(spec.resources?.[name], old.resources[name]))
        errors.push(forbidden(path.child(name), text))
    }
  }
  const restored = restoreRequirements(spec.resources ?? {}, old.resources ?? {})
  if (!semanticEqual(isSet(restored) || old.resources ? restored : undefined, old.resources)) {
    errors.push(forbidden(SPEC, 'only cpu and memory resources are mutable at pod-level'))
  }
  return { errors, restored: old.resources ? { resources: old.resources } : {} }
}

type Amounts = Readonly<Record<string, string>> | undefined

const isRemoved = (list: Amounts, old: Amounts): boolean =>
  Object.keys(old ?? {}).some((name) => list?.[name] === undefined)

function containerOrder(spec: PodSpec, old: PodSpec): FieldError[] {
  return (['containers', 'initContainers'] as const).flatMap((name) => {
    const path = SPEC.child(name)
    const before = old[name] ?? []
    const after = spec[name] ?? []
    if (before.length !== after.length)
      return [forbidden(path, `${name} may not be added or removed on resize`)]
    return before.flatMap((container, i) =>
      after[i]?.name === container.name
        ? []
        : [forbidden(path.index(i).child('name'), `${name} may not be renamed or reordered on resize`)],
    )
  })
}

function* removedResources(spec: PodSpec, old: PodSpec): FieldErrors {
  for (const name of ['initContainers', 'containers'] as const) {
    for (const [i, before] of (old[name] ?? []).entries()) {
      const path = SPEC.child(name).index(i).child('resources')
      const after = spec[name]![i]!.resources
      if (isRemoved(after?.requests, before.resources?.requests)) {
        yield forbidden(path.child('requests'), 'resource requests cannot be removed')
      }
      if (isRemoved(after?.limits, before.resources?.limits)) {
        yield forbidden(path.child('limits'), 'resource limits cannot be removed')
      }
    }
  }
}

function* onlyComputeChanged(spec: PodSpec, old: PodSpec): FieldErrors {
  for (const [i, container] of (spec.containers ?? []).entries()) {
    if (semanticEqual(restored(container, old.containers[i]!), old.containers[i])) continue
    yield forbidden(SPEC, 'only cpu and memory resources are mutable')
  }
  for (const [i, container] of (spec.initContainers ?? []).entries()) {
    const before = old.initContainers![i]!
    const path = SPEC.child('initContainers').index(i)
    if (!semanticEqual(restored(container, before), before)) {
      yield forbidden(path, 'only cpu and memory resources for init or sidecar containers are mutable')
    }
    if (container.restartPolicy === 'Always' || semanticEqual(container, before)) continue
    for (const { restartPolicy } of container.resizePolicy ?? []) {
      if (restartPolicy !== 'RestartContainer') continue
      const text = 'non-sidecar init containers with a resize policy of RestartContainer cannot be resized'
      yield forbidden(path, text)
    }
  }
}

function restoreCompute(spec: PodSpec, old: PodSpec): PodSpec {
  return {
    ...spec,
    containers: (spec.containers ?? []).map((container, i) => restored(container, old.containers[i]!)),
    ...(spec.initContainers && {
      initContainers: spec.initContainers.map((container, i) => restored(container, old.initContainers![i]!)),
    }),
  }
}

const restored = (container: Container, old: Container): Container => ({
  ...container,
  resources: restoreRequirements(container.resources ?? {}, old.resources ?? {}),
})

function restoreRequirements(
  resources: ResourceRequirements,
  old: ResourceRequirements,
): ResourceRequirements {
  const limits = restoreList(resources.limits, old.limits)
  const requests = restoreList(resources.requests, old.requests)
  return { ...(limits && { limits }), ...(requests && { requests }) }
}

/** The list with cpu and memory as they were; undefined for an empty one. */
function restoreList(list: Amounts, old: Amounts): Record<string, string> | undefined {
  const { cpu: _, memory: __, ...rest } = { ...list }
  const was = (name: string): object => (old?.[name] === undefined ? {} : { [name]: old[name] })
  const all = { ...rest, ...was('cpu'), ...was('memory') }
  return Object.keys(all).length > 0 ? all : undefined
}
