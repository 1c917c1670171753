// Whether the metadata of an object is well formed, and what an update may not change in it.
//
// The registry checks every object of every kind with these; kinds add only what is theirs.
// Upstream: staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go,
// staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go

import { type FieldError, forbidden, invalid, Path, required, tooLong } from '#api/meta/field-error.ts'
import { isLabelValue, isQualifiedName, nameIsDNSLabel } from '#api/meta/names.ts'
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from '#api/meta/object.ts'
import { parseApiVersion } from '#api/meta/object.ts'

/** Gives what is wrong with a name; `isPrefix` when a generated suffix follows. */
export type NameValidator = (name: string, isPrefix: boolean) => readonly string[]

const ANNOTATIONS_MAX_BYTES = 256 * 1024
const FIELD_MANAGER_MAX_BYTES = 128
const SUBRESOURCE_MAX_BYTES = 256
const METADATA = new Path('metadata')

/** Checks the metadata of a complete object: its name is already generated. */
export function validateObjectMeta(
  meta: ObjectMeta,
  namespaced: boolean,
  validateName: NameValidator,
  path = METADATA,
): FieldError[] {
  const errors: FieldError[] = []
  if (meta.generateName) {
    for (const text of validateName(meta.generateName, true)) {
      errors.push(invalid(path.child('generateName'), meta.generateName, text))
    }
  }
  if (!meta.name) errors.push(required(path.child('name'), 'name or generateName is required'))
  else
    for (const text of validateName(meta.name, false))
      errors.push(invalid(path.child('name'), meta.name, text))
  errors.push(...validateScope(meta, namespaced, path))
  if ((meta.generation ?? 0) < 0) {
    errors.push(invalid(path.child('generation'), meta.generation, 'must be greater than or equal to 0'))
  }
  return [
    ...errors,
    ...validateLabels(meta.labels, path.child('labels')),
    ...validateAnnotations(meta.annotations, path.child('annotations')),
    ...validateOwnerReferences(meta.ownerReferences ?? [], path.child('ownerReferences')),
    ...validateFinalizers(meta.finalizers ?? [], path.child('finalizers')),
    ...validateManagedFields(meta.managedFields ?? [], path.child('managedFields')),
  ]
}

function validateScope(meta: ObjectMeta, namespaced: boolean, path: Path): FieldError[] {
  const field = path.child('namespace')
  if (!namespaced) return meta.namespace ? [forbidden(field, 'not allowed on this type')] : []
  if (!meta.namespace) return [required(field)]
  return nameIsDNSLabel(meta.namespace, false).map((text) => invalid(field, meta.namespace, text))
}

export function validateLabels(labels: ObjectMeta['labels'], path: Path): FieldError[] {
  const errors: FieldError[] = []
  for (const [key, value] of Object.entries(labels ?? {})) {
    for (const text of isQualifiedName(key)) errors.push(invalid(path, key, text))
    for (const text of isLabelValue(value)) errors.push(invalid(path, value, text))
  }
  return errors
}

export function validateAnnotations(annotations: ObjectMeta['annotations'], path: Path): FieldError[] {
  const errors: FieldError[] = []
  let sizeBytes = 0
  for (const [key, value] of Object.entries(annotations ?? {})) {
    for (const text of isQualifiedName(key.toLowerCase())) errors.push(invalid(path, key, text))
    sizeBytes += Buffer.byteLength(key) + Buffer.byteLength(value)
  }
  if (sizeBytes > ANNOTATIONS_MAX_BYTES) errors.push(tooLong(path, ANNOTATIONS_MAX_BYTES))
  return errors
}

