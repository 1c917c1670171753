// A definition as kinds: one for each version that it serves, over the same storage.
//
// CustomResourceDefinition ──▶ **KindDefinition per version** ──▶ catalog ──▶ registry, discovery, OpenAPI, tables.
// To the registry a custom kind is a kind as any other; what generated schemas are for built-in kinds lies in `custom`.
// Objects are stored in the definition's storage version, and shown in others by putting another apiVersion on them, or by
// a webhook, whose work is done in the store below (apiserver/customresources/converting-store.ts).
// Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/registry/customresource/strategy.go

import { columnsOf } from '#api/custom/columns.ts'
import { applyDefaults } from '#api/custom/defaults.ts'
import { embeddedErrors } from '#api/custom/embedded-resources.ts'
import { finalizerWarnings } from '#api/custom/finalizers.ts'
import { jsonPath } from '#api/custom/json-path.ts'
import { mergeTypeOfRoot } from '#api/custom/merge-type.ts'
import { replicasErrors } from '#api/custom/replicas.ts'
import { ruleErrors, validateRules } from '#api/custom/rules.ts'
import { compareVersions } from '#api/custom/version-order.ts'
import type { Schema } from '#api/kinds/apiextensions/schema.ts'
import { prune } from '#api/kinds/apiextensions/unknown-fields.ts'
import { Place, validateValue } from '#api/kinds/apiextensions/value-validation.ts'
import { schemaOf } from '#api/kinds/apiextensions/versions.ts'
import type { CustomConversion, CustomForm, KindDefinition, SubresourceStrategy } from '#api/kinds/kind.ts'
import { keepMetadata } from '#api/kinds/status-metadata.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { type FieldError, invalid, Path } from '#api/meta/field-error.ts'
import { nameIsDNSSubdomain } from '#api/meta/names.ts'
import { apiVersionOf, type JsonObject, type ObjectMeta } from '#api/meta/object.ts'
import { validateObjectMeta } from '#api/meta/object-meta-validation.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '#api/types/apiextensions.ts'

/** The kinds of a definition whose names have been accepted, the preferred version first. */
export function customKinds(definition: CustomResourceDefinition): readonly KindDefinition[] {
  const versions = definition.spec.versions.filter(({ served }) => served)
  const sorted = [...versions].sort((a, b) => compareVersions(a.name, b.name))
  const kinds: readonly KindDefinition[] = sorted.map((version) =>
    customKind(definition, version, () => kinds),
  )
  return kinds
}

type Schemas = ReadonlyMap<string, Schema | undefined>

function customKind(
  definition: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
  all: () => readonly KindDefinition[],
): KindDefinition {
  const { group, scope, versions } = definition.spec
  const names = definition.status?.acceptedNames ?? definition.spec.names
  const conversion = conversionOf(definition)
  // where a webhook converts, this version sees the store as if it were the stored one
  const storageVersion = conversion ? version.name : storageVersionOf(definition)
  const schemas: Schemas = new Map(versions.map((one) => [apiVersionOf(group, one.name), schemaOf(one)]))
  const storedAs = apiVersionOf(group, storageVersion)
  const schema = schemaOf(version)
  const { subresources, selectableFields, deprecated, deprecationWarning } = version
  const judged: Judged = { schema, scale: subresources?.scale }
  const warning = `${apiVersionOf(group, version.name)} ${names.kind} is deprecated`
  return {
    group,
    kind: names.kind,
    resource: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    ...(names.shortNames && { shortNames: names.shortNames }),
    ...(names.categories && { categories: names.categories }),
    namespaced: scope === 'Namespaced',
    versions: [version.name],
    storageVersion,
    storagePrefix: `/registry/${group}/${names.plural}`,
    hasGeneration: true,
    allowUnconditionalUpdate: false,
    ...(deprecated && { deprecation: deprecationWarning ?? warning }),
    custom: { ...customForm(schema, all), ...(conversion && { conversion }) },
    convert: (object, _from, to) => inForm(object, to, schemas.get(to)),
    defaults(draft) {
      draft['apiVersion'] = storedAs
      const stored = schemas.get(storedAs)
      if (stored) applyDefaults(draft, stored)
    },
    ...hooksOf(judged, scope === 'Namespaced', subresources?.status !== undefined),
    ...(subresources?.status ? { status: statusStrategy(judged) } : {}),
    ...(subresources?.scale && { scale: scaleOf(subresources.scale) }),
    selectableFields: selectorsOf(selectableFields ?? []),
    columns: columnsOf(version.additionalPrinterColumns),
  }
}

const storageVersionOf = ({ spec }: CustomResourceDefinition): string =>
  spec.versions.find(({ storage }) => storage)?.name ?? ''

function conversionOf(definition: CustomResourceDefinition): CustomConversion | undefined {
  const { group, conversion, versions } = definition.spec
  const webhook = conversion?.strategy === 'Webhook' ? conversion.webhook : undefined
  if (!webhook?.clientConfig || versions.length < 2) return undefined
  return {
    storedAs: apiVersionOf(group, storageVersionOf(definition)),
    client: webhook.clientConfig,
    reviewVersions: webhook.conversionReviewVersions,
  }
}

function customForm(schema: Schema | undefined, all: () => readonly KindDefinition[]): CustomForm {
  return {
    versions: all,
    schema,
    mergeType: mergeTypeOfRoot(schema),
    takeForm(draft) {
      if (!schema) return []
      const unknown = prune(draft, schema)
      applyDefaults(draft, schema)
      return unknown
    },
  }
}

