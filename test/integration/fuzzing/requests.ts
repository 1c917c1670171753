// One broken request after the other, drawn from chance: bodies, patches of the four kinds, selectors, parameters.

import { encodeProtobuf } from '#api/codec/protobuf.ts'
import type { JsonObject } from '#api/meta/object.ts'
import {
  type Chooser,
  mutateBytes,
  mutateJson,
  mutateText,
  STRANGE_TEXTS,
} from '#test/integration/fuzzing/mutations.ts'
import { SAMPLES, type Sample } from '#test/integration/fuzzing/samples.ts'

export interface FuzzedRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer
}

const JSON_TYPE = 'application/json'
const NAMES = ['a', 'b', 'c']
const SUBRESOURCES = [
  '',
  '',
  '',
  '/status',
  '/scale',
  '/eviction',
  '/binding',
  '/ephemeralcontainers',
  '/nothing',
]
const ACCEPTS = [
  ...[
    '*/*',
    JSON_TYPE,
    'application/yaml',
    'application/vnd.kubernetes.protobuf',
    'text/html',
    ';q=',
    'a/b/c;;,,',
  ],
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
]

export function nextRequest(choose: Chooser): FuzzedRequest {
  return choose.pick([create, create, update, patch, patch, patch, read, read, remove, path])(choose)
}

function create(choose: Chooser): FuzzedRequest {
  const sample = choose.pick(SAMPLES)
  return withBody('POST', sample.path, sample, choose)
}

function update(choose: Chooser): FuzzedRequest {
  const sample = choose.pick(SAMPLES)
  return withBody('PUT', itemOf(sample, choose), sample, choose)
}

const itemOf = ({ path: collection }: Sample, choose: Chooser): string =>
  `${collection}/${choose.pick(NAMES)}${choose.pick(SUBRESOURCES)}`

function withBody(method: string, target: string, sample: Sample, choose: Chooser): FuzzedRequest {
  const object = named(sample.object, choose)
  const { type, body } = bodyOf(object, choose)
  return finish(method, target, choose, { 'content-type': type }, body)
}

function named(object: JsonObject, choose: Chooser): JsonObject {
  const metadata = { ...(object['metadata'] as JsonObject), name: choose.pick(NAMES) }
  return { ...object, metadata }
}

function bodyOf(object: JsonObject, choose: Chooser): { readonly type: string; readonly body: Buffer } {
  // some are right, so that others find something to change
  if (choose.chance(0.15)) return { type: JSON_TYPE, body: Buffer.from(JSON.stringify(object)) }
  if (choose.chance(0.25)) {
    const bytes = encodeProtobuf(object)
    const kept = choose.chance(0.9) ? 40 : 0
    return {
      type: 'application/vnd.kubernetes.protobuf',
      body: mutateBytes(bytes, Math.min(kept, bytes.length - 1), choose),
    }
  }
  const type = choose.chance(0.15) ? 'application/yaml' : JSON_TYPE
  const text = JSON.stringify(mutateJson(object, choose))
  return { type, body: Buffer.from(choose.chance(0.2) ? mutateText(text, choose) : text) }
}

function patch(choose: Chooser): FuzzedRequest {
  const sample = choose.pick(SAMPLES)
  const object = named(sample.object, choose)
  const kind = choose.pick([
    'json-patch+json',
    'merge-patch+json',
    'strategic-merge-patch+json',
    'apply-patch+yaml',
  ])
  const value =
    kind === 'json-patch+json'
      ? jsonPatch(object, choose)
      : kind === 'strategic-merge-patch+json'
        ? withDirectives(mutateJson(object, choose), choose)
        : mutateJson(object, choose)
  const text = JSON.stringify(value) ?? ''
  const body = Buffer.from(choose.chance(0.15) ? mutateText(text, choose) : text)
  const headers = { 'content-type': `application/${kind}` }
  return finish('PATCH', itemOf(sample, choose), choose, headers, body, kind === 'apply-patch+yaml')
}

function jsonPatch(object: JsonObject, choose: Chooser): unknown {
  const operations = choose.several(1, 5, () => ({
    op: choose.pick(['add', 'remove', 'replace', 'move', 'copy', 'test', 'nothing', '']),
    path: pointer(object, choose),
    ...(choose.chance(0.7) && { from: pointer(object, choose) }),
    ...(choose.chance(0.8) && { value: mutateJson({ v: object['metadata'] }, choose) }),
  }))
  return choose.chance(0.15) ? mutateJson(operations, choose) : operations
}

/** A way into the object that may lose itself on the way. */
function pointer(object: unknown, choose: Chooser): string {
  let value = object
  let text = ''
  while (choose.chance(0.85)) {
    const keys = value && typeof value === 'object' ? Object.keys(value) : []
    const key =
      keys.length > 0 && choose.chance(0.85) ? choose.pick(keys) : choose.pick([...STRANGE_TEXTS, '-', '99'])
    text += `/${key.slice(0, 100)}`
    value = (value as Record<string, unknown> | undefined)?.[key]
    if (value === undefined || value === null) break
  }
  return text
}

