// The token of a service account: POST to serviceaccounts/{name}/token.

import { decodeJwt } from 'jose'
import type { KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject } from '#api/meta/object.ts'
import { methodNotAllowed, pathNotFound } from '#api/meta/status.ts'
import type { TokenRequest } from '#api/types/authentication.ts'
import type { TokenIssuing } from '#apiserver/access-control.ts'
import { DEFAULT_EXPIRATION_SECONDS } from '#apiserver/authentication/token-request.ts'
import { readBody } from '#apiserver/http/body.ts'
import { negotiateOutput } from '#apiserver/http/negotiation.ts'
import { scopeOf } from '#apiserver/http/resource-routes.ts'
import { admissionRequest } from '#apiserver/registry/admit.ts'
import { writeOptionsObject } from '#apiserver/registry/create.ts'
import { decodeTyped } from '#apiserver/registry/decode.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import { parseWriteOptions } from '#apiserver/registry/options.ts'
import { ensureNamespace, fieldManagerOf } from '#apiserver/registry/scope.ts'
import type { ResourceHandler } from '#apiserver/routes.ts'

const TOKEN_REQUEST = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' }

const TOKEN_REQUEST_KIND: KindDefinition = {
  group: TOKEN_REQUEST.group,
  kind: TOKEN_REQUEST.kind,
  resource: 'tokenrequests',
  singular: 'tokenrequest',
  namespaced: true,
  versions: [TOKEN_REQUEST.version],
  storageVersion: TOKEN_REQUEST.version,
}

const OBJECT_TYPE = { kind: TOKEN_REQUEST_KIND, version: TOKEN_REQUEST.version }

/** Finds the requests that a token was used for: they carry the same id. */
const ISSUED_ID = 'authentication.kubernetes.io/issued-credential-id'

export function tokenSubresource(
  dependencies: RegistryDependencies,
  issuer: TokenIssuing | undefined,
): ResourceHandler {
  return async (context, kind) => {
    const { request, trail, info } = context
    if (info.verb !== 'create') throw methodNotAllowed()
    if (!issuer) throw pathNotFound()
    const format = negotiateOutput(request.head, { conversions: true, withoutTables: true })
    const body = await readBody(request)
    const options = parseWriteOptions(request.head.query, 'CreateOptions')
    const draft = decodeTyped(body, TOKEN_REQUEST, {
      validation: options.fieldValidation,
      warn: trail.warn,
      audit: trail.audit,
    })
    const scope = scopeOf(context, kind)
    ensureNamespace(scope, draft)
    const spec = draft as { spec?: { expirationSeconds?: number } }
    spec.spec = {
      ...spec.spec,
      expirationSeconds: spec.spec?.expirationSeconds ?? DEFAULT_EXPIRATION_SECONDS,
    }
    dependencies.fields.recordUpdate(
      { ...scope, kind: TOKEN_REQUEST_KIND, version: TOKEN_REQUEST.version },
      draft,
      undefined,
      fieldManagerOf(scope, options.fieldManager),
    )
    const admission = admissionRequest(scope, {
      operation: 'CREATE',
      dryRun: options.dryRun,
      object: draft,
      options: writeOptionsObject('CreateOptions', options),
    })
    await dependencies.admission.mutate(admission)
    const issued = await issuer.issue(
      scope.namespace,
      scope.name,
      draft as unknown as TokenRequest,
      (completed) =>
        dependencies.admission.validate({ ...admission, object: completed as unknown as JsonObject }),
    )
    if (trail.audit) trail.annotate(ISSUED_ID, `JTI=${decodeJwt(issued.status?.token ?? '').jti ?? ''}`)
    return {
      type: 'object',
      code: 201,
      object: issued as unknown as JsonObject,
      objectType: OBJECT_TYPE,
      format,
    }
  }
}