/** A copy in the form of another version. */
function inForm(object: JsonObject, apiVersion: string, schema: Schema | undefined): JsonObject {
  const copy = structuredClone(object)
  copy['apiVersion'] = apiVersion
  if (schema) prune(copy, schema)
  return copy
}

/** What objects of a version are judged by. */
interface Judged {
  readonly schema: Schema | undefined
  readonly scale: Scale | undefined
}

function hooksOf(judged: Judged, isNamespaced: boolean, hasStatus: boolean): Partial<KindDefinition> {
  return {
    prepareForCreate(draft) {
      if (hasStatus) delete draft['status']
    },
    prepareForUpdate(draft, old) {
      if (hasStatus) {
        delete draft['status']
        if (old['status'] !== undefined) draft['status'] = old['status']
      }
      const before = (old['metadata'] as ObjectMeta).generation ?? 0
      if (!semanticEqual(contentOf(draft), contentOf(old))) {
        draft['metadata'] = { ...(draft['metadata'] as ObjectMeta), generation: before + 1 }
      }
    },
    validate: (object) => validate(object, judged, isNamespaced),
    validateUpdate: (object, old) => validateContent(object, old, judged),
    warnings: finalizerWarnings,
    warningsOnUpdate: (object, old) => [
      ...finalizerWarnings(object),
      ...oldProblems(object, old, judged.schema),
    ],
  }
}

/** Rules that an update has not broken, but that do not hold all the same. */
function oldProblems(object: JsonObject, old: JsonObject, schema: Schema | undefined): string[] {
  if (!schema) return []
  return [...ruleErrors(object, old, schema)]
    .filter(({ isOld }) => isOld)
    .map(({ error }) => `${error.field}: ${error.body}`)
}

/** What counts as a change that controllers have to see: everything but metadata (and a status of its own). */
function contentOf(object: JsonObject): JsonObject {
  const { metadata: _metadata, apiVersion: _apiVersion, ...content } = object
  return content
}

function validate(object: JsonObject, judged: Judged, isNamespaced: boolean): Iterable<FieldError> {
  const metadata = (object['metadata'] ?? {}) as ObjectMeta
  return validateContent(object, undefined, judged, [
    ...validateObjectMeta(metadata, isNamespaced, nameIsDNSSubdomain),
  ])
}

/** What keeps rules from being asked: they rely on the types and sizes of what they read. */
const BLOCKING = [
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]
const NOT_CHECKED =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'

/** The errors so far, and what the rules say, if they can be asked. */
function* withRules(
  errors: readonly FieldError[],
  object: JsonObject,
  old: JsonObject | undefined,
  schema: Schema,
): Iterable<FieldError> {
  yield* errors
  if (errors.some(({ type }) => BLOCKING.includes(type))) yield invalid(new Path('<nil>'), null, NOT_CHECKED)
  else yield* validateRules(object, old, schema)
}

function* validateContent(
  object: JsonObject,
  old: JsonObject | undefined,
  { schema, scale }: Judged,
  before: readonly FieldError[] = [],
): Iterable<FieldError> {
  if (!schema) {
    yield* before
    return
  }
  const errors = [
    ...before,
    ...embeddedErrors(object, schema),
    ...validateValue(object, schema, new Place(undefined), old),
    ...(scale ? replicasErrors(object, scale.specReplicasPath) : []),
    ...(scale ? replicasErrors(object, scale.statusReplicasPath) : []),
  ]
  yield* withRules(errors, object, old, schema)
}

/** Of an update of the status only the status is judged, but all rules are asked. */
function* validateStatus(
  object: JsonObject,
  old: JsonObject,
  { schema, scale }: Judged,
): Iterable<FieldError> {
  if (!schema) return
  const status = schema.properties?.['status']
  const errors = [
    ...(status && object['status'] !== undefined
      ? validateValue(object['status'], status, new Place(new Path('status')), old['status'])
      : []),
    ...(scale ? replicasErrors(object, scale.statusReplicasPath) : []),
  ]
  yield* withRules(errors, object, old, schema)
}

function statusStrategy(judged: Judged): SubresourceStrategy {
  return {
    prepareForUpdate(draft, old) {
      for (const name of Object.keys(draft)) if (!KEPT_BY_STATUS.has(name)) delete draft[name]
      for (const [name, value] of Object.entries(old)) if (!KEPT_BY_STATUS.has(name)) draft[name] = value
      keepMetadata(draft, old)
    },
    validateUpdate: (object, old) => validateStatus(object, old, judged),
    warningsOnUpdate: (object, old) => oldProblems(object, old, judged.schema),
  }
}

const KEPT_BY_STATUS: ReadonlySet<string> = new Set(['metadata', 'status'])

type Scale = NonNullable<NonNullable<CustomResourceDefinitionVersion['subresources']>['scale']>

function scaleOf({
  specReplicasPath,
  statusReplicasPath,
  labelSelectorPath,
}: Scale): NonNullable<KindDefinition['scale']> {
  const selector = labelSelectorPath ? selectorOf(labelSelectorPath) : () => ''
  return { specReplicasPath, statusReplicasPath, selector }
}

function selectorsOf(fields: NonNullable<CustomResourceDefinitionVersion['selectableFields']>) {
  return Object.fromEntries(
    fields.map(({ jsonPath: path }) => [path.replace(/^\./, ''), selectorOf(path)] as const),
  )
}

function selectorOf(path: string): (object: JsonObject) => string {
  const find = jsonPath(path)
  return (object) => {
    const [value] = find(object)
    return value === undefined || value === null ? '' : String(value)
  }
}
