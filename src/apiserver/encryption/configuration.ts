// EncryptionConfiguration: the file that says which resources are encrypted, how, and with which keys.
//
// text ▶ decode ▶ validate ▶ transformers by resource. Lists are read in order, the first that names a resource counts;
// `*.apps` stands for a group, `*.` for the core group, `*.*` for all, and a name behind a wildcard that covers it is
// refused, since it would never count. Upstream: staging/src/k8s.io/apiserver/pkg/server/options/encryptionconfig/config.go
//
// Left out: the `kms` provider, whose keys lie in a plugin behind a socket; a file that names one is refused.

import { decodeConfigFile } from '#api/codec/config-file.ts'
import { goQuote } from '#api/meta/field-error.ts'
import { configSchema, listOf } from '#api/schema/config-schema.ts'
import { aesCbc, aesGcm, type Cipher, secretbox } from '#apiserver/encryption/ciphers.ts'
import { validateEncryption } from '#apiserver/encryption/validation.ts'
import {
  identityTransformer,
  type PrefixTransformer,
  prefixTransformers,
  type ValueTransformer,
  type ValueTransformers,
} from '#apiserver/encryption/value-transformer.ts'
import type { Random } from '#sys/random.ts'

export interface EncryptionKey {
  readonly name?: string
  /** Base64. */
  readonly secret?: string
}

interface Keys {
  readonly keys?: readonly EncryptionKey[]
}

export interface EncryptionProvider {
  readonly aescbc?: Keys
  readonly aesgcm?: Keys
  readonly secretbox?: Keys
  readonly identity?: object
  readonly kms?: object
}

export interface ResourceEncryption {
  readonly resources?: readonly string[]
  readonly providers?: readonly EncryptionProvider[]
}

export interface EncryptionConfiguration {
  readonly resources?: readonly ResourceEncryption[]
}

const KEYS = { keys: listOf({ name: 'string', secret: 'string' }) } as const

const CONFIG_KIND = {
  group: 'apiserver.config.k8s.io',
  versions: ['v1'],
  kind: 'EncryptionConfiguration',
  schema: configSchema('EncryptionConfiguration', {
    resources: listOf({
      resources: listOf('string'),
      providers: listOf({
        aescbc: KEYS,
        aesgcm: KEYS,
        secretbox: KEYS,
        identity: {},
        kms: {
          apiVersion: 'string',
          name: 'string',
          cachesize: 'int32',
          endpoint: 'string',
          timeout: 'string',
        },
      }),
    }),
  }),
}

/** Prefix in the store, cipher, and the name of the provider in an error. */
const CIPHERS = {
  aescbc: ['k8s:enc:aescbc:v1:', aesCbc, 'AES'],
  aesgcm: ['k8s:enc:aesgcm:v1:', aesGcm, 'AES'],
  secretbox: ['k8s:enc:secretbox:v1:', secretbox, 'Secretbox'],
} as const satisfies Readonly<Record<string, readonly [prefix: string, cipher: Cipher, name: string]>>

/** Reads the text of `file`. Throws an Error in upstream's words. */
export function readEncryptionConfiguration(text: string, file: string, random: Random): ValueTransformers {
  if (text === '')
    throw parsing(
      `error while loading file: encryption provider configuration file ${goQuote(file)} is empty`,
    )
  let config: EncryptionConfiguration
  try {
    config = decodeConfigFile(text, CONFIG_KIND)
  } catch (error) {
    const why = (error as Error).message
    throw parsing(`error decoding encryption provider configuration file ${goQuote(file)}: ${why}`)
  }
  const problems = validateEncryption(config).map(({ field, body }) => `${field}: ${body}`)
  if (problems.length > 0) throw parsing(problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`)
  return transformersOf(config, random)
}

const parsing = (why: string) => new Error(`error while parsing file: ${why}`)
const building = (why: string) => new Error(`error while building transformers: ${why}`)

/** By `resource.group`, as the file names it. */
function transformersOf(config: EncryptionConfiguration, random: Random): ValueTransformers {
  const chains = new Map<string, PrefixTransformer[]>()
  for (const { resources = [], providers = [] } of config.resources ?? []) {
    const transformers = providers.map((provider) => providerOf(provider, random))
    for (const resource of resources) {
      const name = fullName(resource)
      for (const mask of [`*.${name.slice(name.indexOf('.') + 1)}`, '*.*']) {
        if (chains.has(mask))
          throw building(`resource ${goQuote(shown(name))} is masked by earlier rule ${goQuote(mask)}`)
      }
      chains.set(name, [...(chains.get(name) ?? []), ...transformers])
    }
  }
  const byName = new Map<string, ValueTransformer>()
  for (const [name, chain] of chains) byName.set(name, prefixTransformers(chain, 'no matching prefix found'))
  return {
    of: (group, resource) =>
      byName.get(`${resource}.${group}`) ??
      byName.get(`*.${group}`) ??
      byName.get('*.*') ??
      identityTransformer,
  }
}

/** With the dot, so that `secrets` and `secrets.` are one. */
const fullName = (resource: string): string => (resource.includes('.') ? resource : `${resource}.`)
const shown = (name: string): string => (name.endsWith('.') && name !== '*.' ? name.slice(0, -1) : name)

function providerOf(provider: EncryptionProvider, random: Random): PrefixTransformer {
  if (provider.identity) return { prefix: '', transformer: identityTransformer }
  for (const [field, [prefix, cipher, name]] of Object.entries(CIPHERS)) {
    const keys = provider[field as keyof typeof CIPHERS]?.keys
    if (!keys) continue
    const chain = keys.map((key) => ({
      prefix: `${key.name}:`,
      transformer: cipher(Buffer.from(key.secret ?? '', 'base64'), random),
    }))
    const noMatch = `no matching key was found for the provided ${name} transformer`
    return { prefix, transformer: prefixTransformers(chain, noMatch) }
  }
  throw building('the kms provider is not supported by k8ts: use aesgcm, secretbox or aescbc')
}
