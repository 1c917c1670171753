// Claims for devices that a pod brings to its containers.
//
// Upstream: validatePodResourceClaims in pkg/apis/core/validation/validation.go

import { MIRROR_ANNOTATION } from '#api/kinds/core/pod/annotations.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { duplicate, forbidden, invalid, Path, required } from '#api/meta/field-error.ts'
import { nameIsDNSSubdomain } from '#api/meta/names.ts'
import type { ObjectMeta } from '#api/meta/object.ts'
import { dnsLabel, each, type FieldErrors } from '#api/meta/validation.ts'
import type { PodResourceClaim } from '#api/types/core.ts'

export function* validatePodClaims(
  claims: readonly PodResourceClaim[],
  metadata: ObjectMeta | undefined,
  path: Path,
): FieldErrors {
  const names = new Set<string>()
  for (const [i, claim] of claims.entries()) {
    if (metadata?.annotations?.[MIRROR_ANNOTATION] !== undefined) {
      yield forbidden(new Path(), 'static pods do not support resource claims')
    } else {
      yield* validateClaim(claim, names, path.index(i))
    }
  }
}

function* validateClaim(claim: PodResourceClaim, names: Set<string>, path: Path): FieldErrors {
  const { name, resourceClaimName, resourceClaimTemplateName } = claim
  if (!name) yield required(path.child('name'))
  else if (names.has(name)) yield duplicate(path.child('name'), name)
  else {
    yield* dnsLabel(path.child('name'), name)
    names.add(name)
  }
  const shown = internalForm('PodResourceClaim', claim)
  if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
    const text = 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'
    yield invalid(path, shown, text)
  }
  if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
    yield invalid(path, shown, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`')
  }
  for (const [field, value] of Object.entries({ resourceClaimName, resourceClaimTemplateName })) {
    if (value !== undefined) yield* each(path.child(field), value, nameIsDNSSubdomain(value, false))
  }
}
