// Whether a definition of a custom resource is well formed, and what of it may change.
//
// Upstream: ValidateCustomResourceDefinition in .../pkg/apis/apiextensions/validation/validation.go

import { validateDefaults } from '#api/kinds/apiextensions/default-values.ts'
import { validateNames } from '#api/kinds/apiextensions/names.ts'
import { hasUnsupported, validateOpenApiSchema } from '#api/kinds/apiextensions/openapi-schema.ts'
import {
  hasKnownReviewVersion,
  validateColumn,
  validateConversion,
  validateDeprecationWarning,
  validateSelectableFields,
  validateSubresources,
} from '#api/kinds/apiextensions/parts.ts'
import { hasDefaults, type Schema } from '#api/kinds/apiextensions/schema.ts'
import { structuralErrors } from '#api/kinds/apiextensions/structural.ts'
import { isShared, partsOf, schemaOf, shownVersions, versionsOf } from '#api/kinds/apiextensions/versions.ts'
import { internalForm, internalList } from '#api/kinds/internal-form.ts'
import { plainMetadata, plainMetadataUpdate } from '#api/kinds/metadata.ts'
import { forbidden, invalid, notSupportedInOrder, Path, required } from '#api/meta/field-error.ts'
import { isDNS1035Label, isDNS1123Subdomain, nameIsDNSSubdomain } from '#api/meta/names.ts'
import { type FieldErrors, immutable } from '#api/meta/validation.ts'
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceSubresources,
} from '#api/types/apiextensions.ts'

const SPEC = new Path('spec')
const STATUS = new Path('status')
const NO_PRUNING = SPEC.child('preserveUnknownFields')
const SCOPES = ['Cluster', 'Namespaced']
const APPROVAL = 'api-approved.kubernetes.io'
const PROPOSAL = 'see https://github.com/kubernetes/enhancements/pull/1111'

/** Fields of a schema's root that a status subresource leaves room for. */
const ALLOWED_AT_ROOT = [
  'Description',
  'Type',
  'Format',
  'Title',
  'Maximum',
  'ExclusiveMaximum',
  'Minimum',
  'ExclusiveMinimum',
  'MaxLength',
  'MinLength',
  'Pattern',
  'MaxItems',
  'MinItems',
  'UniqueItems',
  'MultipleOf',
  'Required',
  'Items',
  'Properties',
  'ExternalDocs',
  'Example',
  'XPreserveUnknownFields',
  'XValidations',
]

export function* validateDefinition(object: CustomResourceDefinition): FieldErrors {
  const wanted = `${object.spec?.names?.plural ?? ''}.${object.spec?.group ?? ''}`
  yield* plainMetadata(object, false, (name, isPrefix) => [
    ...nameIsDNSSubdomain(name, isPrefix),
    ...(name === wanted ? [] : ['must be spec.names.plural+"."+spec.group']),
  ])
  yield* validateSpec(object.spec, true)
  yield* validateStatus(object)
  yield* validateApproval(object, undefined)
  yield* noUnknownFields(object, undefined)
}

export function* validateDefinitionUpdate(
  object: CustomResourceDefinition,
  old: CustomResourceDefinition,
): FieldErrors {
  yield* plainMetadataUpdate(object, old)
  const { spec } = object
  yield* validateSpec(
    spec,
    hasKnownReviewVersion(old.spec.conversion?.webhook?.conversionReviewVersions ?? []),
  )
  const isEstablished = (old.status?.conditions ?? []).some(
    ({ type, status }) => type === 'Established' && status === 'True',
  )
  const names = SPEC.child('names')
  if (isEstablished) {
    yield* immutable(SPEC.child('scope'), spec.scope, old.spec.scope)
    yield* immutable(names.child('kind'), spec.names?.kind, old.spec.names.kind)
  }
  yield* immutable(SPEC.child('group'), spec.group, old.spec.group)
  yield* immutable(names.child('plural'), spec.names?.plural, old.spec.names.plural)
  yield* validateStatus(object)
  yield* validateApproval(object, old)
  yield* noUnknownFields(object, old)
}

