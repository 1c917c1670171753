// What every verb of the registry knows of the request that it serves.

import type { KindContext, KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject } from '#api/meta/object.ts'
import { badRequest } from '#api/meta/status.ts'
import type { RequestTrail } from '#apiserver/exchange.ts'
import { metadataOf } from '#apiserver/registry/json.ts'
import type { UserInfo } from '#apiserver/request.ts'

export interface Scope {
  readonly kind: KindDefinition
  /** The version of the path. */
  readonly version: string
  readonly namespace: string
  /** '' for collections. */
  readonly name: string
  readonly subresource: string
  readonly user: UserInfo
  readonly userAgent: string
  readonly trail: RequestTrail
  readonly signal: AbortSignal
}

export function kindContext(scope: Scope, now: number): KindContext {
  return { now, version: scope.version, subresource: scope.subresource, user: scope.user }
}

/** The namespace that an object of this request must have; '' for cluster-scoped kinds. */
export const namespaceOf = (scope: Scope): string => (scope.kind.namespaced ? scope.namespace : '')

/** Gives an object the namespace of its request; throws 400 when it names another. */
export function ensureNamespace(scope: Scope, draft: JsonObject): void {
  const metadata = metadataOf(draft)
  const expected = namespaceOf(scope)
  const own = (metadata['namespace'] as string | undefined) ?? ''
  if (own === expected) return
  if (own !== '' && expected !== '') {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  if (expected === '') delete metadata['namespace']
  else metadata['namespace'] = expected
}

/** Throws 400 when an object is not the one that the path names. */
export function ensureName(scope: Scope, object: JsonObject): void {
  const { name, namespace } = (object['metadata'] ?? {}) as { name?: string; namespace?: string }
  if (!name) {
    throw badRequest(
      `the name of the object (${scope.name} based on URL) was undeterminable: name must be provided`,
    )
  }
  if (name !== scope.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${scope.name})`)
  }
  if (scope.namespace !== '' && namespace && namespace !== scope.namespace) {
    throw badRequest(
      `the namespace of the object (${namespace}) does not match the namespace on the request (${scope.namespace})`,
    )
  }
}

/** The name under which a write is recorded: what the client says, else the first word of its user agent. */
export function fieldManagerOf(scope: Scope, fieldManager: string): string {
  if (fieldManager !== '') return fieldManager
  const word = scope.userAgent.split('/')[0]!
  let name = ''
  for (const char of word) {
    if (/[\p{C}\p{Zl}\p{Zp}]/u.test(char)) continue
    if (Buffer.byteLength(name) + Buffer.byteLength(char) > 128) break
    name += char
  }
  return name
}
