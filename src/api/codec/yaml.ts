// YAML in and out. In, it is turned into JSON first, so that both have the same rules and errors.
//
// Bounds: aliases may not blow a small text up to a large one, and documents nest no deeper than JSON.
// Upstream: sigs.k8s.io/yaml (YAMLToJSON, YAMLToJSONStrict)

import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseDocument,
  stringify,
} from 'yaml'
import { type Decoded, decodeJson, type FieldValidation } from '#api/codec/json.ts'
import type { TypeSchema } from '#api/schema/schema.ts'

/** A text that is no YAML, in Go's words as far as they can be had. */
export class YamlTextError extends Error {}

/** JSON has no times: what looks like one stays as it is written. */
const TIMESTAMP = 'tag:yaml.org,2002:timestamp'

/** What aliases may multiply a document to. */
const MAX_ALIASES = 100

/** Decodes a YAML document as decodeJson does JSON; doubled keys are found in the YAML. */
export function decodeYaml(
  body: Uint8Array | string,
  schema: TypeSchema | undefined,
  validation: FieldValidation = 'Ignore',
): Decoded {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body)
  const lines = new LineCounter()
  const document = parse(text, lines)
  const json = JSON.stringify(plainOf(document)) ?? 'null'
  const decoded = decodeJson(json, schema, validation)
  if (validation === 'Ignore') return decoded
  const doubled = doubledKeys(document, lines)
  if (doubled.length === 0) return decoded
  const problem = `yaml: unmarshal errors:\n${doubled.map((line) => `  ${line}`).join('\n')}`
  return { object: decoded.object, strictProblems: [problem, ...decoded.strictProblems] }
}

/** The plain value of a YAML text. Throws YamlTextError. */
export function parseYaml(body: Uint8Array | string): unknown {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body)
  return plainOf(parse(text, new LineCounter()))
}

/** Resolves aliases; throws YamlTextError for one of nothing, and for too many. */
function plainOf(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    const [, name] = /^Unresolved alias .*: (.*)$/.exec(error.message) ?? []
    const words =
      name === undefined ? 'document contains excessive aliasing' : `unknown anchor '${name}' referenced`
    throw new YamlTextError(`yaml: ${words}`, { cause: error })
  }
}

/** YAML as Kubernetes writes it: keys sorted, as the detour by JSON makes them. */
export function encodeYaml(value: unknown): string {
  return stringify(value, {
    sortMapEntries: true,
    indentSeq: false,
    lineWidth: 0,
    aliasDuplicateObjects: false,
    version: '1.1',
  })
}

function parse(text: string, lineCounter: LineCounter): Document.Parsed {
  const document = parseDocument(text, {
    lineCounter,
    uniqueKeys: false,
    version: '1.1',
    merge: true,
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || tag.tag !== TIMESTAMP),
  })
  // of several documents the first counts
  const error = document.errors.find(({ code }) => code !== 'MULTIPLE_DOCS')
  if (!error) return document
  const line = error.linePos?.[0].line ?? 1
  const code = error.code as string
  const words =
    openCollection(code, error.message, text) ??
    GO_WORDS[code] ??
    error.message.split('\n')[0]?.replace(/ at line \d+.*$/, '') ??
    'not valid'
  throw new YamlTextError(`yaml: line ${line}: ${words}`)
}

/** A collection that ends with the text after a whole item lacks its end; else it lacks the item. */
function openCollection(code: string, message: string, text: string): string | undefined {
  if ((code !== 'MISSING_CHAR' && code !== 'BAD_INDENT') || /[[{,:]\s*$/.test(text)) return undefined
  const [, end] = /^Flow .*end with a ([\]}])/.exec(message) ?? []
  return end === undefined ? undefined : `did not find expected ',' or '${end}'`
}

const GO_WORDS: Readonly<Record<string, string>> = {
  BAD_COLLECTION_TYPE: 'did not find expected node content',
  MISSING_CHAR: 'did not find expected node content',
  UNEXPECTED_TOKEN: 'did not find expected node content',
  TAB_AS_INDENT: 'found character that cannot start any token',
  BAD_INDENT: 'did not find expected node content',
  BLOCK_AS_IMPLICIT_KEY: 'mapping values are not allowed in this context',
}

/** `line 6: key "replicas" already set in map`, for each second key. */
function doubledKeys(document: Document.Parsed, lines: LineCounter): string[] {
  const found: string[] = []
  const visit = (node: ParsedNode | null): void => {
    if (node === null || isAlias(node) || isScalar(node)) return
    if (isSeq(node)) {
      for (const item of node.items) visit(item as ParsedNode)
      return
    }
    if (!isMap(node)) return
    const seen = new Set<unknown>()
    for (const pair of node.items) {
      const key = isScalar(pair.key) ? pair.key.value : undefined
      const start = isScalar(pair.key) ? (pair.key as ParsedNode).range[0] : 0
      if (key !== undefined && seen.has(key)) {
        found.push(`line ${lines.linePos(start).line}: key ${JSON.stringify(key)} already set in map`)
      }
      seen.add(key)
      visit(pair.value as ParsedNode | null)
    }
  }
  visit(document.contents)
  return found
}
