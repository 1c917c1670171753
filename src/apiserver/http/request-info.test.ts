import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRequestInfo } from '#apiserver/http/request-info.ts'
import type { RequestInfo } from '#apiserver/request.ts'

type Expected = Partial<RequestInfo>

// Upstream's own table (requestinfo_test.go) and what it leaves out.
const resources: readonly [string, string, Expected][] = [
  ['GET', '/api/v1/namespaces', { verb: 'list', resource: 'namespaces', namespace: '', name: '' }],
  [
    'GET',
    '/api/v1/namespaces/other',
    { verb: 'get', resource: 'namespaces', namespace: 'other', name: 'other' },
  ],
  [
    'PUT',
    '/api/v1/namespaces/other/finalize',
    { verb: 'update', resource: 'namespaces', namespace: 'other', name: 'other', subresource: 'finalize' },
  ],
  ['GET', '/api/v1/namespaces/other/pods', { verb: 'list', resource: 'pods', namespace: 'other' }],
  [
    'GET',
    '/api/v1/namespaces/other/pods/foo',
    { verb: 'get', resource: 'pods', namespace: 'other', name: 'foo' },
  ],
  ['HEAD', '/api/v1/namespaces/other/pods/foo', { verb: 'get', resource: 'pods', name: 'foo' }],
  ['GET', '/api/v1/pods', { verb: 'list', resource: 'pods', namespace: '' }],
  ['GET', '/api/v1/pods?watch=true', { verb: 'watch', resource: 'pods' }],
  ['GET', '/api/v1/pods?watch', { verb: 'watch' }],
  ['GET', '/api/v1/pods?watch=false', { verb: 'list' }],
  ['GET', '/api/v1/pods?watch=0', { verb: 'list' }],
  ['GET', '/api/v1/namespaces/other/pods/foo/status', { verb: 'get', subresource: 'status', name: 'foo' }],
  ['POST', '/api/v1/namespaces/other/pods', { verb: 'create', resource: 'pods', name: '' }],
  ['PATCH', '/api/v1/namespaces/other/pods/foo', { verb: 'patch', name: 'foo' }],
  ['DELETE', '/api/v1/namespaces/other/pods/foo', { verb: 'delete', name: 'foo' }],
  ['DELETE', '/api/v1/namespaces/other/pods', { verb: 'deletecollection', name: '' }],
  ['GET', '/api/v1/watch/pods', { verb: 'watch', resource: 'pods', namespace: '' }],
  [
    'GET',
    '/api/v1/watch/namespaces/other/pods/foo',
    { verb: 'watch', resource: 'pods', namespace: 'other', name: 'foo' },
  ],
  [
    'GET',
    '/api/v1/proxy/namespaces/other/pods/foo',
    { verb: 'proxy', resource: 'pods', namespace: 'other', name: 'foo', subresource: '' },
  ],
  [
    'GET',
    '/apis/apps/v1/namespaces/other/deployments/foo/scale',
    { group: 'apps', version: 'v1', resource: 'deployments', name: 'foo', subresource: 'scale' },
  ],
  ['GET', '/apis/apps/v1/deployments', { verb: 'list', group: 'apps', apiPrefix: 'apis' }],
  [
    'GET',
    '/api/v1/nodes/n/proxy/stats/summary',
    {
      resource: 'nodes',
      name: 'n',
      subresource: 'proxy',
      parts: ['nodes', 'n', 'proxy', 'stats', 'summary'],
    },
  ],
  [
    'GET',
    '/api/v1/pods?fieldSelector=metadata.name%3Dfoo',
    { verb: 'list', name: 'foo', fieldSelector: 'metadata.name=foo' },
  ],
  ['GET', '/api/v1/pods?fieldSelector=metadata.name%3Dfoo%2Fbar', { verb: 'list', name: '' }],
  ['GET', '/api/v1/pods?fieldSelector=spec.nodeName%3Dn,metadata.name%3Dfoo', { name: 'foo' }],
  ['GET', '/api/v1/pods?labelSelector=a%3Db', { labelSelector: 'a=b' }],
]

for (const [method, url, expected] of resources) {
  test(`${method} ${url}`, () => {
    const [path = '', query = ''] = url.split('?')
    const info = parseRequestInfo(method, path, new URLSearchParams(query))
    assert.equal(info.isResourceRequest, true)
    for (const [field, value] of Object.entries(expected)) {
      assert.deepEqual(info[field as keyof RequestInfo], value, field)
    }
  })
}

for (const path of [
  '/',
  '/version',
  '/api',
  '/api/v1',
  '/apis/apps',
  '/apis/apps/v1',
  '/healthz/etcd',
  '/nothing/at/all',
]) {
  test(`${path} is no resource`, () => {
    const info = parseRequestInfo('GET', path, new URLSearchParams())
    assert.equal(info.isResourceRequest, false)
    assert.equal(info.verb, 'get')
    assert.equal(info.path, path)
  })
}
