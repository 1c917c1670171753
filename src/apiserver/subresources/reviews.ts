// Kinds that are questions: created, answered at once, never stored (SubjectAccessReview, TokenReview, …).

import type { KindDefinition } from '#api/kinds/kind.ts'
import { invalid, methodNotAllowed, qualified } from '#api/meta/status.ts'
import type { ApiResponse } from '#apiserver/exchange.ts'
import { readBody } from '#apiserver/http/body.ts'
import { negotiateOutput } from '#apiserver/http/negotiation.ts'
import { scopeOf } from '#apiserver/http/resource-routes.ts'
import type { RequestContext } from '#apiserver/pipeline.ts'
import { admissionRequest } from '#apiserver/registry/admit.ts'
import { dropEmptyOf, groupResourceOf } from '#apiserver/registry/catalog.ts'
import { writeOptionsObject } from '#apiserver/registry/create.ts'
import { decodeKind } from '#apiserver/registry/decode.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import { parseWriteOptions } from '#apiserver/registry/options.ts'
import { ensureNamespace, fieldManagerOf, kindContext } from '#apiserver/registry/scope.ts'
import type { Review } from '#apiserver/reviews.ts'

export function reviewHandler(dependencies: RegistryDependencies, reviews: Readonly<Record<string, Review>>) {
  return async (context: RequestContext, kind: KindDefinition): Promise<ApiResponse> => {
    const { request, trail, user } = context
    const answer = reviews[qualified(groupResourceOf(kind))]
    if (context.info.verb !== 'create' || !answer) throw methodNotAllowed()
    const format = negotiateOutput(request.head, { conversions: true, withoutTables: true })
    const body = await readBody(request)
    const options = parseWriteOptions(request.head.query, 'CreateOptions')
    const review = decodeKind(body, kind, context.info.version, {
      validation: options.fieldValidation,
      warn: trail.warn,
      audit: trail.audit,
    })
    const scope = scopeOf(context, kind)
    ensureNamespace(scope, review)
    dependencies.fields.recordUpdate(scope, review, undefined, fieldManagerOf(scope, options.fieldManager))
    const admission = admissionRequest(scope, {
      operation: 'CREATE',
      dryRun: options.dryRun,
      object: review,
      options: writeOptionsObject('CreateOptions', options),
    })
    await dependencies.admission.mutate(admission)
    const errors = [...(kind.validate?.(review, kindContext(scope, dependencies.clock.now())) ?? [])]
    if (errors.length > 0) throw invalid(kind.group, kind.kind, '', errors)
    await dependencies.admission.validate(admission)
    dropEmptyOf(kind, review)
    const objectType = { kind, version: scope.version }
    return { type: 'object', code: 201, object: await answer(review, user), objectType, format }
  }
}
