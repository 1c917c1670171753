// A cluster out of the single components: each a process of its own, over HTTPS, with its own kubeconfig.
//
// Nobody here shares memory, and each has only the rights of its user. So what works only because components live
// together, or because somebody has more rights than upstream gives him, fails here.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { hostAddress, machineAddress } from '#cluster/hosts/network.ts'
import type { NodeLayout } from '#cluster/layout.ts'
import { nodeCertificates } from '#cluster/pki/certificates.ts'
import { kubeconfig } from '#cluster/pki/kubeconfig.ts'
import { type ClusterPki, openClusterPki } from '#cluster/pki/store.ts'
import { dnsServiceAddress } from '#cluster/processes/credentials.ts'
import { systemClock } from '#sys/clock.ts'
import { systemRandom } from '#sys/random.ts'
import { type BareHosts, makeBareHosts } from '#test/e2e/bare-hosts.ts'
import { type Kubectl, kubectlFor } from '#test/e2e/kubectl.ts'

const MANIFEST = path.join(import.meta.dirname, '..', '..', '..', 'example-deployment.yaml')

let hosts: BareHosts
let kubectl: Kubectl

before(async () => {
  hosts = await makeBareHosts(2)
  const { config, layout, run } = hosts
  const pki = await openClusterPki(layout.pkiDir, { clock: systemClock, random: systemRandom })
  run('apiserver', [
    ...['apiserver', '--data-dir', layout.dataDir, '--port', String(config.apiPort)],
    ...['--advertise-address', machineAddress(config), '--service-cidr', config.serviceCIDR],
  ])
  const admin = await untilWorks(() => accessOf(pki, 'admin'))
  kubectl = await kubectlFor(admin)
  await untilWorks(() => kubectl('get', '--raw', '/readyz'))
  run('scheduler', ['scheduler', '--kubeconfig', await accessOf(pki, 'scheduler')])
  const { certificate, key } = pki.files('ca')
  run('controller-manager', [
    ...['controller-manager', '--kubeconfig', await accessOf(pki, 'controller-manager')],
    ...['--cluster-cidr', config.podCIDR, '--service-cluster-ip-range', config.serviceCIDR],
    ...['--root-ca-file', certificate],
    ...['--cluster-signing-cert-file', certificate, '--cluster-signing-key-file', key],
  ])
  await hosts.once(['addons', '--kubeconfig', admin, '--cluster-dns', dnsServiceAddress(config)])
  run('metrics', [
    ...['metrics', '--kubeconfig', await accessOf(pki, 'metrics'), '--address', machineAddress(config)],
    ...['--kubelet-certificate-authority', certificate],
  ])
  for (const node of hosts.nodes) await startNode(pki, node)
  await untilWorks(() => kubectl('get', 'nodes', ...hosts.nodes.map(({ name }) => name)))
  await kubectl('wait', '--for=condition=Ready', 'nodes', '--all', '--timeout=60s')
})

after(async () => {
  await hosts?.remove()
})

/** A kubeconfig with the certificate of this name; gives its path. */
async function accessOf(pki: ClusterPki, name: string): Promise<string> {
  const { config, layout } = hosts
  const [authority, credentials] = [await pki.read('ca'), await pki.read(name)]
  const server = `https://${machineAddress(config)}:${config.apiPort}`
  const file = path.join(layout.kubeconfigDir, name)
  const content = kubeconfig({
    name: layout.name,
    user: name,
    server,
    authority: authority.certificate,
    credentials,
  })
  await mkdir(layout.kubeconfigDir, { recursive: true })
  await writeFile(file, JSON.stringify(content), { mode: 0o600 })
  return file
}

/** The API server makes its certificates when it starts, and answers a moment later. */
async function untilWorks<T>(work: () => Promise<T>): Promise<T> {
  const deadline = AbortSignal.timeout(60_000)
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (deadline.aborted) throw error
      await systemClock.sleep(100)
    }
  }
}

async function startNode(pki: ClusterPki, node: NodeLayout): Promise<void> {
  const { config, run } = hosts
  const address = hostAddress(config, node.index)
  await pki.ensure(nodeCertificates({ name: node.name, addresses: [address] }))
  const serving = pki.files(`kubelet-serving-${node.name}`)
  const each = async (component: string, certificate: string, args: readonly string[]) => {
    const access = ['--kubeconfig', await accessOf(pki, certificate), '--node-name', node.name]
    run(`${component}-${node.index}`, [component, ...access, ...args], node)
  }
  await each('kubelet', `kubelet-${node.name}`, [
    ...['--node-ip', address, '--container-runtime-endpoint', node.containerdSocket],
    ...['--root-dir', node.kubeletDir, '--cgroup-root', `/${node.cgroup}`],
    ...['--cluster-dns', dnsServiceAddress(config), '--client-ca-file', pki.files('ca').certificate],
    ...['--tls-cert-file', serving.certificate, '--tls-private-key-file', serving.key],
  ])
  await each('proxy', 'proxy', ['--cluster-cidr', config.podCIDR])
  await each('network', 'network', [
    ...['--cluster-cidr', config.podCIDR],
    ...['--cni-conf-dir', node.cniConfDir, '--cni-state-dir', node.cniStateDir],
  ])
  await each('dns', 'dns', ['--address', address])
}

