// What this update may keep although a new pod may not have it: ratcheting.
//
// A rule that came later must not make stored pods unchangeable, so each looser rule holds for an object whose
// old state already broke the stricter one. `isPod` is false for the templates of workloads.
// Upstream: GetValidationOptionsFromPodSpecAndMeta in pkg/api/pod/util.go

import { invalidSelectorsIn, requiredNodeAffinityIsInvalid } from '#api/kinds/core/pod/affinity.ts'
import { isPodDeletionCost } from '#api/kinds/core/pod/annotations.ts'
import { allContainersOf } from '#api/kinds/core/pod/containers-of.ts'
import { isLocalPath } from '#api/kinds/core/pod/paths.ts'
import { hostSysctlProblem } from '#api/kinds/core/pod/sysctls.ts'
import { spreadKeysAreInvalid, spreadSelectorIsInvalid } from '#api/kinds/core/pod/topology-spread.ts'
import { isHugePages, isWholePages } from '#api/kinds/core/resource-names.ts'
import type { ObjectMeta } from '#api/meta/object.ts'
import { parseQuantity } from '#api/meta/quantity.ts'
import type { PodSpec } from '#api/types/core.ts'

export interface PodRules {
  readonly isPod: boolean
  readonly allowInvalidDeletionCost?: boolean
  readonly allowInvalidAffinitySelectors?: boolean
  readonly allowInvalidNodeAffinityValues?: boolean
  readonly allowInvalidSpreadSelectors?: boolean
  readonly allowInvalidSpreadKeys?: boolean
  readonly allowPartialHugePages?: boolean
  readonly allowAnyTokenPath?: boolean
  readonly allowNamespacedSysctls?: boolean
  readonly allowAnySELinuxChangePolicy?: boolean
  readonly allowComparingTolerations?: boolean
  readonly allowHostNetworkWithUserNamespace?: boolean
  readonly allowVolumeDevicesWithUserNamespace?: boolean
  readonly allowRestartingInitContainers?: boolean
}

export interface SpecAndMeta {
  readonly metadata?: ObjectMeta
  readonly spec?: PodSpec
}

/** The rules for a new pod (no `old`) or a changed one. */
export function podRules(old: SpecAndMeta | undefined, isPod: boolean): PodRules {
  const spec = old?.spec
  if (!old || !spec) return { isPod }
  const usesUserNamespace = spec.hostUsers === false
  return {
    isPod,
    allowInvalidDeletionCost: !isPodDeletionCost(old.metadata?.annotations),
    allowInvalidAffinitySelectors: invalidSelectorsIn(spec.affinity),
    allowInvalidNodeAffinityValues: requiredNodeAffinityIsInvalid(spec.affinity),
    allowInvalidSpreadSelectors: spreadSelectorIsInvalid(spec),
    allowInvalidSpreadKeys: spreadKeysAreInvalid(spec),
    allowPartialHugePages: hasPartialHugePages(spec),
    allowAnyTokenPath: hasOddTokenPath(spec),
    allowNamespacedSysctls: (spec.securityContext?.sysctls ?? []).some(({ name }) =>
      hostSysctlProblem(spec, name),
    ),
    allowAnySELinuxChangePolicy: spec.securityContext?.seLinuxChangePolicy !== undefined,
    allowComparingTolerations: (spec.tolerations ?? []).some(
      ({ operator }) => operator === 'Lt' || operator === 'Gt',
    ),
    allowHostNetworkWithUserNamespace: usesUserNamespace && spec.hostNetwork === true,
    allowVolumeDevicesWithUserNamespace:
      usesUserNamespace &&
      allContainersOf(spec).some(({ container }) => (container.volumeDevices ?? []).length > 0),
    allowRestartingInitContainers: (spec.initContainers ?? []).some(
      (container) =>
        container.restartPolicy !== 'Always' &&
        (container.resizePolicy ?? []).some(({ restartPolicy }) => restartPolicy === 'RestartContainer'),
    ),
  }
}

function hasPartialHugePages(spec: PodSpec): boolean {
  const lists = [
    spec.overhead,
    ...allContainersOf(spec).flatMap(({ container }) => [
      container.resources?.limits,
      container.resources?.requests,
    ]),
  ]
  return lists.some((list) =>
    Object.entries(list ?? {}).some(
      ([name, text]) => isHugePages(name) && !isWholePages(name, parseQuantity(text)),
    ),
  )
}

function hasOddTokenPath(spec: PodSpec): boolean {
  return (spec.volumes ?? []).some((volume) =>
    (volume.projected?.sources ?? []).some(
      ({ serviceAccountToken }) => serviceAccountToken && !isLocalPath(serviceAccountToken.path),
    ),
  )
}
