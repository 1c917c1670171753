// A configuration file of a component: which kind it claims to be, and what it holds, strictly read.
//
// YAML or JSON. Pure: the text comes in, errors are plain ones in Go's words for the caller to say which file it was.
// Upstream: staging/src/k8s.io/apimachinery/pkg/runtime/serializer (a strict codec factory), runtime/error.go

import { decodeYaml, parseYaml } from '#api/codec/yaml.ts'
import { goQuote } from '#api/meta/field-error.ts'
import { apiVersionOf, type JsonObject } from '#api/meta/object.ts'
import type { TypeSchema } from '#api/schema/schema.ts'

export interface ConfigKind {
  readonly group: string
  /** The versions that are read; they have one schema. */
  readonly versions: readonly string[]
  readonly kind: string
  readonly schema: TypeSchema
}

/** Fields that are unknown, or there twice. */
export class StrictDecodingError extends Error {
  /** What was read all the same. */
  readonly object: JsonObject

  constructor(problems: readonly string[], object: JsonObject) {
    super(`strict decoding error: ${problems.join(', ')}`)
    this.object = object
  }
}

/** Reads the file of a kind. Throws an Error for another kind or version, an unknown or doubled field, a wrong type. */
export function decodeConfigFile(text: string, wanted: ConfigKind): JsonObject {
  const { apiVersion, kind } = headOf(text)
  const isWanted =
    kind === wanted.kind &&
    wanted.versions.some((version) => apiVersionOf(wanted.group, version) === apiVersion)
  if (!isWanted)
    throw new Error(`no kind ${goQuote(kind)} is registered for version ${goQuote(apiVersion)} in scheme`)
  const { object, strictProblems } = decodeYaml(text, wanted.schema, 'Strict')
  if (strictProblems.length > 0) throw new StrictDecodingError(strictProblems, object)
  return object
}

function headOf(text: string): { apiVersion: string; kind: string } {
  const value = parseYaml(text)
  const head = typeof value === 'object' && value !== null ? (value as JsonObject) : {}
  const word = (name: string, called: string): string => {
    const found = head[name]
    if (typeof found === 'string' && found !== '') return found
    throw new Error(`Object '${called}' is missing in '${text}'`)
  }
  return { kind: word('kind', 'Kind'), apiVersion: word('apiVersion', 'apiVersion') }
}
