// Whether a claim is well formed, and what of it may change: once bound, its size and its class of attributes.
//
// Upstream: ValidatePersistentVolumeClaimUpdate and its neighbours in pkg/apis/core/validation/validation.go

import { type ClaimRules, claimSpec } from '#api/kinds/core/claim-spec.ts'
import { basicQuantity, isNativeResource, resourceQuantity } from '#api/kinds/core/resource-names.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { forbidden, invalid, notSupported, Path, required } from '#api/meta/field-error.ts'
import { isQualifiedName } from '#api/meta/names.ts'
import { compareQuantities, parseQuantity } from '#api/meta/quantity.ts'
import { unifiedDiff } from '#api/meta/unified-diff.ts'
import {
  each,
  type FieldErrors,
  IS_IMMUTABLE,
  immutable,
  validateLabelSelector,
} from '#api/meta/validation.ts'
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '#api/types/core.ts'

const SPEC = new Path('spec')
const STATUS = new Path('status')
const REQUESTED = SPEC.child('resources', 'requests', 'storage')
const ATTRIBUTES_CLASS = SPEC.child('volumeAttributesClassName')
export const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class'

const specOf = (claim: PersistentVolumeClaim): PersistentVolumeClaimSpec => claim.spec ?? {}

export function* validateClaim(claim: PersistentVolumeClaim, rules: ClaimRules = {}): FieldErrors {
  yield* namespacedMetadata(claim)
  yield* claimSpec(specOf(claim), SPEC, rules)
}

/** What was wrong before may stay. */
function rulesAfter(old: PersistentVolumeClaim): ClaimRules {
  const { dataSource, dataSourceRef, selector } = specOf(old)
  return {
    allowInvalidApiGroup: dataSource?.apiGroup !== undefined || dataSourceRef?.apiGroup !== undefined,
    allowInvalidSelector: [...validateLabelSelector(selector, SPEC)].length > 0,
  }
}

export function* validateClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldErrors {
  yield* metadataUpdate(claim, old)
  yield* validateClaim(claim, rulesAfter(old))
  const classIsUpgraded = classFromAnnotation(claim, old)
  if (!classIsUpgraded) yield* classAnnotationStays(claim, old)
  yield* specStays(claim, old, classIsUpgraded)
  yield* noShrinking(claim, old)
  yield* immutable(new Path('volumeMode'), specOf(claim).volumeMode, specOf(old).volumeMode)
  yield* attributesClassStays(claim, old)
}

const annotationOf = (claim: PersistentVolumeClaim): string | undefined =>
  claim.metadata?.annotations?.[CLASS_ANNOTATION]

/** The class moves from the annotation of old to the field. */
function classFromAnnotation(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  const before = annotationOf(old)
  const after = annotationOf(claim)
  return (
    before !== undefined &&
    specOf(old).storageClassName === undefined &&
    specOf(claim).storageClassName === before &&
    (after === undefined || after === before)
  )
}

function* classAnnotationStays(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldErrors {
  const after = annotationOf(claim) ?? ''
  if (after === (annotationOf(old) ?? '')) return
  yield invalid(new Path('metadata').child('annotations', CLASS_ANNOTATION), after, IS_IMMUTABLE)
}

function* specStays(
  claim: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
  classIsUpgraded: boolean,
): FieldErrors {
  const before = { ...specOf(old) }
  const after = { ...specOf(claim) }
  if (!before.volumeName && after.volumeName) before.volumeName = after.volumeName
  const annotation = annotationOf(old)
  const classIsNew =
    before.storageClassName === undefined &&
    (annotation === undefined || after.storageClassName === annotation)
  if (classIsUpgraded || classIsNew) delete after.storageClassName
  if (claim.status?.phase === 'Bound') allowBound(after, before)
  if (semanticEqual(after, before)) return
  const form = (spec: PersistentVolumeClaimSpec) => internalForm('PersistentVolumeClaimSpec', spec)
  const text =
    'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'
  yield forbidden(SPEC, `${text}\n${unifiedDiff(form(before), form(after))}`)
}

type MutableSpec = { -readonly [K in keyof PersistentVolumeClaimSpec]: PersistentVolumeClaimSpec[K] }

function allowBound(after: MutableSpec, before: PersistentVolumeClaimSpec): void {
  const storage = before.resources?.requests?.['storage'] ?? '0'
  if (after.resources?.requests) {
    after.resources = { ...after.resources, requests: { ...after.resources.requests, storage } }
  }
  const { volumeAttributesClassName } = before
  if (volumeAttributesClassName === undefined) delete after.volumeAttributesClassName
  else after.volumeAttributesClassName = volumeAttributesClassName
}

/** After an expansion that failed, less may be asked for, but more than there is. */
function* noShrinking(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldErrors {
  const sizeOf = (list: Readonly<Record<string, string>> | undefined) =>
    parseQuantity(list?.['storage'] ?? '0')
  const size = sizeOf(specOf(claim).resources?.requests)
  if (compareQuantities(size, sizeOf(specOf(old).resources?.requests)) >= 0) return
  if (compareQuantities(size, sizeOf(old.status?.capacity)) > 0) return
  yield forbidden(REQUESTED, 'field can not be less than status.capacity')
}

function* attributesClassStays(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldErrors {
  const name = specOf(claim).volumeAttributesClassName
  if (name === specOf(old).volumeAttributesClassName) return
  if (old.status?.currentVolumeAttributesClassName === undefined || name) return
  const what = name === undefined ? 'nil' : 'empty string'
  const text = `update to ${what} is forbidden when status.currentVolumeAttributesClassName is not nil`
  yield forbidden(ATTRIBUTES_CLASS, text)
}

const RESIZE_STATES = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizePending',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
]

export function* validateClaimStatus(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldErrors {
  yield* metadataUpdate(claim, old)
  const { capacity = {}, allocatedResources = {}, allocatedResourceStatuses = {} } = claim.status ?? {}
  if ((specOf(claim).accessModes ?? []).length === 0) yield required(new Path('Spec').child('accessModes'))
  for (const [name, amount] of Object.entries(capacity)) {
    yield* basicQuantity(STATUS.child('capacity').key(name), amount)
  }
  const statesPath = STATUS.child('allocatedResourceStatuses')
  for (const [name, state] of Object.entries(allocatedResourceStatuses)) {
    yield* claimResource(name, statesPath)
    if (!RESIZE_STATES.includes(state)) yield notSupported(statesPath, name, RESIZE_STATES)
  }
  const path = STATUS.child('allocatedResources')
  for (const [name, amount] of Object.entries(allocatedResources)) {
    const wrongName = [...claimResource(name, path)]
    yield* wrongName
    if (wrongName.length > 0) continue
    const wrong = [...basicQuantity(path.key(name), amount)]
    yield* wrong.length > 0 ? wrong : resourceQuantity(path.key(name), 'storage', amount)
  }
}

function* claimResource(name: string, path: Path): FieldErrors {
  const reasons = isQualifiedName(name)
  yield* each(path, name, reasons)
  if (reasons.length === 0 && isNativeResource(name) && name !== 'storage') {
    yield notSupported(path, name, ['storage'])
  }
}
