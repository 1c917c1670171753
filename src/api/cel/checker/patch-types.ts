// The messages that mutating policies make: objects of the API, and patches.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/cel/mutation

import { type CelType, DYN, objectOf, STRING } from '#api/cel/checker/types.ts'

/** What messages of these types begin with. */
export const PATCH_TYPES = ['Object', 'JSONPatch']

const PATCH = new Map([
  ['op', STRING],
  ['path', STRING],
  ['from', STRING],
  ['value', DYN],
])

/** An object of the API has any fields; a patch has those of JSON patches. */
export function patchTypes(name: string): CelType | undefined {
  if (name === 'Object' || name.startsWith('Object.')) return objectOf(name, { get: () => DYN })
  return name === 'JSONPatch' ? objectOf(name, PATCH) : undefined
}