test('the example runs on both nodes and answers by name and by node port', {
  timeout: 180_000,
}, async () => {
  await kubectl('apply', '-f', MANIFEST)
  await kubectl('rollout', 'status', 'deployment/hello', '--timeout=120s')
  const template = '{range .items[*]}{.metadata.name} {.spec.nodeName}{"\\n"}{end}'
  const lines = (await kubectl('get', 'pods', '-l', 'app=hello', '-o', `jsonpath=${template}`))
    .trim()
    .split('\n')
  assert.equal(lines.length, 4)
  assert.deepEqual(
    new Set(lines.map((line) => line.split(' ')[1])),
    new Set(hosts.nodes.map(({ name }) => name)),
  )
  const [first = ''] = lines[0]?.split(' ') ?? []
  const url = 'http://hello.default.svc.cluster.local'
  const ask = `for i in $(seq 40); do timeout 5 wget -q -O - ${url} && exit 0; sleep 0.2; done; exit 1`
  assert.match(await kubectl('exec', first, '--', 'sh', '-c', ask), /Hello from pod hello-/)
  for (const node of hosts.nodes) {
    const answer = await fetch(`http://${hostAddress(hosts.config, node.index)}:30080`)
    assert.match(await answer.text(), /Hello from pod hello-/)
  }
})

test('each controller writes as a service account of its own', { timeout: 60_000 }, async () => {
  const managers = await kubectl(
    'get',
    'replicasets',
    '-l',
    'app=hello',
    '-o',
    'jsonpath={.items[*].metadata.name}',
  )
  assert.match(managers, /^hello-/)
  const accounts = await kubectl('get', 'serviceaccounts', '-n', 'kube-system', '-o', 'name')
  for (const name of ['deployment-controller', 'replicaset-controller', 'endpointslice-controller'])
    assert.match(accounts, new RegExp(`^serviceaccount/${name}$`, 'm'))
  for (const [verb, what, expected] of [
    ['create', 'replicasets.apps', 'yes'],
    ['create', 'secrets', 'no'],
  ] as const) {
    const as = 'system:serviceaccount:kube-system:deployment-controller'
    const answer = await kubectl.try('auth', 'can-i', verb, what, '--as', as)
    assert.equal(answer.stdout.trim(), expected)
  }
})

test('what nodes and pods use is shown, and only by way of the API server', { timeout: 60_000 }, async () => {
  const nodes = await untilWorks(() => kubectl('top', 'nodes', '--no-headers'))
  for (const { name } of hosts.nodes) assert.match(nodes, new RegExp(`^${name} +\\d+m +\\d+% +\\d+Mi`, 'm'))
  assert.match(await kubectl('top', 'pods', '-l', 'app=hello'), /^hello-\S+ +\d+m +\d+Mi/m)
  const server = '{.subsets[0].addresses[0].ip}:{.subsets[0].ports[0].port}'
  const address = await kubectl(
    'get',
    'endpoints',
    '-n',
    'kube-system',
    'metrics-server',
    '-o',
    `jsonpath=${server}`,
  )
  const stranger = request(`https://${address}/apis/metrics.k8s.io/v1beta1`, { rejectUnauthorized: false })
  stranger.end()
  const [error] = (await once(stranger, 'error')) as [Error]
  assert.match(error.message, /certificate required|ECONNRESET|socket hang up/)
})

test('a deleted namespace goes with all that is in it', { timeout: 90_000 }, async () => {
  await kubectl('create', 'namespace', 'passing')
  await kubectl('create', 'deployment', 'web', '-n', 'passing', '--image=k8ts.dev/hello:1', '--replicas=0')
  await kubectl('rollout', 'status', 'deployment/web', '-n', 'passing', '--timeout=60s')
  await kubectl('delete', 'namespace', 'passing', '--timeout=60s')
  assert.equal(await kubectl('get', 'namespace', 'passing', '--ignore-not-found', '-o', 'name'), '')
})

test('nobody has asked for what he may not have', async () => {
  const { logDir } = hosts.layout
  const refused: string[] = []
  for (const name of await readdir(logDir)) {
    const lines = (await readFile(path.join(logDir, name), 'utf8')).split('\n')
    refused.push(
      ...lines.filter((line) => /forbidden|Unauthorized/.test(line)).map((line) => `${name}: ${line}`),
    )
  }
  assert.deepEqual(refused, [])
})
