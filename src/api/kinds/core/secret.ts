// Secret: what only some may read: passwords, tokens, keys. Its type says which keys it must have.
//
// Upstream: pkg/registry/core/secret/strategy.go, ValidateSecret in pkg/apis/core/validation/validation.go

import { ageColumn, column, field, nameColumn } from '#api/kinds/columns.ts'
import { decodedBytes, MAX_DATA_BYTES, unchangedWhenImmutable } from '#api/kinds/core/data-map.ts'
import { keyPairProblem } from '#api/kinds/core/key-pair.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { invalid, Path, required, tooLong } from '#api/meta/field-error.ts'
import { each, type FieldErrors, immutable } from '#api/meta/validation.ts'
import { isConfigMapKey } from '#api/meta/validation-formats.ts'
import type { Secret } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

const DATA = new Path('data')
const TYPE = new Path('type')
const SERVICE_ACCOUNT_NAME = 'kubernetes.io/service-account.name'

export const secret = defineKind<Draft<Secret>>({
  group: '',
  kind: 'Secret',
  resource: 'secrets',
  singular: 'secret',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  defaults(draft) {
    if (!draft.type) draft.type = 'Opaque'
    for (const [key, value] of Object.entries(draft.stringData ?? {})) {
      draft.data = { ...draft.data, [key]: Buffer.from(value).toString('base64') }
    }
    delete draft.stringData
  },
  validate,
  *validateUpdate(object, old) {
    yield* metadataUpdate(object, old)
    yield* immutable(TYPE, object.type, old.type)
    yield* unchangedWhenImmutable(object, old, ['data'])
    yield* validate(object)
  },
  warnings: warningsForSecret,
  warningsOnUpdate: warningsForSecret,
  selectableFields: { type: ({ type }) => type ?? '' },
  columns: [
    nameColumn(),
    column('Type', field('core.v1.Secret', 'type'), ({ type }) => type ?? ''),
    column('Data', field('core.v1.Secret', 'data'), ({ data }) => Object.keys(data ?? {}).length),
    ageColumn(),
  ],
})

function* validate(secret: Secret): FieldErrors {
  yield* namespacedMetadata(secret)
  let sizeBytes = 0
  for (const [key, value] of Object.entries(secret.data ?? {})) {
    yield* each(DATA.key(key), key, isConfigMapKey(key))
    sizeBytes += decodedBytes(value)
  }
  if (sizeBytes > MAX_DATA_BYTES) yield tooLong(DATA, MAX_DATA_BYTES)
  yield* validateForType(secret)
}

function* validateForType(secret: Secret): FieldErrors {
  const data = secret.data ?? {}
  const missing = (...keys: readonly string[]): string[] => keys.filter((key) => !Object.hasOwn(data, key))
  switch (secret.type) {
    case 'kubernetes.io/service-account-token':
      if (!secret.metadata?.annotations?.[SERVICE_ACCOUNT_NAME]) {
        yield required(new Path('metadata.annotations').key(SERVICE_ACCOUNT_NAME))
      }
      break
    case 'kubernetes.io/dockercfg':
      yield* validateJsonObject(data, '.dockercfg')
      break
    case 'kubernetes.io/dockerconfigjson':
      yield* validateJsonObject(data, '.dockerconfigjson')
      break
    case 'kubernetes.io/basic-auth': {
      const keys = missing('username', 'password')
      if (keys.length === 2) for (const key of keys) yield required(DATA.key(key))
      break
    }
    case 'kubernetes.io/ssh-auth':
      if (!data['ssh-privatekey']) yield required(DATA.key('ssh-privatekey'))
      break
    case 'kubernetes.io/tls':
      for (const key of missing('tls.crt', 'tls.key')) yield required(DATA.key(key))
      break
    default:
  }
}

function* validateJsonObject(data: Readonly<Record<string, string>>, key: string): FieldErrors {
  if (!Object.hasOwn(data, key)) {
    yield required(DATA.key(key))
    return
  }
  const problem = jsonObjectProblem(Buffer.from(data[key] ?? '', 'base64'))
  if (problem !== undefined) yield invalid(DATA.key(key), '<secret contents redacted>', problem)
}

function jsonObjectProblem(content: Buffer): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(content.toString())
  } catch {
    return syntaxProblem(content.toString('latin1').trimStart())
  }
  if (value === null || (typeof value === 'object' && !Array.isArray(value))) return undefined
  const what = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  return `json: cannot unmarshal ${what} into Go value of type map[string]interface {}`
}

/** What Go says of the first byte; what comes later is rare enough for a general word. */
function syntaxProblem(text: string): string {
  const [first] = text
  if (first === undefined || /[[{"tfn0-9-]/.test(first)) return 'unexpected end of JSON input'
  return `invalid character ${first === "'" ? `'\\''` : `'${first}'`} looking for beginning of value`
}

function warningsForSecret({ type, data }: Secret): string[] {
  if (type !== 'kubernetes.io/tls') return []
  const problem = keyPairProblem(data?.['tls.crt'] ?? '', data?.['tls.key'] ?? '')
  return problem === undefined ? [] : [problem]
}