export function validateOwnerReferences(references: readonly OwnerReference[], path: Path): FieldError[] {
  const errors: FieldError[] = []
  let controller: string | undefined
  for (const reference of references) {
    errors.push(...validateOwnerReference(reference, path))
    if (!reference.controller) continue
    const name = `${reference.kind}/${reference.name}`
    if (controller === undefined) controller = name
    else {
      const text = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`
      errors.push(invalid(path, references, text))
    }
  }
  return errors
}

function validateOwnerReference(reference: OwnerReference, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const { apiVersion, kind, name, uid } = reference
  const slashes = (apiVersion ?? '').split('/').length - 1
  const { version } = slashes > 1 ? { version: '' } : parseApiVersion(apiVersion ?? '')
  if (!version) errors.push(invalid(path.child('apiVersion'), apiVersion ?? '', 'version must not be empty'))
  if (!kind) errors.push(invalid(path.child('kind'), kind ?? '', 'must not be empty'))
  if (!name) errors.push(invalid(path.child('name'), name ?? '', 'must not be empty'))
  if (!uid) errors.push(invalid(path.child('uid'), uid ?? '', 'must not be empty'))
  if (apiVersion === 'v1' && kind === 'Event') {
    errors.push(invalid(path, reference, '/v1, Kind=Event is disallowed from being an owner'))
  }
  return errors
}

function validateFinalizers(finalizers: readonly string[], path: Path): FieldError[] {
  const errors: FieldError[] = []
  for (const name of finalizers)
    for (const text of isQualifiedName(name)) errors.push(invalid(path, name, text))
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'))
  }
  return errors
}

function validateManagedFields(entries: readonly ManagedFieldsEntry[], path: Path): FieldError[] {
  const errors: FieldError[] = []
  entries.forEach((entry, position) => {
    const at = path.index(position)
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') {
      errors.push(invalid(at.child('operation'), entry.operation ?? '', 'must be `Apply` or `Update`'))
    }
    if (entry.fieldsType && entry.fieldsType !== 'FieldsV1') {
      errors.push(invalid(at.child('fieldsType'), entry.fieldsType, 'must be `FieldsV1`'))
    }
    errors.push(...validateFieldManager(entry.manager ?? '', at.child('manager')))
    if (Buffer.byteLength(entry.subresource ?? '') > SUBRESOURCE_MAX_BYTES) {
      errors.push(tooLong(at.child('subresource'), SUBRESOURCE_MAX_BYTES))
    }
  })
  return errors
}

/** A manager's name is short and printable. */
export function validateFieldManager(manager: string, path: Path): FieldError[] {
  const errors: FieldError[] = []
  if (Buffer.byteLength(manager) > FIELD_MANAGER_MAX_BYTES)
    errors.push(tooLong(path, FIELD_MANAGER_MAX_BYTES))
  let position = 0
  for (const char of manager) {
    if (/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.test(char)) {
      const code = `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
      errors.push(invalid(path, manager, `invalid character ${code} (at position ${position})`))
    }
    position += Buffer.byteLength(char)
  }
  return errors
}

/** What an update may not do to metadata, whatever the kind. */
export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, path = METADATA): FieldError[] {
  const errors: FieldError[] = []
  if (old.deletionTimestamp) {
    const added = [...new Set(meta.finalizers ?? [])]
      .filter((name) => !(old.finalizers ?? []).includes(name))
      .sort()
    if (added.length > 0) {
      const list = `[]string{${added.map((name) => JSON.stringify(name)).join(', ')}}`
      const text = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`
      errors.push(forbidden(path.child('finalizers'), text))
    }
  }
  if (!meta.resourceVersion)
    errors.push(invalid(path.child('resourceVersion'), '', 'must be specified for an update'))
  if ((meta.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(invalid(path.child('generation'), meta.generation ?? 0, 'must not be decremented'))
  }
  for (const name of IMMUTABLE) {
    if (meta[name] !== old[name]) {
      const empty = name === 'name' || name === 'namespace' || name === 'uid' ? '' : null
      errors.push(invalid(path.child(name), meta[name] ?? empty, 'field is immutable'))
    }
  }
  return [
    ...errors,
    ...validateLabels(meta.labels, path.child('labels')),
    ...validateAnnotations(meta.annotations, path.child('annotations')),
    ...validateOwnerReferences(meta.ownerReferences ?? [], path.child('ownerReferences')),
    ...validateManagedFields(meta.managedFields ?? [], path.child('managedFields')),
  ]
}

const IMMUTABLE = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const