export function* validateAcceptedNames({ status }: CustomResourceDefinition): FieldErrors {
  yield* validateNames(status?.acceptedNames ?? {}, STATUS.child('acceptedNames'))
}

function* validateSpec(spec: CustomResourceDefinitionSpec, requireKnownVersion: boolean): FieldErrors {
  yield* validateGroup(spec.group ?? '', SPEC.child('group'))
  const { scope } = spec
  if (!scope) yield required(SPEC.child('scope'))
  else if (!SCOPES.includes(scope)) yield notSupportedInOrder(SPEC.child('scope'), scope, SCOPES)
  const versions = versionsOf(spec)
  for (const [i, version] of versions.entries()) {
    if (!schemaOf(version)) yield required(SPEC.child('versions').index(i).child('schema', 'openAPIV3Schema'))
  }
  if (spec.preserveUnknownFields && versions.some((version) => hasDefaults(schemaOf(version)))) {
    yield invalid(NO_PRUNING, true, 'must be false in order to use defaults in the schema')
  }
  yield* validateVersions(spec)
  for (const name of ['plural', 'singular', 'kind', 'listKind'] as const) {
    if (!spec.names?.[name]) yield required(SPEC.child('names', name))
  }
  yield* validateNames(spec.names ?? {}, SPEC.child('names'))
  yield* validateParts(spec)
  const strategy = spec.conversion?.strategy
  if (spec.preserveUnknownFields && strategy !== undefined && strategy !== 'None') {
    const text = 'must be None if spec.preserveUnknownFields is true'
    yield invalid(SPEC.child('conversion', 'strategy'), strategy, text)
  }
  if (spec.conversion)
    yield* validateConversion(spec.conversion, requireKnownVersion, SPEC.child('conversion'))
}

function* validateGroup(group: string, path: Path): FieldErrors {
  const reasons = isDNS1123Subdomain(group)
  if (group === '') yield required(path)
  else if (reasons.length > 0) yield invalid(path, group, reasons.join(','))
  else if (!group.includes('.')) yield invalid(path, group, 'should be a domain with at least one dot')
}

function* validateVersions(spec: CustomResourceDefinitionSpec): FieldErrors {
  const versions = versionsOf(spec)
  const path = SPEC.child('versions')
  for (const [i, { name, deprecated, deprecationWarning }] of versions.entries()) {
    const reasons = isDNS1035Label(name)
    if (reasons.length > 0) yield invalid(path.index(i).child('name'), name, reasons.join(','))
    const at = path.index(i).child('deprecationWarning')
    yield* validateDeprecationWarning(deprecated ?? false, deprecationWarning, at)
  }
  const shown = (): unknown =>
    internalList('CustomResourceDefinitionVersion', spec.versions && shownVersions(spec))
  const names = new Set(versions.map(({ name }) => name))
  if (names.size < versions.length) yield invalid(path, shown(), 'must contain unique version names')
  if (versions.filter(({ storage }) => storage).length !== 1) {
    yield invalid(path, shown(), 'must have exactly one version marked as storage version')
  }
  const first = versions[0]?.name ?? ''
  const reasons = isDNS1035Label(first)
  if (first !== '' && reasons.length > 0) yield invalid(SPEC.child('version'), first, reasons.join(','))
}

function* validateParts(spec: CustomResourceDefinitionSpec): FieldErrors {
  const hasStatus = (subresources: CustomResourceSubresources | undefined): boolean =>
    subresources?.status !== undefined
  for (const { value, path, version } of partsOf(spec, 'schema')) {
    const own = versionsOf(spec).filter(({ name }) => version === '' || name === version)
    const schema = value.openAPIV3Schema as Schema | undefined
    if (schema) {
      const withStatus = own.some(({ subresources }) => hasStatus(subresources))
      yield* validateSchema(schema, withStatus, path.child('openAPIV3Schema'))
    }
  }
  for (const { value, path } of partsOf(spec, 'subresources')) yield* validateSubresources(value, path)
  for (const { value, path } of partsOf(spec, 'additionalPrinterColumns')) {
    for (const [i, column] of value.entries()) yield* validateColumn(column, path.index(i))
  }
  for (const { value, path, version } of partsOf(spec, 'selectableFields')) {
    const own = versionsOf(spec).find(({ name }) => version === '' || name === version)
    const schema = own && schemaOf(own)
    if (value.length === 0) continue
    const isElsewhere = version !== '' && isShared(spec, 'schema')
    if (isElsewhere)
      yield invalid(path, '', 'may only be set when `version.schema.openAPIV3Schema` is not included')
    else if (schema) yield* validateSelectableFields(value, schema, path)
    else yield invalid(path, '', 'may only be set when validations.schema is included')
  }
}

