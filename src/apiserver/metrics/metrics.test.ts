import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { configMaps } from '#api/resources.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'

describe('the metrics of a server', () => {
  let server: TestApiServer
  let text = ''
  before(async () => {
    server = await startTestApiServer({ secured: true, namespaces: [] })
    const maps = server.client.resource(configMaps)
    await maps.create({ metadata: { name: 'a', namespace: 'default' } })
    await maps.get('default', 'a')
    await assert.rejects(maps.get('default', 'nope'), { code: 404 })
    const ask = (method: 'GET' | 'PUT', path: string) => server.transport.request({ method, path, query: {} })
    for (const path of ['/livez', '/made-up/one', '/made-up/two', '/api/v1/namespaces/default/inventions/x'])
      await ask('GET', path).catch(() => undefined)
    const stop = new AbortController()
    const path = '/api/v1/namespaces/default/configmaps'
    await server.transport.watch({ method: 'GET', path, query: { watch: '1' }, signal: stop.signal }, () =>
      stop.abort(),
    )
    text = (
      (await server.transport.request({ method: 'GET', path: '/metrics', query: {} })) as { text: string }
    ).text
  })
  after(() => server.stop())

  const common = 'group="",version="v1",resource="configmaps",subresource=""'
  const rows: readonly string[] = [
    `apiserver_request_total{verb="POST",dry_run="",${common},scope="resource",component="apiserver",code="201"} `,
    `apiserver_request_total{verb="GET",dry_run="",${common},scope="resource",component="apiserver",code="404"} `,
    `apiserver_request_duration_seconds_count{verb="GET",dry_run="",${common},scope="resource",component="apiserver"} `,
    `apiserver_request_sli_duration_seconds_count{verb="GET",${common},scope="resource",component="apiserver"} `,
    `apiserver_response_sizes_count{verb="GET",${common},scope="resource",component="apiserver"} `,
    `apiserver_longrunning_requests{verb="WATCH",${common},scope="namespace",component="apiserver"} 0\n`,
    'apiserver_request_total{verb="GET",dry_run="",group="",version="",resource="",subresource="/livez",scope="",component="",code="200"} 1\n',
    'apiserver_current_inflight_requests{request_kind="mutating"} 0\n',
    'apiserver_admission_step_admission_duration_seconds_count{type="admit",operation="CREATE",rejected="false"} ',
    'apiserver_admission_controller_admission_duration_seconds_count{name="NamespaceLifecycle",type="admit",operation="CREATE",rejected="false"} ',
    'etcd_request_duration_seconds_count{operation="create",group="",resource="configmaps"} ',
    'apiserver_watch_events_total{group="",version="v1",resource="configmaps"} ',
    'apiserver_storage_objects{resource="clusterroles.rbac.authorization.k8s.io"} ',
    'apiserver_resource_objects{group="",resource="configmaps"} ',
    'apiserver_watch_cache_initializations_total{group="",resource="configmaps"} 1\n',
    'authorization_attempts_total{result="allowed"} ',
    'apiserver_flowcontrol_current_executing_requests{',
  ]
  for (const row of rows) test(row.trim(), () => assert.ok(text.includes(`\n${row}`), row))

  test('nothing that a client made up is a label', () => {
    assert.ok(!/made-up|inventions/.test(text))
  })
})
