// What a PersistentVolumeClaim asks for, also as the template in an ephemeral volume or a StatefulSet.
//
// Upstream: ValidatePersistentVolumeClaimSpec in pkg/apis/core/validation/validation.go

import { positiveQuantity, resourceQuantity } from '#api/kinds/core/resource-names.ts'
import { forbidden, invalid, type Path, required } from '#api/meta/field-error.ts'
import { isDNS1123Subdomain, nameIsDNSLabel, nameIsDNSSubdomain } from '#api/meta/names.ts'
import type { ObjectMeta } from '#api/meta/object.ts'
import { validateAnnotations, validateLabels } from '#api/meta/object-meta-validation.ts'
import { each, type FieldErrors, oneOf, validateLabelSelector } from '#api/meta/validation.ts'
import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
  TypedLocalObjectReference,
  TypedObjectReference,
} from '#api/types/core.ts'

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']
const VOLUME_MODES = ['Block', 'Filesystem']

export interface ClaimRules {
  readonly allowInvalidSelector?: boolean
  readonly allowInvalidApiGroup?: boolean
}

/** The template of an ephemeral volume: labels and annotations are all the metadata it may have. */
export function* claimTemplate(template: PersistentVolumeClaimTemplate, path: Path): FieldErrors {
  yield* templateMetadata(template.metadata ?? {}, path.child('metadata'))
  yield* claimSpec(template.spec, path.child('spec'))
}

export function* templateMetadata(metadata: ObjectMeta, path: Path): FieldErrors {
  yield* validateAnnotations(metadata.annotations, path.child('annotations'))
  yield* validateLabels(metadata.labels, path.child('labels'))
  for (const name of METADATA_FIELDS) {
    if (metadata[name] !== undefined) yield forbidden(path.child(name), 'cannot be set')
  }
}

/** In Go's order. */
const METADATA_FIELDS = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const

export function* claimSpec(spec: PersistentVolumeClaimSpec, path: Path, rules: ClaimRules = {}): FieldErrors {
  if ((spec.accessModes ?? []).length === 0) {
    yield required(path.child('accessModes'), 'at least 1 access mode is required')
  }
  yield* validateLabelSelector(spec.selector, path.child('selector'), {
    allowInvalidValues: rules.allowInvalidSelector === true,
  })
  yield* accessModes(spec.accessModes ?? [], path.child('accessModes'))
  yield* requestedStorage(spec, path)
  yield* className(spec.storageClassName, path.child('storageClassName'))
  if (spec.volumeMode !== undefined) yield* volumeMode(spec.volumeMode, path.child('volumeMode'))
  yield* dataSources(spec, path, rules)
  yield* className(spec.volumeAttributesClassName, path.child('volumeAttributesClassName'))
}

export function* accessModes(modes: readonly string[], path: Path): FieldErrors {
  for (const mode of modes) yield* oneOf(path, mode, ACCESS_MODES)
  const known = modes.filter((mode) => ACCESS_MODES.includes(mode))
  if (known.includes('ReadWriteOncePod') && known.some((mode) => mode !== 'ReadWriteOncePod')) {
    yield forbidden(path, 'may not use ReadWriteOncePod with other access modes')
  }
}

export const volumeMode = (mode: string, path: Path): FieldErrors => oneOf(path, mode, VOLUME_MODES)

/** Empty means none, for a claim. */
export function* className(name: string | undefined, path: Path): FieldErrors {
  if (name) yield* each(path, name, nameIsDNSSubdomain(name, false))
}

function* requestedStorage(spec: PersistentVolumeClaimSpec, path: Path): FieldErrors {
  const at = path.child('resources').key('storage')
  const storage = spec.resources?.requests?.['storage']
  if (storage === undefined) {
    yield required(at)
    return
  }
  const errors = [...positiveQuantity(at, storage)]
  yield* errors.length > 0 ? errors : resourceQuantity(at, 'storage', storage)
}

function* dataSources(spec: PersistentVolumeClaimSpec, path: Path, rules: ClaimRules): FieldErrors {
  const { dataSource, dataSourceRef } = spec
  if (dataSource) yield* reference(dataSource, path.child('dataSource'), rules)
  if (dataSourceRef) {
    yield* reference(dataSourceRef, path.child('dataSourceRef'), rules)
    if (dataSourceRef.namespace) {
      const reasons = nameIsDNSLabel(dataSourceRef.namespace, false)
      yield* each(path.child('dataSourceRef').child('namespace'), dataSourceRef.namespace, reasons)
    }
  }
  if (!dataSource || !dataSourceRef) return
  // Upstream shows the path itself as the value: a struct without exported fields.
  if (dataSourceRef.namespace) {
    yield invalid(path, {}, 'may not be specified when dataSourceRef.namespace is specified')
  } else if (!isSameSource(dataSource, dataSourceRef)) {
    yield invalid(path, {}, 'must match dataSourceRef')
  }
}

function* reference(
  source: TypedLocalObjectReference | TypedObjectReference,
  path: Path,
  rules: ClaimRules,
): FieldErrors {
  if (!source.name) yield required(path.child('name'))
  if (!source.kind) yield required(path.child('kind'))
  const group = source.apiGroup ?? ''
  if (group === '' && source.kind !== 'PersistentVolumeClaim') {
    const text = "must be 'PersistentVolumeClaim' when referencing the default apiGroup"
    yield invalid(path, source.kind, text)
  }
  if (group !== '' && !rules.allowInvalidApiGroup) {
    yield* each(path.child('apiGroup'), group, isDNS1123Subdomain(group))
  }
}

const isSameSource = (source: TypedLocalObjectReference, other: TypedObjectReference): boolean =>
  source.apiGroup === other.apiGroup && source.kind === other.kind && source.name === other.name
