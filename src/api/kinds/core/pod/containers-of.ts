// All containers of a pod with the paths of their fields, in the order in which Kubernetes walks them.
//
// Upstream: pkg/apis/core/pods/helpers.go

import { Path } from '#api/meta/field-error.ts'
import type { Container, EphemeralContainer, PodSpec } from '#api/types/core.ts'

export interface ContainerAt {
  /** Ephemeral ones have nearly the same fields. */
  readonly container: Container | EphemeralContainer
  readonly path: Path
}

/** Init containers first, then the others, then ephemeral ones. */
export function allContainersOf(spec: PodSpec, path = new Path('spec')): ContainerAt[] {
  const at = (name: string, list: readonly (Container | EphemeralContainer)[] | undefined): ContainerAt[] =>
    (list ?? []).map((container, i) => ({ container, path: path.child(name).index(i) }))
  return [
    ...at('initContainers', spec.initContainers),
    ...at('containers', spec.containers),
    ...at('ephemeralContainers', spec.ephemeralContainers),
  ]
}
