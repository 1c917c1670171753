// Finalizers of custom resources that may clash with those of others: nobody owns a name without a domain.
//
// Upstream: validateKubeFinalizerName in
// staging/src/k8s.io/apiextensions-apiserver/pkg/registry/customresource/validator.go

import type { JsonObject, ObjectMeta } from '#api/meta/object.ts'

const STANDARD = ['orphan', 'foregroundDeletion', 'kubernetes']

export function finalizerWarnings(object: JsonObject): string[] {
  const { finalizers = [] } = (object['metadata'] ?? {}) as ObjectMeta
  return finalizers
    .filter((name) => !name.includes('/') && !STANDARD.includes(name))
    .map((name) => {
      const better = name.includes('.') ? ' including a path (/)' : ''
      const text = `prefer a domain-qualified finalizer name${better} to avoid accidental conflicts with other finalizer writers`
      return `metadata.finalizers: ${JSON.stringify(name)}: ${text}`
    })
}
