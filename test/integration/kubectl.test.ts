// The real kubectl against a real server: the everyday verbs, over TLS, with the access control of a cluster.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { findKubectl } from '#cluster/kubectl.ts'

let api: TestApiServer
let folder: string
let program: string

before(async () => {
  api = await startTestApiServer({ tls: true, secured: true })
  program = await findKubectl()
  folder = await mkdtemp(path.join(tmpdir(), 'k8ts-kubectl-'))
})

after(async () => {
  await api.stop()
  await rm(folder, { recursive: true, force: true })
})

interface Output {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs kubectl with a cache of its own. */
function run(...args: readonly string[]): Promise<Output> {
  const all = ['--kubeconfig', api.kubeconfig, '--cache-dir', path.join(folder, 'cache'), ...args]
  return new Promise((resolve) => {
    execFile(program, all, { timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr })
    })
  })
}

async function kubectl(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args)
  assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}`)
  return stdout
}

async function manifest(name: string, text: string): Promise<string> {
  const file = path.join(folder, `${name}.yaml`)
  await writeFile(file, text)
  return file
}

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: "example.com/web:1"}]}
`

test('apply creates, sees no difference, and changes', async () => {
  const file = await manifest('web', DEPLOYMENT)
  assert.match(await kubectl('apply', '-f', file), /deployment\.apps\/web created/)
  assert.match(await kubectl('apply', '-f', file), /deployment\.apps\/web unchanged/)
  const changed = await manifest('web2', DEPLOYMENT.replace('replicas: 2', 'replicas: 3'))
  assert.equal((await run('diff', '-f', changed)).code, 1)
  assert.match(await kubectl('apply', '-f', changed), /configured/)
  assert.equal(await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}'), '3')
})

test('apply refuses what the schema does not know', async () => {
  const file = await manifest('unknown', DEPLOYMENT.replace('replicas: 2', 'replicass: 2'))
  const { code, stderr } = await run('apply', '-f', file)
  assert.equal(code, 1)
  assert.match(stderr, /unknown field "spec\.replicass"/)
})

test('get prints tables, names, YAML and custom columns', async () => {
  await kubectl('create', 'configmap', 'printed', '--from-literal=a=1')
  assert.match(await kubectl('get', 'configmap', 'printed'), /NAME +DATA +AGE\nprinted +1 /)
  assert.equal(await kubectl('get', 'cm', 'printed', '-o', 'name'), 'configmap/printed\n')
  assert.match(await kubectl('get', 'cm', 'printed', '-o', 'yaml'), /data:\n {2}a: "1"\nkind: ConfigMap/)
  const columns = await kubectl(
    'get',
    'cm',
    'printed',
    '--no-headers',
    '-o',
    'custom-columns=N:.metadata.name',
  )
  assert.equal(columns, 'printed\n')
})

test('label, annotate, patch, scale, set image, delete', async () => {
  await kubectl('create', 'deployment', 'verbs', '--image=example.com/web:1')
  await kubectl('label', 'deployment', 'verbs', 'tier=front')
  await kubectl('annotate', 'deployment', 'verbs', 'note=yes')
  await kubectl('patch', 'deployment', 'verbs', '-p', '{"spec":{"paused":true}}')
  await kubectl('scale', 'deployment', 'verbs', '--replicas=4')
  await kubectl('set', 'image', 'deployment/verbs', 'web=example.com/web:2')
  const fields =
    '{.metadata.labels.tier} {.metadata.annotations.note} {.spec.paused} {.spec.replicas} {..image}'
  assert.equal(
    await kubectl('get', 'deployment', 'verbs', '-o', `jsonpath=${fields}`),
    'front yes true 4 example.com/web:2',
  )
  assert.match(await kubectl('delete', 'deployment', 'verbs'), /deleted/)
})

test('wait and watch see changes', async () => {
  const waiting = kubectl('wait', '--for=create', 'configmap/awaited', '--timeout=20s')
  await kubectl('create', 'configmap', 'awaited')
  await waiting
  const gone = kubectl('wait', '--for=delete', 'configmap/awaited', '--timeout=20s')
  await kubectl('delete', 'configmap', 'awaited')
  await gone
})

test('explain, api-resources, api-versions, version, cluster-info', async () => {
  assert.match(await kubectl('explain', 'deployment.spec.strategy'), /FIELD: strategy <DeploymentStrategy>/)
  assert.match(await kubectl('explain', 'pod', '--recursive'), /containers\t<\[\]Container> -required-/)
  assert.match(await kubectl('api-resources'), /deployments +deploy +apps\/v1 +true +Deployment/)
  assert.match(await kubectl('api-versions'), /^networking\.k8s\.io\/v1$/m)
  assert.match(await kubectl('version'), /Server Version: v1\.36/)
})

test('auth: whoami, can-i, as somebody else', async () => {
  assert.match(await kubectl('auth', 'whoami'), /Username +admin/)
  assert.equal(await kubectl('auth', 'can-i', 'create', 'pods'), 'yes\n')
  const bob = await run('auth', 'can-i', 'create', 'pods', '--as', 'bob')
  assert.equal(bob.stdout, 'no\n')
  const refused = await run('get', 'secrets', '--as', 'bob')
  assert.match(refused.stderr, /secrets is forbidden: User "bob" cannot list resource "secrets"/)
  await kubectl('create', 'role', 'reader', '--verb=get,list', '--resource=pods')
  await kubectl('create', 'rolebinding', 'bob-reads', '--role=reader', '--user=bob')
  assert.equal(await kubectl('auth', 'can-i', 'list', 'pods', '--as', 'bob'), 'yes\n')
})

test('a service gets an address, a token is made and reviewed', async () => {
  await kubectl('create', 'service', 'clusterip', 'addressed', '--tcp=80:80')
  assert.match(
    await kubectl('get', 'svc', 'addressed', '-o', 'jsonpath={.spec.clusterIP}'),
    /^10\.96\.\d+\.\d+$/,
  )
  await kubectl('create', 'serviceaccount', 'robot')
  const token = (await kubectl('create', 'token', 'robot')).trim()
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } }
  const file = await manifest('review', JSON.stringify(review))
  const user = await kubectl('create', '-f', file, '-o', 'jsonpath={.status.user.username}')
  assert.equal(user, 'system:serviceaccount:default:robot')
})

test('errors are those of Kubernetes', async () => {
  const missing = await run('get', 'configmap', 'missing')
  assert.equal(missing.stderr, 'Error from server (NotFound): configmaps "missing" not found\n')
  const unknown = await run('get', 'nothings')
  assert.match(unknown.stderr, /the server doesn't have a resource type "nothings"/)
  const twice = await run('create', 'namespace', 'default')
  assert.equal(twice.stderr, 'Error from server (AlreadyExists): namespaces "default" already exists\n')
})
