import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatusError } from '#api/meta/status.ts'
import {
  negotiateInput,
  negotiateOutput,
  negotiatePatch,
  requireStreamable,
} from '#apiserver/http/negotiation.ts'
import type { RequestHead } from '#apiserver/request.ts'

function head(headers: Record<string, string>, query = ''): RequestHead {
  return { method: 'GET', path: '/', query: new URLSearchParams(query), headers, remoteAddress: '' }
}

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io'
const PROTOBUF = 'application/vnd.kubernetes.protobuf'

const outputs: readonly [string, string, object][] = [
  ['nothing said means JSON', '', { mediaType: 'application/json', pretty: false }],
  ['anything means JSON', '*/*', { mediaType: 'application/json', pretty: false }],
  ['any application means JSON', 'application/*', { mediaType: 'application/json', pretty: false }],
  ['YAML', 'application/yaml', { mediaType: 'application/yaml', pretty: false }],
  ['protobuf', PROTOBUF, { mediaType: PROTOBUF, pretty: false }],
  ['the first of equals', `${PROTOBUF},application/json`, { mediaType: PROTOBUF, pretty: false }],
  [
    'the higher quality',
    `${PROTOBUF};q=0.5,application/json;q=0.9`,
    { mediaType: 'application/json', pretty: false },
  ],
  ['what can be served of several', 'text/html, */*', { mediaType: 'application/json', pretty: false }],
  [
    'kubectl get',
    `${TABLE},application/json`,
    { mediaType: 'application/json', pretty: false, as: { kind: 'Table', metaVersion: 'v1' } },
  ],
  [
    'a table is not made as protobuf',
    `${PROTOBUF};as=Table;v=v1;g=meta.k8s.io,application/json`,
    { mediaType: 'application/json', pretty: false },
  ],
  [
    'metadata clients',
    `${PROTOBUF};as=PartialObjectMetadataList;v=v1;g=meta.k8s.io`,
    { mediaType: PROTOBUF, pretty: false, as: { kind: 'PartialObjectMetadataList', metaVersion: 'v1' } },
  ],
  ['a watch stream', 'application/json;stream=watch', { mediaType: 'application/json', pretty: false }],
  [
    'charset is no obstacle',
    'application/json; charset=utf-8',
    { mediaType: 'application/json', pretty: false },
  ],
]

for (const [name, accept, expected] of outputs) {
  test(`Accept: ${name}`, () => {
    assert.deepEqual(negotiateOutput(head(accept === '' ? {} : { accept }), { conversions: true }), expected)
  })
}

for (const accept of [
  'text/html',
  'application/json;as=Nothing;v=v1;g=meta.k8s.io',
  'application/json;stream=other',
  'nonsense',
]) {
  test(`Accept: ${accept} is 406`, () => {
    const refusal = (error: unknown) => error instanceof StatusError && error.code === 406
    assert.throws(() => negotiateOutput(head({ accept }), { conversions: true }), refusal)
  })
}

test('errors and discovery are never tables', () => {
  const format = negotiateOutput(head({ accept: `${TABLE},application/json` }), { conversions: false })
  assert.deepEqual(format, { mediaType: 'application/json', pretty: false })
})

test('pretty by parameter, and for clients that people look at', () => {
  const pretty = (headers: Record<string, string>, query = '') =>
    negotiateOutput(head(headers, query), { conversions: true }).pretty
  assert.equal(pretty({}, 'pretty=true'), true)
  assert.equal(pretty({}, 'pretty=nonsense'), false)
  assert.equal(pretty({ 'user-agent': 'curl/8.0' }), true)
  assert.equal(pretty({ 'user-agent': 'curl/8.0' }, 'pretty=false'), false)
})

test('a watch is not to be had in YAML', () => {
  requireStreamable({ mediaType: 'application/json', pretty: false })
  assert.throws(() => requireStreamable({ mediaType: 'application/yaml', pretty: false }), {
    code: 406,
    message: /json;stream=watch, application\/vnd.kubernetes.protobuf;stream=watch$/,
  })
})

test('Content-Type: absent is JSON, parameters do not count, anything else is 415', () => {
  assert.equal(negotiateInput(head({})), 'application/json')
  assert.equal(
    negotiateInput(head({ 'content-type': 'application/yaml; charset=utf-8' })),
    'application/yaml',
  )
  const refusal = (error: unknown) => error instanceof StatusError && error.code === 415
  assert.throws(() => negotiateInput(head({ 'content-type': 'text/plain' })), refusal)
})

test('Content-Type of a patch', () => {
  assert.equal(
    negotiatePatch(head({ 'content-type': 'application/merge-patch+json; charset=utf-8' })),
    'application/merge-patch+json',
  )
  assert.equal(negotiatePatch(head({ 'content-type': 'application/json' })), undefined)
})
