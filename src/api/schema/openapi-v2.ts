// OpenAPI v2: one document for everything, as clients before v3 want it.
//
// The same operations and definitions as v3 in the older form. Parameters that several operations share are
// kept once, under a name with a hash of their text. Upstream: vendor/k8s.io/kube-openapi/pkg/builder

import type { JsonObject } from '#api/meta/object.ts'
import { customTypes } from '#api/schema/openapi-custom.ts'
import { Definitions } from '#api/schema/openapi-definitions.ts'
import { generalPaths, kindFinder } from '#api/schema/openapi-general.ts'
import type { Operation, Parameter } from '#api/schema/openapi-operations.ts'
import { type PathItem, versionPaths } from '#api/schema/openapi-paths.ts'
import {
  answerMedia,
  answerSchema,
  commonParameters,
  isSame,
  OBJECT_MEDIA,
  PATCH_DEFINITION,
  PATCH_MEDIA,
  PATCH_NAME,
  RESPONSE_TEXTS,
  sortParameters,
} from '#api/schema/openapi-v3.ts'
import type { ServedGroup } from '#api/schema/resources.ts'

/** The document for the built-in groups. */
export function openApiV2(groups: readonly ServedGroup[]): JsonObject {
  const shared = groups.flatMap((group) =>
    group.versions.map(({ version }) => ({ group: group.name, version })),
  )
  shared.sort((a, b) => (a.group === b.group ? (a.version < b.version ? -1 : 1) : a.group < b.group ? -1 : 1))
  const definitions = new Definitions('v2', kindFinder(groups, shared), customTypes(groups))
  const parameters = new SharedParameters()
  const paths: PathItem[] = [
    ...[...generalPaths(groups).values()].flat(),
    ...groups.flatMap((group) => group.versions.flatMap((served) => versionPaths(group, served))),
  ]
  const items = paths.map(
    ({ path, operations }) => [path, pathItem(operations, definitions, parameters)] as const,
  )
  items.sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: '1.36' },
    paths: Object.fromEntries(items),
    definitions: definitions.finish(),
    parameters: parameters.finish(),
    securityDefinitions: {
      BearerToken: {
        description: 'Bearer Token authentication',
        type: 'apiKey',
        name: 'authorization',
        in: 'header',
      },
    },
    security: [{ BearerToken: [] }],
  }
}

/** kubectl before 1.27 looks for these in the operation itself, to learn what the server can do. */
const NEVER_SHARED: ReadonlySet<string> = new Set(['name', 'fieldValidation', 'dryRun'])

class SharedParameters {
  readonly #byName = new Map<string, JsonObject>()
  /** Names by the text of the parameter: a few hundred parameters stand in thousands of places, and a hash is dear. */
  readonly #names = new Map<string, string>()

  finish(): JsonObject {
    return Object.fromEntries([...this.#byName].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** The parameter, or a reference to it. */
  share(parameter: JsonObject): JsonObject {
    const name = parameter['name'] as string
    const reference = (parameter['schema'] as JsonObject | undefined)?.['$ref'] as string | undefined
    const isOwnBody = name === 'body' && reference?.startsWith('#/definitions/io.k8s.apimachinery') === false
    if (NEVER_SHARED.has(name) || isOwnBody) return parameter
    const text = JSON.stringify(parameter)
    let shared = this.#names.get(text)
    if (shared === undefined) {
      shared = `${name}-${textHash(text)}`
      this.#names.set(text, shared)
      this.#byName.set(shared, parameter)
    }
    return { $ref: `#/parameters/${shared}` }
  }
}

const FNV_OFFSET = 14_695_981_039_346_656_037n
const FNV_PRIME = 1_099_511_628_211n

/** FNV-1 in base64, cut to eight characters. */
function textHash(text: string): string {
  let hash = FNV_OFFSET
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, hash * FNV_PRIME) ^ BigInt(byte)
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(hash)
  return bytes.subarray(0, 6).toString('base64url')
}

function pathItem(
  operations: readonly Operation[],
  definitions: Definitions,
  shared: SharedParameters,
): JsonObject {
  const common = commonParameters(operations)
  const item: JsonObject = {}
  for (const operation of operations)
    item[operation.method] = operationOf(operation, common, definitions, shared)
  if (common.length > 0) item['parameters'] = common.map((parameter) => shared.share(parameterOf(parameter)))
  return item
}

function operationOf(
  operation: Operation,
  common: readonly Parameter[],
  definitions: Definitions,
  shared: SharedParameters,
): JsonObject {
  const own = operation.parameters.filter((parameter) => !common.some((other) => isSame(other, parameter)))
  const parameters = sortParameters(own).map(parameterOf)
  if (operation.body) parameters.unshift(bodyOf(operation, definitions))
  return {
    description: operation.description,
    ...consumes(operation),
    produces: answerMedia(operation),
    schemes: ['https'],
    tags: [operation.tag],
    operationId: operation.id,
    ...(parameters.length > 0 && { parameters: parameters.map((parameter) => shared.share(parameter)) }),
    responses: responsesOf(operation, definitions),
    ...(operation.action && { 'x-kubernetes-action': operation.action }),
    ...(operation.kind && { 'x-kubernetes-group-version-kind': operation.kind }),
  }
}

function consumes(operation: Operation): JsonObject {
  if (operation.body === 'Patch') return { consumes: PATCH_MEDIA }
  if (operation.action) return { consumes: ['*/*'] }
  if (operation.media === 'json') return operation.tag === 'version' ? { consumes: ['application/json'] } : {}
  return { consumes: OBJECT_MEDIA }
}

function parameterOf({ name, in: place, description, type }: Parameter): JsonObject {
  return {
    uniqueItems: true,
    type,
    ...(description !== '' && { description }),
    name,
    in: place,
    ...(place === 'path' && { required: true }),
  }
}

function bodyOf(operation: Operation, definitions: Definitions): JsonObject {
  const schema =
    operation.body === 'Patch'
      ? definitions.special(PATCH_NAME, PATCH_DEFINITION)
      : definitions.reference(operation.body ?? '')
  return { name: 'body', in: 'body', ...(operation.isBodyRequired && { required: true }), schema }
}

function responsesOf(operation: Operation, definitions: Definitions): JsonObject {
  const responses = Object.entries(operation.responses).map(([code, answer]) => [
    code,
    { description: RESPONSE_TEXTS[code], schema: answerSchema(answer, definitions, false) },
  ])
  return { ...Object.fromEntries(responses), 401: { description: 'Unauthorized' } }
}
