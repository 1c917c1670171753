// Words that all plugins share: which resource a request is about, and how it is refused.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/admission/errors.go

import type { ObjectMeta } from '#api/meta/object.ts'
import { forbidden, type StatusError } from '#api/meta/status.ts'
import type { AdmissionOperation, AdmissionRequest } from '#apiserver/admission/plugin.ts'

/** `pods "web" is forbidden: why`; an object without a name yet is called by its prefix, or Unknown. */
export function refuse(request: AdmissionRequest, why: string): StatusError {
  const { group, resource } = request.kind
  const metadata = request.object?.['metadata'] as ObjectMeta | undefined
  const name = request.name || metadata?.name || metadata?.generateName || 'Unknown'
  return forbidden({ group, resource }, name, why)
}

/** Whether a request is about `resource` of `group` itself, or about one of its `subresources`. */
export function isFor(
  request: AdmissionRequest,
  group: string,
  resource: string,
  operations: readonly AdmissionOperation[],
  subresources: readonly string[] = [''],
): boolean {
  return (
    request.kind.group === group &&
    request.kind.resource === resource &&
    operations.includes(request.operation) &&
    subresources.includes(request.subresource)
  )
}

/** The object in its type: the decoder has made sure of its shape. */
export function objectOf<T>(request: AdmissionRequest): T {
  return request.object as unknown as T
}

export function oldObjectOf<T>(request: AdmissionRequest): T {
  return request.oldObject as unknown as T
}