/** The directives of strategic merge at places where they may or may not belong. */
function withDirectives(value: unknown, choose: Chooser): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => withDirectives(item, choose))
    return choose.chance(0.1)
      ? [...items, { $patch: choose.pick(['replace', 'delete', 'merge', 'x', 1]) }]
      : items
  }
  if (!value || typeof value !== 'object') return value
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => [
    key,
    withDirectives(item, choose),
  ])
  const [some = 'spec'] = choose.several(1, 1, () => choose.pick(Object.keys(value).concat('x')))
  const strange = choose.pick<unknown>([['a'], [{ name: 'main' }], 'delete', null, {}, [1, null], [['a']]])
  const directive = choose.pick([
    '$patch',
    '$retainKeys',
    `$setElementOrder/${some}`,
    `$deleteFromPrimitiveList/${some}`,
  ])
  if (choose.chance(0.15)) entries.push([directive, strange])
  return Object.fromEntries(entries)
}

function read(choose: Chooser): FuzzedRequest {
  const sample = choose.pick(SAMPLES)
  const target = choose.chance(0.3) ? itemOf(sample, choose) : sample.path
  return finish(choose.pick(['GET', 'GET', 'GET', 'HEAD', 'OPTIONS']), target, choose, {})
}

function remove(choose: Chooser): FuzzedRequest {
  const sample = choose.pick(SAMPLES)
  const target = choose.chance(0.7) ? itemOf(sample, choose) : `${sample.path}`
  const options = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    gracePeriodSeconds: choose.pick([0, 1, 30, -1]),
    propagationPolicy: choose.pick(['Foreground', 'Background', 'Orphan', 'x']),
    preconditions: { uid: 'x', resourceVersion: '1' },
  }
  const body = choose.chance(0.6) ? Buffer.from(JSON.stringify(mutateJson(options, choose))) : undefined
  return finish('DELETE', target, choose, { 'content-type': JSON_TYPE }, body)
}

function path(choose: Chooser): FuzzedRequest {
  const parts = [
    'api',
    'apis',
    'v1',
    'apps',
    'namespaces',
    'default',
    'pods',
    'a',
    'watch',
    'proxy',
    'log',
    '%2e%2e',
  ]
  const strange = () => encodeURIComponent(wellFormed(choose.pick(STRANGE_TEXTS)).slice(0, 60))
  const segments = choose.several(0, 8, () => (choose.chance(0.85) ? choose.pick(parts) : strange()))
  return finish(choose.pick(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']), `/${segments.join('/')}`, choose, {})
}

/** Half a surrogate cannot stand in a URL. */
const wellFormed = (text: string): string => Buffer.from(text).toString()

const SELECTOR_PIECES = [
  'a',
  'app',
  'b',
  '=',
  '==',
  '!=',
  ' in ',
  ' notin ',
  '(',
  ')',
  ',',
  '!',
  'metadata.name',
  'spec.nodeName',
  '\\',
  '>',
  '1',
  ' ',
  'status.phase',
]

const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  limit: ['1', '2', '500', '-1', 'x', '9223372036854775808'],
  continue: ['x', 'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiYVx1MDAwMCJ9', 'e30', '////'],
  resourceVersion: ['0', '1', '5', 'x', '-1', '18446744073709551616'],
  resourceVersionMatch: ['Exact', 'NotOlderThan', 'x'],
  timeoutSeconds: ['0', '1', '-1', 'x', '1.5'],
  timeout: ['1s', '0', '-5s', 'x', '1e9h'],
  dryRun: ['All', 'x', ''],
  fieldManager: ['m', '', 'x'.repeat(200), '\u0000'],
  fieldValidation: ['Strict', 'Warn', 'Ignore', 'x'],
  force: ['true', 'false', 'x'],
  pretty: ['true', '1', 'x'],
  propagationPolicy: ['Orphan', 'x'],
  gracePeriodSeconds: ['0', '-1', 'x', '1e3'],
  orphanDependents: ['true', 'x'],
  sendInitialEvents: ['true', 'x'],
  allowWatchBookmarks: ['true', 'x'],
  includeObject: ['None', 'Object', 'x'],
  watch: ['0', 'false', 'x', 'true'],
}

function finish(
  method: string,
  target: string,
  choose: Chooser,
  headers: Readonly<Record<string, string>>,
  body?: Buffer,
  needsManager = false,
): FuzzedRequest {
  const query = new URLSearchParams()
  if (needsManager && choose.chance(0.9)) query.set('fieldManager', 'fuzz')
  if (needsManager && choose.chance(0.5)) query.set('force', 'true')
  while (choose.chance(0.35)) {
    const name = choose.pick(Object.keys(PARAMETERS))
    query.append(
      name,
      choose.chance(0.9) ? choose.pick(PARAMETERS[name]!) : wellFormed(choose.pick(STRANGE_TEXTS)),
    )
  }
  if (choose.chance(0.2))
    query.append(
      choose.pick(['labelSelector', 'fieldSelector']),
      choose.several(0, 8, () => choose.pick(SELECTOR_PIECES)).join(''),
    )
  const text = query.toString()
  const accept = choose.chance(0.3) ? { accept: choose.pick(ACCEPTS) } : {}
  return {
    method,
    url: text === '' ? target : `${target}?${text}`,
    headers: { ...headers, ...accept },
    ...(body && { body }),
  }
}
