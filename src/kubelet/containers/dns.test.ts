import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseResolvConf, podDNS } from '#kubelet/containers/dns.ts'
import { pod } from '#kubelet/pods/fixtures.ts'

const cluster = { servers: ['10.96.0.10'], domain: 'cluster.local' }
const host = { servers: ['192.0.2.53'], searches: ['example.com'], options: ['rotate'] }

const ofCluster = {
  servers: ['10.96.0.10'],
  searches: ['ns.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'example.com'],
  options: ['ndots:5'],
}

test('policies', () => {
  const config = (spec: Parameters<typeof pod>[0]) => podDNS(pod(spec), cluster, host).config
  assert.deepEqual(config({}), ofCluster)
  assert.deepEqual(config({ dnsPolicy: 'Default' }), host)
  assert.deepEqual(config({ hostNetwork: true }), host)
  assert.deepEqual(config({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }), ofCluster)
  assert.deepEqual(config({ dnsPolicy: 'None', dnsConfig: { nameservers: ['192.0.2.1'] } }), {
    servers: ['192.0.2.1'],
    searches: [],
    options: [],
  })
})

test('the own configuration of a pod is added, its options win', () => {
  const dnsConfig = {
    searches: ['own', 'cluster.local'],
    options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
  }
  const { config } = podDNS(pod({ dnsConfig }), cluster, host)
  assert.deepEqual(config.options, ['ndots:2', 'edns0'])
  assert.deepEqual(config.searches, [...ofCluster.searches, 'own'])
})

test('what the resolver would not read is left out, with a warning', () => {
  const { config, warnings } = podDNS(pod({ dnsConfig: { nameservers: ['1', '2', '3'] } }), cluster, host)
  assert.deepEqual(config.servers, ['10.96.0.10', '1', '2'])
  assert.match(warnings[0] ?? '', /^Nameserver limits were exceeded.*line is: 10\.96\.0\.10 1 2$/)
})

test('reads a resolv.conf', () => {
  const text =
    '# c\nnameserver 192.0.2.1\nsearch a.\nsearch b. . c\noptions ndots:1 rotate\noptions ndots:3\n'
  assert.deepEqual(parseResolvConf(text), {
    servers: ['192.0.2.1'],
    searches: ['b', 'c'],
    options: ['ndots:3', 'rotate'],
  })
})
