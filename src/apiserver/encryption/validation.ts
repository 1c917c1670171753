// What an EncryptionConfiguration must be before a key of it is used, in upstream's words. Secrets are never repeated.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/apis/apiserver/validation/validation_encryption.go
// Left out: the fields of the `kms` provider, which is not supported.

import { type FieldError, invalid, Path, required } from '#api/meta/field-error.ts'
import type {
  EncryptionConfiguration,
  EncryptionKey,
  EncryptionProvider,
} from '#apiserver/encryption/configuration.ts'

const PROVIDERS = ['kms', 'aesgcm', 'aescbc', 'secretbox', 'identity'] as const
const KEY_SIZES = { aesgcm: [16, 24, 32], aescbc: [16, 24, 32], secretbox: [32] } as const
/** Keys of the store that are no objects of an API. */
const WITHOUT_API = ['apiserveripinfo', 'serviceipallocations', 'servicenodeportallocations']

/** All that is wrong with it; empty when nothing is. */
export function validateEncryption({ resources = [] }: EncryptionConfiguration): readonly FieldError[] {
  const root = new Path('resources')
  if (resources.length === 0) return [required(root, 'at least one resources is required')]
  return resources.flatMap((rule, i) => {
    const names = rule.resources ?? []
    const providers = rule.providers ?? []
    const namesPath = root.index(i).child('resources')
    const providersPath = root.index(i).child('providers')
    return [
      ...(names.length === 0 ? [required(namesPath, `at least one ${namesPath} is required`)] : []),
      ...validateOverlap(names, namesPath),
      ...names.flatMap((name, j) => validateName(name, namesPath.index(j))),
      ...(providers.length === 0
        ? [required(providersPath, `at least one ${providersPath} is required`)]
        : []),
      ...providers.flatMap((provider, j) => validateProvider(provider, providersPath.index(j))),
    ]
  })
}

interface Name {
  readonly resource: string
  readonly group: string
}

function parse(name: string): Name {
  const dot = name.indexOf('.')
  return dot < 0
    ? { resource: name, group: '' }
    : { resource: name.slice(0, dot), group: name.slice(dot + 1) }
}

const isEverything = ({ resource, group }: Name): boolean => resource === '*' && group === '*'

function validateOverlap(names: readonly string[], path: Path): FieldError[] {
  const parsed = names.map(parse)
  let hasDuplicate = false
  let hasOverlap = false
  parsed.forEach((one, i) => {
    parsed.forEach((other, j) => {
      if (i === j) return
      const isSame = one.resource === other.resource && one.group === other.group
      if (isSame && !hasDuplicate) hasDuplicate = true
      else if (isEverything(one)) hasOverlap = true
      else if (one.group === other.group && [one.resource, other.resource].includes('*')) hasOverlap = true
    })
  })
  return [
    ...(hasDuplicate ? [invalid(path, names, 'the same resource cannot be specified multiple times')] : []),
    ...(hasOverlap
      ? [
          invalid(
            path,
            names,
            "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked",
          ),
        ]
      : []),
  ]
}

function validateName(name: string, path: Path): FieldError[] {
  const { resource, group } = parse(name)
  const why =
    name.toLowerCase() !== name
      ? 'resource name should not contain capital letters'
      : name === '*'
        ? "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources"
        : WITHOUT_API.includes(name)
          ? 'resources which do not have REST API/s cannot be encrypted'
          : group === 'events.k8s.io'
            ? "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file"
            : group === 'extensions'
              ? "'extensions' group has been removed and cannot be used for encryption"
              : group === '*' && resource !== '*'
                ? 'encrypting the same resource across groups is not supported'
                : undefined
  return why === undefined ? [] : [invalid(path, name, why)]
}

function validateProvider(provider: EncryptionProvider, path: Path): FieldError[] {
  const given = PROVIDERS.filter((name) => provider[name] !== undefined)
  if (given.length === 0) {
    const why =
      'provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity'
    return [invalid(path, provider, why)]
  }
  if (given.length > 1) {
    const why =
      'more than one provider specified in a single element, should split into different list elements'
    // upstream prints the element, keys and all
    return [invalid(path, 'REDACTED', why)]
  }
  const name = given[0]!
  if (name === 'kms' || name === 'identity') return []
  const keys = provider[name]?.keys ?? []
  const keysPath = path.child(name, 'keys')
  if (keys.length === 0) return [required(keysPath, 'at least one keys is required')]
  return keys.flatMap((key, i) => validateKey(key, keysPath.index(i), KEY_SIZES[name]))
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

function validateKey({ name, secret }: EncryptionKey, path: Path, sizes: readonly number[]): FieldError[] {
  const unnamed = name ? [] : [required(path.child('name'), 'name is a mandatory field for a key')]
  const secretPath = path.child('secret')
  if (!secret) return [...unnamed, required(secretPath, 'secret is a mandatory field for a key')]
  // Go's decoder takes line ends within
  const plain = secret.replace(/[\r\n]/g, '')
  if (!BASE64.test(plain))
    return [...unnamed, invalid(secretPath, 'REDACTED', 'secrets must be base64 encoded')]
  const size = Buffer.from(plain, 'base64').length
  if (sizes.includes(size)) return unnamed
  const why = `secret is not of the expected length, got ${size}, expected one of [${sizes.join(' ')}]`
  return [...unnamed, invalid(secretPath, 'REDACTED', why)]
}
