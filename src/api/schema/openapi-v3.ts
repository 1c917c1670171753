// OpenAPI v3: one document a group version, found through an index with hashes, so that clients fetch only
// what they need and only when it changed. kubectl explain, apply and diff work from it.
//
// A document is made when it is first asked for and kept as bytes.
// Upstream: staging/src/k8s.io/apiserver/pkg/server/routes/openapi.go, vendor/k8s.io/kube-openapi/pkg/{builder3,handler3}

import { createHash } from 'node:crypto'
import { apiVersionOf, type JsonObject } from '#api/meta/object.ts'
import { customTypes } from '#api/schema/openapi-custom.ts'
import { Definitions } from '#api/schema/openapi-definitions.ts'
import {
  generalPaths,
  kindFinder,
  VERSION_INFO_NAME,
  versionInfoDefinition,
} from '#api/schema/openapi-general.ts'
import type { Operation, Parameter } from '#api/schema/openapi-operations.ts'
import { type PathItem, versionPaths } from '#api/schema/openapi-paths.ts'
import type { ServedGroup, ServedResource } from '#api/schema/resources.ts'
import { schemaFingerprint } from '#api/schema/schema.ts'

export interface OpenApiV3 {
  /** The names of all documents: `api/v1`, `apis/apps/v1`, `version`, … */
  readonly names: readonly string[]
  /** `/openapi/v3`: where each document is, with its hash. */
  index(): JsonObject
  /** The bytes of `/openapi/v3/<name>`; undefined when there is no such document. */
  document(name: string): Buffer | undefined
  /** The hash of a document, as the index has it. */
  hash(name: string): string
}

/** Goes up when the same schemas make other documents. */
const FORM = 1

/**
 * The documents for the built-in groups. The hashes are those of what the documents are made from, so that the
 * index costs none of them.
 */
export function openApiV3(groups: readonly ServedGroup[]): OpenApiV3 {
  const makers = documentMakers(groups)
  const documents = new Map<string, Buffer>()
  const names = [...makers.keys()].sort()
  const document = (name: string): Buffer | undefined => {
    const known = documents.get(name)
    const make = makers.get(name)
    if (known || !make) return known
    const bytes = Buffer.from(JSON.stringify(make()))
    documents.set(name, bytes)
    return bytes
  }
  const hash = (name: string): string => {
    fingerprint ??= schemaFingerprint()
    const parts = `${fingerprint} ${JSON.stringify(fingerprintOf(name, groups))}`
    return createHash('sha512').update(`${FORM} ${name} ${parts}`).digest('hex').toUpperCase()
  }
  let fingerprint: string | undefined
  let index: JsonObject | undefined
  return {
    names,
    document,
    hash,
    index: () => {
      const entries = names.map((name) => [
        name,
        { serverRelativeURL: `/openapi/v3/${name}?hash=${hash(name)}` },
      ])
      index ??= { paths: Object.fromEntries(entries) }
      return index
    },
  }
}

/** What a document is made from: of a group its own part, so that a new custom resource leaves the others alone. */
function fingerprintOf(name: string, groups: readonly ServedGroup[]): unknown {
  const own = groups.find((group) => group.name !== '' && name.split('/')[1] === group.name)
  return own ?? groups.filter(({ versions }) => !versions.some(({ resources }) => resources.some(isCustom)))
}

const isCustom = ({ customSchema }: ServedResource): boolean => customSchema !== undefined

function documentMakers(groups: readonly ServedGroup[]): ReadonlyMap<string, () => JsonObject> {
  const makers = new Map<string, () => JsonObject>()
  for (const [name, paths] of generalPaths(groups)) makers.set(name, () => makeDocument(paths, groups, []))
  for (const group of groups) {
    for (const served of group.versions) {
      const prefix = group.name === '' ? 'api' : 'apis'
      const shared = [{ group: group.name, version: served.version }]
      makers.set(`${prefix}/${apiVersionOf(group.name, served.version)}`, () =>
        makeDocument(versionPaths(group, served), groups, shared),
      )
    }
  }
  return makers
}

function makeDocument(
  paths: readonly PathItem[],
  groups: readonly ServedGroup[],
  shared: readonly { group: string; version: string }[],
): JsonObject {
  const definitions = new Definitions('v3', kindFinder(groups, shared), customTypes(groups))
  const items = paths.map(({ path, operations }) => [path, pathItem(operations, definitions)] as const)
  items.sort(([a], [b]) => (a < b ? -1 : 1))
  const schemas = definitions.finish()
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: '1.36' },
    paths: Object.fromEntries(items),
    components: {
      ...(Object.keys(schemas).length > 0 && { schemas }),
      securitySchemes: {
        BearerToken: {
          type: 'apiKey',
          description: 'Bearer Token authentication',
          name: 'authorization',
          in: 'header',
        },
      },
    },
  }
}

