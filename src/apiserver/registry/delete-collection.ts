// Delete all objects that a selector takes: page by page, several at once, each as a deletion of its own.
//
// Not atomic: a failure leaves the rest undeleted. Upstream: DeleteCollection in
// staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go

import type { ObjectMeta } from '#api/meta/object.ts'
import { isNotFound } from '#api/meta/status.ts'
import { deleteObject } from '#apiserver/registry/delete.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import { listObjects } from '#apiserver/registry/list.ts'
import type { DeleteOptions, ListOptions } from '#apiserver/registry/options.ts'
import type { RegistryList } from '#apiserver/registry/results.ts'
import type { Scope } from '#apiserver/registry/scope.ts'
import type { StoredObject } from '#apiserver/registry/stored-object.ts'

const WORKERS = 16

/** Deletes and gives what was found, in the state before. */
export async function deleteCollection(
  dependencies: RegistryDependencies,
  scope: Scope,
  listOptions: ListOptions,
  options: DeleteOptions,
): Promise<RegistryList> {
  const list = await listObjects(dependencies, scope, listOptions)
  const queue = list.items[Symbol.iterator]()
  const work = async (): Promise<void> => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      if (scope.signal.aborted) return
      await deleteOne(dependencies, scope, next.value, options)
    }
  }
  await Promise.all(Array.from({ length: Math.min(WORKERS, list.items.length) }, work))
  return list
}

async function deleteOne(
  dependencies: RegistryDependencies,
  scope: Scope,
  item: StoredObject,
  options: DeleteOptions,
): Promise<void> {
  const meta = item.object['metadata'] as ObjectMeta
  try {
    await deleteObject(
      dependencies,
      { ...scope, namespace: meta.namespace ?? '', name: meta.name ?? '' },
      options,
    )
  } catch (error) {
    if (!isNotFound(error)) throw error // somebody else deleted it
  }
}
