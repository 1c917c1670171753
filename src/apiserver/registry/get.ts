// Get: one object, at least as new as the client asks for.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/storage/cacher/cacher.go (Get)

import { notFound } from '#api/meta/status.ts'
import { groupResourceOf, keyOf } from '#apiserver/registry/catalog.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import { plainError } from '#apiserver/registry/object-store.ts'
import {
  invalidVersion,
  isResourceVersion,
  parseResourceVersion,
} from '#apiserver/registry/resource-version.ts'
import type { Scope } from '#apiserver/registry/scope.ts'
import type { StoredObject } from '#apiserver/registry/stored-object.ts'

/** `resourceVersion` '' asks for the newest state, '0' for any, a number for one not older than that. */
export async function getObject(
  dependencies: RegistryDependencies,
  scope: Scope,
  resourceVersion: string,
): Promise<StoredObject> {
  if (!isResourceVersion(resourceVersion)) throw plainError(invalidVersion(resourceVersion))
  const key = keyOf(scope.kind, scope.namespace, scope.name)
  const cache = dependencies.cacheOf(scope.kind)
  const found = await cache
    .waitFor(resourceVersion === '' ? 'newest' : parseResourceVersion(resourceVersion))
    .then(
      () => cache.get(key),
      (error: unknown) => {
        if (cache.isBroken) return dependencies.objects.read(scope.kind, key)
        throw error
      },
    )
  if (!found) throw notFound(groupResourceOf(scope.kind), scope.name)
  return found
}
