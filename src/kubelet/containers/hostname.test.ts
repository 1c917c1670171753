import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kernelHostname, podHostname } from '#kubelet/containers/hostname.ts'
import { hostNetworkHosts, managedHosts } from '#kubelet/containers/hosts-file.ts'
import { pod } from '#kubelet/pods/fixtures.ts'

test('a pod is called by its name, or by what its spec says', () => {
  assert.deepEqual(podHostname(pod(), 'cluster.local'), { hostname: 'p', domain: '' })
  assert.deepEqual(podHostname(pod({ hostname: 'h', subdomain: 's' }), 'cluster.local'), {
    hostname: 'h',
    domain: 's.ns.svc.cluster.local',
  })
  assert.deepEqual(podHostname(pod({ hostnameOverride: 'a.b' }), 'cluster.local'), {
    hostname: 'a.b',
    domain: '',
  })
})

test('long names are cut to what the kernel takes, and do not end in a dash', () => {
  const long = pod()
  const name = `${'x'.repeat(62)}-yz`
  assert.equal(podHostname({ ...long, metadata: { ...long.metadata, name } }, '').hostname, 'x'.repeat(62))
})

test('the kernel is given the full name only when asked to', () => {
  const name = { hostname: 'h', domain: 'd' }
  assert.equal(kernelHostname(pod(), name), 'h')
  assert.equal(kernelHostname(pod({ setHostnameAsFQDN: true }), name), 'h.d')
  const tooLong = { hostname: 'h'.repeat(60), domain: 'domain' }
  assert.throws(
    () => kernelHostname(pod({ setHostnameAsFQDN: true }), tooLong),
    /is too long \(64 characters is the max/,
  )
})

test('the hosts file', () => {
  const aliases = [{ ip: '192.0.2.9', hostnames: ['a', 'b'] }]
  const text = managedHosts(['10.0.0.1'], { hostname: 'h', domain: 'd' }, aliases)
  assert.match(text, /^# Kubernetes-managed hosts file\.\n127\.0\.0\.1\tlocalhost\n/)
  assert.match(text, /\n10\.0\.0\.1\th\.d\th\n\n# Entries added by HostAliases\.\n192\.0\.2\.9\ta\tb\n$/)
  assert.equal(hostNetworkHosts('x\n', []), '# Kubernetes-managed hosts file (host network).\nx\n')
})
