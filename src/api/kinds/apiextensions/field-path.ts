// A path into a custom resource, as rules and selectable fields name it: `.spec.host`, `.spec['a.b']`.
//
// Upstream: ValidFieldPath in staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go

import { additionalOf, type Schema } from '#api/kinds/apiextensions/schema.ts'

export interface FoundField {
  readonly schema: Schema
  /** The names on the way. */
  readonly names: readonly string[]
}

/** A quoted string, a bracket, a dot, or a name up to one of these. */
const TOKEN = /'(?:[^'\\]|\\.)*'|[.[\]]|[^.[\]]+/g

/** The field that a path names, or why it names none. */
export function findField(path: string, root: Schema, allowBrackets = true): FoundField | string {
  const tokens = path.match(TOKEN) ?? []
  const names: string[] = []
  let schema = root
  for (let i = 0; i < tokens.length; ) {
    const start = tokens[i]!
    if (start !== '.' && start !== '[') return `expected [ or . but got: ${start}`
    if (start === '[' && !allowBrackets) return 'array notation is not allowed'
    const token = tokens[i + 1]
    if (token === undefined) return 'unexpected end of JSON path'
    if (start === '[' && !/^'.*'$/s.test(token)) return `expected single quoted string but got ${token}`
    const name = start === '.' ? token : token.slice(1, -1).replace(/\\(.)/g, '$1')
    const next = schema.properties ? schema.properties[name] : additionalOf(schema)
    if (!next) return 'does not refer to a valid field'
    names.push(name)
    schema = next
    if (start === '[') {
      const end = tokens[i + 2]
      if (end === undefined) return 'unexpected end of JSON path'
      if (end !== ']') return `expected ] but got ${end}`
    }
    i += start === '[' ? 3 : 2
  }
  return { schema, names }
}
