// How PersistentVolumeClaims count: themselves and their storage, in all and by storage class. Pure.
//
// Upstream: pkg/quota/v1/evaluator/core/persistent_volume_claims.go

import { compareQuantities, parseQuantity, type Quantity, quantityOf, toValue } from '#api/meta/quantity.ts'
import { ONE } from '#api/quota/amounts.ts'
import type { Evaluator, QuotaRequest } from '#api/quota/evaluator.ts'
import { matchesScopeValue } from '#api/quota/scopes.ts'
import type { PersistentVolumeClaim } from '#api/types/core.ts'

const COUNT = 'count/persistentvolumeclaims'
const NAMES = ['persistentvolumeclaims', 'requests.storage']
const CLASS_SUFFIX = '.storageclass.storage.k8s.io/'
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class'

const claimOf = (object: object | undefined): PersistentVolumeClaim => (object ?? {}) as PersistentVolumeClaim

export const claimEvaluator: Evaluator = {
  handles: ({ operation, subresource, object, oldObject }: QuotaRequest) => {
    if (subresource === '') return operation === 'CREATE' || operation === 'UPDATE'
    if (subresource !== 'status') return false
    const [now, before] = [claimOf(object), claimOf(oldObject)]
    return allocated(now) !== allocated(before) || classNames(now).join() !== classNames(before).join()
  },
  matching: (names) =>
    names.filter(
      (name) => name === COUNT || NAMES.some((own) => name === own || name.endsWith(CLASS_SUFFIX + own)),
    ),
  isInScope(scope, object) {
    if (scope.scopeName !== 'VolumeAttributesClass') return false
    const names = classNames(claimOf(object))
    if (scope.operator === 'Exists') return names.length > 0
    return names.length > 0
      ? names.some((name) => matchesScopeValue(scope, name))
      : matchesScopeValue(scope, undefined)
  },
  usage(object) {
    const claim = claimOf(object)
    const storageClass = claim.metadata?.annotations?.[CLASS_ANNOTATION] ?? claim.spec?.storageClassName ?? ''
    const storage = storageOf(claim)
    return new Map([
      ['persistentvolumeclaims', ONE],
      [COUNT, ONE],
      ...(storage ? [['requests.storage', storage] as const] : []),
      ...(storageClass ? [[`${storageClass}${CLASS_SUFFIX}persistentvolumeclaims`, ONE] as const] : []),
      ...(storageClass && storage
        ? [[`${storageClass}${CLASS_SUFFIX}requests.storage`, storage] as const]
        : []),
    ])
  },
}

const allocated = (claim: PersistentVolumeClaim): string =>
  claim.status?.allocatedResources?.['storage'] ?? ''

function classNames(claim: PersistentVolumeClaim): readonly string[] {
  const names = [
    claim.spec?.volumeAttributesClassName,
    claim.status?.currentVolumeAttributesClassName,
    claim.status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ]
  return [...new Set(names.filter((name): name is string => Boolean(name)))].sort()
}

/** Whole bytes, and what was allocated where an expansion that failed has allocated more. */
function storageOf(claim: PersistentVolumeClaim): Quantity | undefined {
  const asked = claim.spec?.resources?.requests?.['storage']
  if (asked === undefined) return undefined
  const [request, given] = [parseQuantity(asked), allocated(claim)]
  const larger =
    given !== '' && compareQuantities(parseQuantity(given), request) > 0 ? parseQuantity(given) : request
  const whole = quantityOf(toValue(larger), larger.format)
  return compareQuantities(whole, larger) === 0 ? larger : whole
}
