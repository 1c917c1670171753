// The OpenAPI documents, compared with those that kube-apiserver v1.36.2 served.
//
// Set aside: texts (client-node has other white space, and none for fields that refer to a type), and with them
// the `allOf` around such references; hashes; versions of groups that are not served.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { allKinds } from '#api/kinds/all.ts'
import type { JsonObject } from '#api/meta/object.ts'
import { openApiV2 } from '#api/schema/openapi-v2.ts'
import { openApiV3 } from '#api/schema/openapi-v3.ts'
import { servedGroups } from '#api/schema/resources.ts'

const RECORDED = process.env['K8TS_UPSTREAM'] ?? path.resolve('..', 'shared', 'upstream')
const FOLDER = path.join(RECORDED, 'data', 'openapi')
const skip = existsSync(FOLDER) ? false : `no recorded documents in ${FOLDER}`
const recorded = (file: string): JsonObject =>
  JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as JsonObject

const groups = servedGroups(allKinds)
const v3 = openApiV3(groups)
const groupVersions = new Set(
  groups.flatMap(({ name, versions }) => versions.map(({ version }) => `${name}/${version}`)),
)

/** The document without what is set aside; references to shared parameters are followed. */
function comparable(document: JsonObject): unknown {
  const shared = (document['parameters'] ?? {}) as JsonObject
  const reduce = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.filter(isServedKind).map(reduce)
    if (typeof value !== 'object' || value === null) return value
    const object = value as JsonObject
    const reference = object['$ref']
    if (typeof reference === 'string' && reference.startsWith('#/parameters/')) {
      return reduce(shared[reference.slice('#/parameters/'.length)])
    }
    const [only] = Array.isArray(object['allOf']) ? (object['allOf'] as JsonObject[]) : []
    const { allOf: _, description, ...rest } = object
    const entries = Object.entries(only ? { ...rest, ...only } : rest).map(([key, item]) => [
      key,
      reduce(item),
    ])
    if (typeof description === 'object') entries.push(['description', reduce(description)])
    return Object.fromEntries(entries)
  }
  return { ...(reduce(document) as JsonObject), parameters: undefined }
}

function isServedKind(value: unknown): boolean {
  const { group, version, kind } = (value ?? {}) as JsonObject
  return (
    typeof kind !== 'string' ||
    typeof group !== 'string' ||
    groupVersions.has(`${group}/${version as string}`)
  )
}

describe('OpenAPI is what kube-apiserver serves', { skip }, () => {
  for (const file of skip ? [] : readdirSync(FOLDER).filter((name) => name.startsWith('v3_'))) {
    const name = file.slice('v3_'.length, -'.json'.length).replaceAll('_', '/')
    test(`/openapi/v3/${name}`, () => {
      const document = v3.document(name)
      assert.ok(document)
      assert.deepEqual(comparable(JSON.parse(document.toString()) as JsonObject), comparable(recorded(file)))
    })
  }

  test('/openapi/v3 names the same documents', () => {
    const index = recorded('v3.json')['paths'] as JsonObject
    assert.deepEqual(Object.keys(v3.index()['paths'] as JsonObject).sort(), Object.keys(index).sort())
  })

  test('/openapi/v2', () => {
    const document = JSON.parse(JSON.stringify(openApiV2(groups))) as JsonObject
    assert.deepEqual(comparable(document), comparable(recorded('v2.json')))
  })
})

describe('OpenAPI documents by themselves', () => {
  test('a field is explained in the words of its type', () => {
    const document = JSON.parse(v3.document('apis/apps/v1')?.toString() ?? '{}') as {
      components: { schemas: Record<string, { properties: Record<string, JsonObject> }> }
    }
    const replicas = document.components.schemas['io.k8s.api.apps.v1.DeploymentSpec']?.properties['replicas']
    assert.match(replicas?.['description'] as string, /Defaults to 1/)
  })

  test('the index gives a hash that tells documents apart', () => {
    const hashes = v3.names.map((name) => v3.hash(name))
    assert.equal(new Set(hashes).size, hashes.length)
    assert.ok(hashes.every((hash) => /^[0-9A-F]{128}$/.test(hash)))
  })

  test('an unknown document is undefined', () => {
    assert.equal(v3.document('apis/none/v1'), undefined)
  })
})
