// The smaller parts of a version: columns, subresources, selectable fields, warnings; and how versions are converted.
//
// Upstream: .../pkg/apis/apiextensions/validation/validation.go

import { findField } from '#api/kinds/apiextensions/field-path.ts'
import type { Schema } from '#api/kinds/apiextensions/schema.ts'
import { validateWebhookService, validateWebhookUrl } from '#api/kinds/webhook-client.ts'
import {
  duplicate,
  forbidden,
  invalid,
  notSupportedInOrder,
  type Path,
  required,
  tooMany,
} from '#api/meta/field-error.ts'
import { isDNS1035Label } from '#api/meta/names.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type {
  CustomResourceColumnDefinition,
  CustomResourceConversion,
  CustomResourceSubresources,
  SelectableField,
} from '#api/types/apiextensions.ts'

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string']
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']
const SELECTABLE_TYPES = ['string', 'boolean', 'integer']
const MAX_SELECTABLE_FIELDS = 8
const STRATEGIES = ['None', 'Webhook']
const REVIEW_VERSIONS = ['v1', 'v1beta1']
const DEFAULT_PORT = 443

export function* validateColumn(column: CustomResourceColumnDefinition, path: Path): FieldErrors {
  const { name, type, format, jsonPath } = column
  if (!name) yield required(path.child('name'))
  const types = `must be one of ${COLUMN_TYPES.join(',')}`
  if (!type) yield required(path.child('type'), types)
  else if (!COLUMN_TYPES.includes(type)) yield invalid(path.child('type'), type, types)
  if (format && !COLUMN_FORMATS.includes(format)) {
    yield invalid(path.child('format'), format, `must be one of ${COLUMN_FORMATS.join(',')}`)
  }
  if (!jsonPath) yield required(path.child('JSONPath'))
  else if (!jsonPath.startsWith('.')) yield* notSimple(jsonPath, path.child('JSONPath'))
}

function* notSimple(text: string, path: Path): FieldErrors {
  yield invalid(path, text, 'must be a simple json path starting with .')
}

export function* validateSubresources({ scale }: CustomResourceSubresources, path: Path): FieldErrors {
  if (!scale) return
  yield* replicasPath(scale.specReplicasPath, '.spec.', '.spec', path.child('scale.specReplicasPath'))
  yield* replicasPath(scale.statusReplicasPath, '.status.', '.status', path.child('scale.statusReplicasPath'))
  const selector = scale.labelSelectorPath
  if (!selector) return
  const at = path.child('scale.labelSelectorPath')
  if (!selector.startsWith('.')) yield* notSimple(selector, at)
  else if (!selector.startsWith('.spec.') && !selector.startsWith('.status.')) {
    yield invalid(at, selector, 'should be a json path under either .spec or .status')
  }
}

function* replicasPath(text: string | undefined, prefix: string, place: string, path: Path): FieldErrors {
  if (!text) yield required(path)
  else if (!text.startsWith('.')) yield* notSimple(text, path)
  else if (!text.startsWith(prefix)) yield invalid(path, text, `should be a json path under ${place}`)
}

export function* validateSelectableFields(
  fields: readonly SelectableField[],
  schema: Schema,
  path: Path,
): FieldErrors {
  const seen = new Set<string>()
  for (const [i, { jsonPath }] of fields.entries()) {
    const at = path.index(i).child('jsonPath')
    if (!jsonPath) {
      yield required(at)
      continue
    }
    const found = findField(jsonPath, schema, false)
    if (typeof found === 'string') {
      yield invalid(at, jsonPath, `is an invalid path: ${found}`)
      continue
    }
    if (found.names[0] === 'metadata') yield invalid(at, jsonPath, 'must not point to fields in metadata')
    if (!SELECTABLE_TYPES.includes(found.schema.type ?? '')) {
      const text =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'
      yield invalid(at, jsonPath, text)
    }
    const name = found.names.join('.')
    if (seen.has(name)) yield duplicate(at, jsonPath)
    seen.add(name)
  }
  if (seen.size > MAX_SELECTABLE_FIELDS) yield tooMany(path, seen.size, MAX_SELECTABLE_FIELDS)
}

export function* validateDeprecationWarning(
  isDeprecated: boolean,
  warning: string | undefined,
  path: Path,
): FieldErrors {
  if (warning === undefined) return
  if (!isDeprecated) {
    yield invalid(path, warning, 'can only be set for deprecated versions')
    return
  }
  if (Buffer.byteLength(warning) > 256) yield invalid(path, warning, 'must be <= 256 characters long')
  if (warning === '') yield invalid(path, warning, 'must not be an empty string')
  const bad = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.exec(warning)
  if (bad) {
    const at = Buffer.byteLength(warning.slice(0, bad.index))
    const text = `must only contain printable UTF-8 characters; non-printable character found at index ${at}`
    yield invalid(path, warning, text)
  }
}

export function* validateConversion(
  conversion: CustomResourceConversion,
  requireKnownVersion: boolean,
  path: Path,
): FieldErrors {
  const { strategy, webhook } = conversion
  if (!strategy) yield required(path.child('strategy'))
  else if (!STRATEGIES.includes(strategy))
    yield notSupportedInOrder(path.child('strategy'), strategy, STRATEGIES)
  const client = path.child('webhookClientConfig')
  const versions = webhook?.conversionReviewVersions ?? []
  const versionsPath = path.child('conversionReviewVersions')
  if (strategy !== 'Webhook') {
    const text = 'should not be set when strategy is not set to Webhook'
    if (webhook?.clientConfig) yield forbidden(client, text)
    if (versions.length > 0) yield forbidden(versionsPath, text)
    return
  }
  const config = webhook?.clientConfig
  if (!config) yield required(client, 'required when strategy is set to Webhook')
  else if ((config.url === undefined) === (config.service === undefined)) {
    yield required(client, 'exactly one of url or service is required')
  } else if (config.url !== undefined) yield* validateWebhookUrl(client.child('url'), config.url)
  else if (config.service)
    yield* validateWebhookService(client.child('service'), config.service, DEFAULT_PORT)
  yield* validateReviewVersions(versions, requireKnownVersion, versionsPath)
}

export const hasKnownReviewVersion = (versions: readonly string[]): boolean =>
  versions.length === 0 || versions.some((version) => REVIEW_VERSIONS.includes(version))

function* validateReviewVersions(
  versions: readonly string[],
  requireKnown: boolean,
  path: Path,
): FieldErrors {
  if (versions.length === 0) yield required(path)
  for (const [i, version] of versions.entries()) {
    if (versions.indexOf(version) < i) yield invalid(path.index(i), version, 'duplicate version')
    else for (const reason of isDNS1035Label(version)) yield invalid(path.index(i), version, reason)
  }
  if (requireKnown && !hasKnownReviewVersion(versions)) {
    yield invalid(path, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`)
  }
}
