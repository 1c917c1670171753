// For tests: a pod of one container, with whatever the test is about added.

import { pod } from '#api/kinds/core/pod.ts'
import { created, errorsOfNew, errorsOfUpdate } from '#api/kinds/testing.ts'
import type { JsonObject } from '#api/meta/object.ts'

export const CONTAINER = { name: 'main', image: 'busybox:1.36' }

export const podOf = (spec: object, metadata: object = {}): JsonObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'default', ...metadata },
  spec: { containers: [CONTAINER], ...spec },
})

export const podErrors = (spec: object, metadata: object = {}): string[] =>
  errorsOfNew(pod, podOf(spec, metadata))

export const containerErrors = (container: object, spec: object = {}): string[] =>
  podErrors({ containers: [{ ...CONTAINER, ...container }], ...spec })

/** What is wrong when a pod of the spec `before` is replaced by one of the spec `after`. */
export const changeErrors = (before: object, after: object, subresource = ''): string[] =>
  errorsOfUpdate(pod, created(pod, podOf(before)), podOf(after), subresource)
