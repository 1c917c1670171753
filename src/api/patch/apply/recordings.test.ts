// Ownership against the original: recorded states of objects, before and after, with the owners that it wrote.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { decodeValue } from '#api/codec/json.ts'
import { allKinds } from '#api/kinds/all.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'
import { apiVersionOf, type JsonObject, type ManagedFieldsEntry, parseApiVersion } from '#api/meta/object.ts'
import { applyConflict } from '#api/patch/apply/conflicts.ts'
import { mergeTypeOf } from '#api/patch/apply/merge-type.ts'
import { ownableFields } from '#api/patch/apply/ownable-fields.ts'
import { entriesOf, ownersOfStored } from '#api/patch/apply/owners.ts'
import { applyConfiguration, type Door, ownersAfterUpdate } from '#api/patch/apply/ownership.ts'
import { kindSchema } from '#api/schema/schema.ts'

const UPSTREAM = process.env['K8TS_UPSTREAM'] ?? path.resolve('..', 'shared', 'upstream')
const skip = existsSync(UPSTREAM) ? false : `no recordings in ${UPSTREAM}`

interface Step {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: JsonObject
  readonly base?: string
  readonly ops?: readonly { path: (string | number)[]; del?: boolean; set?: unknown; dup?: boolean }[]
  readonly got?: { readonly status: number; readonly body?: JsonObject }
}

interface Case {
  readonly name: string
  readonly steps: readonly Step[]
}

const casesOf = (area: string): Case[] =>
  readFileSync(path.join(UPSTREAM, 'recordings', `${area}.jsonl`), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Case)

function bodyOf(step: Step): JsonObject {
  if (!step.base) return step.body!
  const file = path.join(UPSTREAM, 'manifests', `${step.base}.json`)
  const object = JSON.parse(readFileSync(file, 'utf8')) as JsonObject
  for (const op of step.ops ?? []) {
    const target = op.path.slice(0, -1).reduce<JsonObject>((at, key) => at[key] as JsonObject, object)
    const key = op.path.at(-1)!
    if (op.del && Array.isArray(target)) target.splice(key as number, 1)
    else if (op.del) delete target[key]
    else target[key] = op.set
  }
  return object
}

function doorOf(object: JsonObject): Door & { readonly zero: JsonObject } {
  const apiVersion = object['apiVersion'] as string
  const { group, version } = parseApiVersion(apiVersion)
  const kind = allKinds.find((one) => one.kind === object['kind'] && one.group === group) as KindDefinition
  const schema = kindSchema(group, version, kind.kind)!
  return {
    apiVersion,
    subresource: '',
    versions: {
      typeOf: (asked) => (asked === apiVersion ? mergeTypeOf(schema) : undefined),
      convert: (given) => given,
    },
    ownable: ownableFields({
      group,
      resource: kind.resource,
      subresource: '',
      hasStatus: kind.status !== undefined,
    }),
    zero: {
      ...decodeValue({}, schema).object,
      apiVersion: apiVersionOf(group, version),
      kind: kind.kind,
    },
  }
}

const metadataOf = (object: JsonObject) => object['metadata'] as JsonObject
const entriesIn = (object: JsonObject) => metadataOf(object)['managedFields'] as ManagedFieldsEntry[]

function withoutEntries(object: JsonObject): JsonObject {
  const { managedFields: _, ...metadata } = metadataOf(object)
  return { ...object, metadata }
}

/** The entries of the clients that were recorded; controllers of the original wrote in between. */
const ofClients = (entries: readonly ManagedFieldsEntry[] | undefined) =>
  (entries ?? [])
    .filter(({ manager }) => ['first', 'second', 'third', 'replay'].includes(manager!))
    .map(({ time: _, ...entry }) => JSON.stringify(entry))
    .sort()

const isObject = (body: JsonObject | undefined): body is JsonObject =>
  body !== undefined && body['kind'] !== 'Status' && entriesIn(body) !== undefined

describe('recorded by kube-apiserver', { skip }, () => {
  test('owners and conflicts of configurations that were applied', () => {
    let count = 0
    for (const { name, steps } of casesOf('apply')) {
      let live: JsonObject | undefined
      for (const [position, step] of steps.entries()) {
        const body = step.got?.body
        const isApply = step.headers?.['content-type'] === 'application/apply-patch+yaml'
        if (isApply && body && [200, 201, 409].includes(step.got!.status) && (live || position === 0)) {
          const config = bodyOf(step)
          const door = doorOf(config)
          const query = new URL(step.path, 'http://x').searchParams
          const owners = ownersOfStored(live && entriesIn(live))
          const applied = applyConfiguration(door, owners, {
            live: live ? withoutEntries(live) : door.zero,
            config,
            manager: query.get('fieldManager')!,
            force: query.get('force') === 'true',
            now: '2026-01-01T00:00:00Z',
          })
          const where = `${name} #${position}`
          if (step.got!.status === 409) {
            assert.ok(applied.conflicts, where)
            assert.deepEqual(applyConflict(applied.conflicts, owners).status, body, where)
          } else {
            assert.equal(applied.conflicts, undefined, where)
            assert.deepEqual(ofClients(entriesOf(applied.owners)), ofClients(entriesIn(body)), where)
          }
          count++
        }
        if (isObject(body)) live = body
      }
    }
    assert.ok(count > 1000, String(count))
  })

  test('owners of objects that were created and patched', () => {
    let count = 0
    for (const { name, steps } of ['create', 'update', 'apply'].flatMap(casesOf)) {
      if (CHANGED_AFTER_RECORDING.test(name)) continue
      let live: JsonObject | undefined
      for (const [position, step] of steps.entries()) {
        const body = step.got?.body
        const isUpdate = step.headers?.['content-type'] !== 'application/apply-patch+yaml'
        if (isUpdate && isObject(body) && ['POST', 'PUT', 'PATCH'].includes(step.method)) {
          const door = doorOf(body)
          const owners = ownersAfterUpdate(door, ownersOfStored(live && entriesIn(live)), {
            before: live ? withoutEntries(live) : door.zero,
            after: withoutEntries(body),
            manager: new URL(step.path, 'http://x').searchParams.get('fieldManager')!,
            now: '2026-01-01T00:00:00Z',
          })
          const where = `${name} #${position}`
          assert.deepEqual(ofClients(entriesOf(owners)), ofClients(entriesIn(body)), where)
          count++
        }
        if (isObject(body)) live = body
      }
    }
    assert.ok(count > 250, String(count))
  })
})

/**
 * Admission, strategies and controllers add to these after their owners are recorded; and where a list is sent as
 * `[]`, it is recorded before it becomes null.
 */
const CHANGED_AFTER_RECORDING = new RegExp(
  [
    '/(CustomResourceDefinition|APIService|Job|Namespace|PersistentVolume|PersistentVolumeClaim|Pod|Service)/',
    '/(VolumeAttributesClass|TokenReview|\\w*AccessReview)/',
    'create/.*/(EndpointSlice/targetref-full|ClusterRole/aggregated|Role/empty-rules|CSINode/minimal)',
  ].join('|'),
)
