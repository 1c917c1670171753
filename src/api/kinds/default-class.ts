// The default among classes: the newest that is marked, by name where two are equally new. Pure.

import type { KubeObject } from '#api/meta/object.ts'

export function defaultClass<T extends KubeObject>(
  classes: readonly T[],
  annotations: readonly string[],
): T | undefined {
  const marked = classes.filter((candidate) =>
    annotations.some((annotation) => candidate.metadata?.annotations?.[annotation] === 'true'),
  )
  const created = (candidate: T) => candidate.metadata?.creationTimestamp ?? ''
  const name = (candidate: T) => candidate.metadata?.name ?? ''
  return marked.sort((a, b) =>
    created(a) === created(b) ? (name(a) < name(b) ? -1 : 1) : created(a) > created(b) ? -1 : 1,
  )[0]
}
