// What lies between an object's bytes and the bytes in the store: a transformer, or several behind prefixes.
//
// The first of a chain writes; any of them may read what it wrote, told by the prefix of the value. What was read by
// another than the first is stale: the next write, even one that changes nothing, brings it under the first.
// Invariant: the key of the object goes into every call, so that a value moved to another key is not accepted where the
// cipher can tell. Upstream: staging/src/k8s.io/apiserver/pkg/storage/value/transformer.go

import { goQuote } from '#api/meta/field-error.ts'

export interface ReadValue {
  readonly value: Uint8Array
  /** Written by another transformer or key than the one that writes now. */
  readonly isStale: boolean
}

export interface ValueTransformer {
  /** Throws TransformError. */
  fromStorage(value: Uint8Array, key: string): ReadValue
  toStorage(value: Uint8Array, key: string): Uint8Array
}

/** Which transformer serves the objects of a resource. */
export interface ValueTransformers {
  of(group: string, resource: string): ValueTransformer
}

/** A stored value that nobody here can read: a key is missing or wrong, or the value was changed. */
export class TransformError extends Error {}

/** What a list says of the value that it stumbled over. */
export const unreadable = (key: string, error: TransformError): TransformError =>
  new TransformError(`unable to transform key ${goQuote(key)}: ${error.message}`, { cause: error })

export interface PrefixTransformer {
  /** In bytes as text: `k8s:enc:aescbc:v1:`; '' reads what no prefix claims. */
  readonly prefix: string
  readonly transformer: ValueTransformer
}

/** A chain of them; `noMatch` is what a value gets whose prefix nobody has. */
export function prefixTransformers(
  transformers: readonly PrefixTransformer[],
  noMatch: string,
): ValueTransformer {
  const [first] = transformers
  if (!first) throw new Error('a chain of transformers has no first one')
  const prefixes = transformers.map(({ prefix }) => Buffer.from(prefix))
  return {
    fromStorage(value, key) {
      const problems = new Set<string>()
      for (const [position, { prefix, transformer }] of transformers.entries()) {
        if (!startsWith(value, prefixes[position]!)) continue
        try {
          const read = transformer.fromStorage(value.subarray(prefixes[position]!.length), key)
          return { value: read.value, isStale: read.isStale || position !== 0 }
        } catch (error) {
          if (!(error instanceof TransformError)) throw error
          // another key with the same name, or another provider of the same kind, may follow; what is
          // encrypted is nothing to complain of for the one that reads plain values
          if (prefix !== '') problems.add(error.message)
        }
      }
      if (problems.size === 0) throw new TransformError(noMatch)
      const all = [...problems]
      throw new TransformError(all.length === 1 ? all[0] : `[${all.join(', ')}]`)
    },
    toStorage: (value, key) => Buffer.concat([prefixes[0]!, first.transformer.toStorage(value, key)]),
  }
}

const ENCRYPTED_PREFIX = Buffer.from('k8s:enc:')

/** Values as they are. Encrypted ones, which somebody else wrote, are an error rather than rubbish. */
export const identityTransformer: ValueTransformer = {
  fromStorage(value) {
    if (startsWith(value, ENCRYPTED_PREFIX))
      throw new TransformError('identity transformer tried to read encrypted data')
    return { value, isStale: false }
  },
  toStorage: (value) => value,
}

/** For a server without encryption. */
export const NO_ENCRYPTION: ValueTransformers = { of: () => identityTransformer }

function startsWith(value: Uint8Array, prefix: Uint8Array): boolean {
  if (value.length < prefix.length) return false
  for (let i = 0; i < prefix.length; i++) if (value[i] !== prefix[i]) return false
  return true
}