function* validateSchema(schema: Schema, hasStatus: boolean, path: Path): FieldErrors {
  if (hasStatus) yield* validateRoot(schema, path)
  if (schema.nullable) yield forbidden(path.child('nullable'), 'nullable cannot be true at the root')
  // of what can be no structural schema only that is told
  const structural = hasUnsupported(schema) ? [] : structuralErrors(schema, path)
  const wrong = structural.length > 0 ? structural : [...validateDefaults(schema, path)]
  yield* wrong
  yield* validateOpenApiSchema(schema, path, wrong.length === 0 && !hasUnsupported(schema))
}

function* validateRoot(schema: Schema, path: Path): FieldErrors {
  for (const name of Object.keys(schema)) {
    const goName = name.startsWith('x-kubernetes-')
      ? `X${name.slice('x-kubernetes-'.length).replace(/(?:^|-)(\w)/g, (_all, letter: string) => letter.toUpperCase())}`
      : `${name.charAt(0).toUpperCase()}${name.slice(1)}`
    if (goName === 'Type' && schema.type !== 'object') {
      const text =
        'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
      yield invalid(path.child('type'), schema.type ?? '', text)
      return
    }
    if (!ALLOWED_AT_ROOT.includes(goName)) {
      const text = `only [${ALLOWED_AT_ROOT.join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`
      yield invalid(path, internalForm('JSONSchemaProps', schema), text)
      return
    }
  }
}

function* validateStatus(object: CustomResourceDefinition): FieldErrors {
  yield* validateAcceptedNames(object)
  const stored = object.status?.storedVersions ?? []
  const path = STATUS.child('storedVersions')
  if (stored.length === 0) {
    yield invalid(path, null, 'must have at least one stored version')
    return
  }
  const versions = versionsOf(object.spec)
  const missing = new Set(stored)
  for (const { name, storage } of versions) {
    if (storage && !missing.has(name)) yield invalid(path, stored, `must have the storage version ${name}`)
    missing.delete(name)
  }
  for (const [i, name] of stored.entries()) {
    if (versions.some((version) => version.name === name)) continue
    const text = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`
    yield invalid(path.index(i), name, text)
  }
}

type Approval = 'missing' | 'bypassed' | 'approved' | 'invalid'

function approvalOf({ metadata }: CustomResourceDefinition): Approval {
  const annotation = metadata?.annotations?.[APPROVAL] ?? ''
  if (annotation === '') return 'missing'
  if (annotation.startsWith('unapproved')) return 'bypassed'
  return /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/]+/.test(annotation) ? 'approved' : 'invalid'
}

/** Groups of the community want a sign that the community agrees. */
function* validateApproval(
  object: CustomResourceDefinition,
  old: CustomResourceDefinition | undefined,
): FieldErrors {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(object.spec.group ?? '')) return
  const state = approvalOf(object)
  if (old && approvalOf(old) === state) return
  const path = new Path('metadata.annotations').key(APPROVAL)
  const must = `protected groups must have approval annotation "${APPROVAL}"`
  if (state === 'missing') yield required(path, `${must}, ${PROPOSAL}`)
  if (state === 'invalid') {
    const text = `${must} with either a URL or a reason starting with "unapproved", ${PROPOSAL}`
    yield invalid(path, object.metadata?.annotations?.[APPROVAL], text)
  }
}

function* noUnknownFields(
  object: CustomResourceDefinition,
  old: CustomResourceDefinition | undefined,
): FieldErrors {
  if (old?.spec.preserveUnknownFields || !object.spec.preserveUnknownFields) return
  const text =
    'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'
  yield invalid(NO_PRUNING, true, text)
}