/** Parameters that all operations share stand beside the operations. */
export function commonParameters(operations: readonly Operation[]): readonly Parameter[] {
  const [first, ...others] = operations
  const common = (first?.parameters ?? []).filter((parameter) =>
    others.every((operation) => operation.parameters.some((other) => isSame(other, parameter))),
  )
  return sortParameters(common)
}

export const isSame = (a: Parameter, b: Parameter): boolean => a.name === b.name && a.in === b.in

export const sortParameters = (parameters: readonly Parameter[]): readonly Parameter[] =>
  [...parameters].sort((a, b) => (a.name === b.name ? (a.in < b.in ? -1 : 1) : a.name < b.name ? -1 : 1))

function pathItem(operations: readonly Operation[], definitions: Definitions): JsonObject {
  const common = commonParameters(operations)
  const item: JsonObject = {}
  for (const operation of operations) item[operation.method] = operationOf(operation, common, definitions)
  if (common.length > 0) item['parameters'] = common.map(parameterOf)
  return item
}

function operationOf(
  operation: Operation,
  common: readonly Parameter[],
  definitions: Definitions,
): JsonObject {
  const own = sortParameters(
    operation.parameters.filter((parameter) => !common.some((other) => isSame(other, parameter))),
  )
  return {
    tags: [operation.tag],
    description: operation.description,
    operationId: operation.id,
    ...(own.length > 0 && { parameters: own.map(parameterOf) }),
    ...(operation.body && { requestBody: bodyOf(operation, definitions) }),
    responses: responsesOf(operation, definitions),
    ...(operation.action && { 'x-kubernetes-action': operation.action }),
    ...(operation.kind && { 'x-kubernetes-group-version-kind': operation.kind }),
  }
}

function parameterOf({ name, in: place, description, type }: Parameter): JsonObject {
  return {
    name,
    in: place,
    ...(description !== '' && { description }),
    ...(place === 'path' && { required: true }),
    schema: { type, uniqueItems: true },
  }
}

export const PATCH_MEDIA = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]

export const PATCH_NAME = 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch'
export const PATCH_DEFINITION: JsonObject = { description: 'The body of a PATCH request.', type: 'object' }

function bodyOf(operation: Operation, definitions: Definitions): JsonObject {
  const isPatch = operation.body === 'Patch'
  const schema = isPatch
    ? definitions.special(PATCH_NAME, PATCH_DEFINITION)
    : definitions.reference(operation.body ?? '')
  const media = isPatch ? PATCH_MEDIA : ['*/*']
  return {
    content: Object.fromEntries([...media].sort().map((type) => [type, { schema }])),
    ...(operation.isBodyRequired && { required: true }),
  }
}

export const OBJECT_MEDIA = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

/** What an operation answers in. */
export function answerMedia(operation: Operation): readonly string[] {
  switch (operation.media) {
    case 'object':
      return OBJECT_MEDIA
    case 'list':
      return [
        ...OBJECT_MEDIA,
        'application/json;stream=watch',
        'application/vnd.kubernetes.protobuf;stream=watch',
      ]
    case 'log':
      return ['text/plain', ...OBJECT_MEDIA]
    case 'connect':
      return ['*/*']
    case 'json':
      return [operation.id.endsWith('Keyset') ? 'application/jwk-set+json' : 'application/json']
  }
}

export const RESPONSE_TEXTS: Readonly<Record<string, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' }

function responsesOf(operation: Operation, definitions: Definitions): JsonObject {
  const media = [...answerMedia(operation)].sort()
  const responses = Object.entries(operation.responses).map(([code, answer]) => {
    const schema = answerSchema(answer, definitions, true)
    const content = Object.fromEntries(media.map((type) => [type, { schema }]))
    return [code, { description: RESPONSE_TEXTS[code], content }]
  })
  return { ...Object.fromEntries(responses), 401: { description: 'Unauthorized' } }
}

export function answerSchema(answer: string, definitions: Definitions, withDefaults: boolean): JsonObject {
  if (answer === 'string') return { type: 'string' }
  if (answer === 'version') return definitions.special(VERSION_INFO_NAME, versionInfoDefinition(withDefaults))
  return definitions.reference(answer)
}
