// Subresources that are a part of their parent: status, finalize, ephemeralcontainers, resize, approval.
//
// They read the parent, and write it under a strategy of their own (SubresourceStrategy of the kind).

import type { KindDefinition } from '#api/kinds/kind.ts'
import { methodNotAllowed } from '#api/meta/status.ts'
import {
  getHandler,
  patchHandler,
  requireMethod,
  scopeOf,
  updateHandler,
} from '#apiserver/http/resource-routes.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import type { ResourceHandler } from '#apiserver/routes.ts'

/** Whether `name` is such a part of the kind. */
export function isStoredSubresource(kind: KindDefinition, name: string): boolean {
  return name === 'status' ? kind.status !== undefined : kind.storedSubresources?.[name] !== undefined
}

export function storedSubresource(dependencies: RegistryDependencies): ResourceHandler {
  return async (context, kind) => {
    const scope = scopeOf(context, kind)
    const { verb, subresource } = context.info
    // finalize is written by the namespace controller alone, and never read
    if (subresource === 'finalize' && verb !== 'update') throw methodNotAllowed()
    requireMethod(context, ['get', 'update', 'patch'])
    if (verb === 'get') return getHandler(dependencies, scope, context)
    if (verb === 'update') return updateHandler(dependencies, scope, context)
    return patchHandler(dependencies, scope, context)
  }
}
