// Which fields objects can be selected by, kind by kind, and how others are refused.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { StatusError } from '#api/meta/status.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'

let server: TestApiServer
before(async () => {
  server = await startTestApiServer()
})
after(() => server.stop())

async function refusal(path: string, fieldSelector: string): Promise<string> {
  try {
    await server.client.request({ method: 'GET', path, query: { fieldSelector } })
    return ''
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    return `${error.code} ${error.message}`
  }
}

const CASES: readonly (readonly [path: string, selector: string, answer: string])[] = [
  ['/api/v1/pods', 'spec.host=a,status.podIPs=', ''],
  ['/api/v1/pods', 'spec.priority=0', '400 field label not supported: spec.priority'],
  ['/apis/batch/v1/jobs', 'status.successful=0', ''],
  ['/apis/batch/v1/jobs', 'status.failed=0', '400 field label "status.failed" not supported for Job'],
  ['/api/v1/namespaces', 'metadata.namespace=', '400 field label not supported: metadata.namespace'],
  ['/api/v1/persistentvolumes', 'metadata.namespace=', ''],
  [
    '/apis/apps/v1/replicasets',
    'status.replicas=0',
    '400 "status.replicas" is not a known field selector: only "metadata.name", "metadata.namespace"',
  ],
  [
    '/apis/resource.k8s.io/v1/resourceslices',
    'spec.pool=a',
    '400 field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: spec.pool',
  ],
]

for (const [path, selector, answer] of CASES) {
  test(`${path} by ${selector}: ${answer || 'taken'}`, async () => {
    assert.equal(await refusal(path, selector), answer)
  })
}
