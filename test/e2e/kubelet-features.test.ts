// What pods get from their kubelet: volumes that follow their objects, streams, resources changed in place, an order
// of ending. One node, real containers, the real kubectl.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { BUSYBOX_IMAGE, HELLO_IMAGE } from '#cluster/images/names.ts'
import { findKubectl } from '#cluster/kubectl.ts'
import { nodeLayout } from '#cluster/layout.ts'
import { startCluster, type TestCluster } from '#cluster/start-cluster.ts'
import { askSupervisor } from '#cluster/supervisor/control-socket.ts'
import { enterArguments } from '#sys/namespaces.ts'
import { run } from '#sys/process.ts'
import { type Kubectl, kubectlFor } from '#test/e2e/kubectl.ts'

let cluster: TestCluster
let kubectl: Kubectl

before(async () => {
  cluster = await startCluster({ nodes: 1 })
  kubectl = await kubectlFor(cluster.kubeconfig)
})

after(async () => {
  await cluster?.stop()
})

const FOREVER = 'trap "exit 0" TERM; while true; do sleep 0.2; done'

function podOf(name: string, container: object, spec: object = {}): object {
  const common = { image: BUSYBOX_IMAGE, imagePullPolicy: 'Never', command: ['sh', '-c', FOREVER] }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 5,
      containers: [{ name: 'main', ...common, ...container }],
      ...spec,
    },
  }
}

async function start(pod: object): Promise<void> {
  const { name } = (pod as { metadata: { name: string } }).metadata
  await kubectl.apply(pod)
  await kubectl('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s')
}

const inside = async (pod: string, script: string): Promise<string> =>
  (await kubectl('exec', pod, '--', 'sh', '-c', script)).trim()

async function until(check: () => Promise<boolean>, what: string, seconds = 30): Promise<void> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(200)) if (await check()) return
  assert.fail(`${what}: not within ${seconds} s`)
}

test('volumes show what their objects hold, and follow them', { timeout: 120_000 }, async () => {
  await kubectl.apply([
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cm' }, data: { a: 'one', b: 'two' } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'hidden' }, stringData: { key: 'secret' } },
  ])
  const mount = (name: string, more: object = {}) => ({ name, mountPath: `/v/${name}`, ...more })
  await start(
    podOf(
      'volumes',
      {
        volumeMounts: [
          mount('cm'),
          mount('secret'),
          mount('memory'),
          mount('all'),
          { name: 'cm', mountPath: '/v/one-file', subPath: 'a' },
          { name: 'shared', mountPath: '/v/sub', subPathExpr: 'x/$(NAME)' },
        ],
        env: [{ name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
      },
      {
        securityContext: { fsGroup: 1234 },
        volumes: [
          { name: 'cm', configMap: { name: 'cm' } },
          { name: 'secret', secret: { secretName: 'hidden', defaultMode: 0o400 } },
          { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
          { name: 'shared', emptyDir: {} },
          {
            name: 'all',
            projected: {
              sources: [
                { serviceAccountToken: { path: 'token', expirationSeconds: 600 } },
                { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
              ],
            },
          },
        ],
      },
    ),
  )
  assert.equal(await inside('volumes', 'cat /v/cm/a /v/secret/key /v/one-file'), 'onesecretone')
  assert.match(await inside('volumes', 'ls -lL /v/secret/key'), /^-r--r----- .* 1234 /)
  assert.match(await inside('volumes', 'grep " /v/memory " /proc/mounts'), /^tmpfs .*size=1024k/)
  assert.equal(
    await inside('volumes', 'touch /v/sub/f && ls -d /v/sub/f && stat -c %g /v/sub/f'),
    '/v/sub/f\n1234',
  )
  assert.equal((await inside('volumes', 'cat /v/all/token')).split('.').length, 3)

  await kubectl('patch', 'configmap', 'cm', '-p', '{"data":{"a":"new"}}')
  await kubectl('label', 'pod', 'volumes', 'colour=red')
  await until(async () => (await inside('volumes', 'cat /v/cm/a')) === 'new', 'the ConfigMap in the volume')
  await until(
    async () => (await inside('volumes', 'cat /v/all/labels')).includes('colour="red"'),
    'the label',
  )
  assert.equal(await inside('volumes', 'cat /v/one-file'), 'one')
})

test('streams: exec with input, logs that follow, ports', { timeout: 120_000 }, async () => {
  const serve = 'mkdir /w; echo served > /w/index.html; httpd -p 8080 -h /w; echo ready; echo bad >&2; '
  await start(podOf('streams', { command: ['sh', '-c', serve + FOREVER] }))
  const program = await findKubectl()
  const env = { ...process.env, KUBECONFIG: cluster.kubeconfig }
  const cat = spawn(program, ['exec', '-i', 'streams', '--', 'sh', '-c', 'cat; echo done; exit 7'], { env })
  let output = ''
  cat.stdout.on('data', (chunk) => {
    output += chunk
  })
  cat.stdin.end('x'.repeat(300_000))
  const [code] = (await once(cat, 'close')) as [number]
  assert.deepEqual([output.length, output.slice(-5), code], [300_005, 'done\n', 7])

  // Two pipes carry them: nothing says which of the two lines is read first.
  const lines = (await kubectl('logs', 'streams')).split('\n')
  assert.deepEqual(lines.toSorted(), ['', 'bad', 'ready'])
  assert.equal(await kubectl('logs', 'streams', '--tail=1'), `${lines[1]}\n`)

  for (const websockets of ['true', 'false']) {
    const forward = spawn(program, ['port-forward', 'pod/streams', ':8080'], {
      env: { ...env, KUBECTL_PORT_FORWARD_WEBSOCKETS: websockets },
    })
    const [line] = (await once(forward.stdout, 'data')) as [Buffer]
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(line.toString())?.[1])
    assert.equal(await page(port), 'served\n')
    forward.kill()
    await once(forward, 'close')
  }
})

async function page(port: number): Promise<string> {
  const request = http.get({ host: '127.0.0.1', port, agent: false })
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  return text(response)
}

test('resources of a running container change in place', { timeout: 120_000 }, async () => {
  const resources = { requests: { cpu: '50m' }, limits: { cpu: '100m', memory: '64Mi' } }
  await start(podOf('resized', { resources }))
  const patch = {
    spec: { containers: [{ name: 'main', resources: { limits: { cpu: '200m', memory: '128Mi' } } }] },
  }
  await kubectl('patch', 'pod', 'resized', '--subresource', 'resize', '-p', JSON.stringify(patch))
  const field = (path: string) => kubectl('get', 'pod', 'resized', '-o', `jsonpath={.status.${path}}`)
  await until(
    async () => (await field('containerStatuses[0].resources.limits.cpu')) === '200m',
    'the new limit',
  )
  assert.equal(await field('containerStatuses[0].restartCount'), '0')
  const limit = 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max'
  assert.equal(await inside('resized', limit), String(128 * 1024 * 1024))
})

test('sidecars end after the containers that they serve', { timeout: 120_000 }, async () => {
  const note = (who: string) => `trap "echo ${who} >> /v/order; exit 0" TERM; while true; do sleep 0.2; done`
  const common = {
    image: BUSYBOX_IMAGE,
    imagePullPolicy: 'Never',
    volumeMounts: [{ name: 'v', mountPath: '/v' }],
  }
  await start(
    podOf(
      'ordered',
      { ...common, command: ['sh', '-c', note('main')] },
      {
        volumes: [
          { name: 'v', hostPath: { path: `${cluster.layout.dataDir}/order`, type: 'DirectoryOrCreate' } },
        ],
        initContainers: ['first', 'second'].map((name) => ({
          ...common,
          name,
          restartPolicy: 'Always',
          command: ['sh', '-c', note(name)],
        })),
      },
    ),
  )
  await kubectl('delete', 'pod', 'ordered')
  await start(
    podOf('reader', common, {
      volumes: [{ name: 'v', hostPath: { path: `${cluster.layout.dataDir}/order`, type: 'Directory' } }],
    }),
  )
  assert.equal(await inside('reader', 'cat /v/order'), 'main\nsecond\nfirst')
})

test('an image that cannot be pulled is tried again, with growing waits', { timeout: 60_000 }, async () => {
  await kubectl.apply(podOf('unpulled', { image: '127.0.0.1:1/none:1', imagePullPolicy: 'Always' }))
  const waiting = () =>
    kubectl('get', 'pod', 'unpulled', '-o', 'jsonpath={.status.containerStatuses[0].state.waiting.reason}')
  await until(async () => ['ErrImagePull', 'ImagePullBackOff'].includes(await waiting()), 'the first failure')
  await until(async () => (await waiting()) === 'ImagePullBackOff', 'the wait')
  const events = await kubectl('get', 'events', '--field-selector', 'involvedObject.name=unpulled')
  for (const words of [
    'Pulling image "127.0.0.1:1/none:1"',
    'Failed to pull image',
    'Error: ErrImagePull',
    'Back-off',
  ]) {
    assert.ok(events.includes(words), `${words} in ${events}`)
  }
})

/** Killed as by an accident; the supervisor starts another. */
async function killNodeProcess(): Promise<void> {
  const find = async () =>
    (await askSupervisor(cluster.layout.supervisorSocket, 'status'))?.processes.find(
      ({ name }) => name === 'node-1',
    )
  const before = await find()
  process.kill(before?.pid ?? 0, 'SIGKILL')
  await until(async () => {
    const now = await find()
    return now?.isRunning === true && now.pid !== before?.pid
  }, 'another node process')
}

const imageMounts = async (): Promise<number> => {
  const node = nodeLayout(cluster.layout, 1)
  const list = enterArguments(node.netNamespace, node.mountNamespace, ['cat', '/proc/self/mountinfo'])
  const { stdout } = await run('nsenter', list)
  return stdout.split('\n').filter((line) => line.includes('kubernetes.io~image')).length
}

const imageViews = async (): Promise<number> => {
  const { containerdSocket } = nodeLayout(cluster.layout, 1)
  const { stdout } = await run('ctr', ['--address', containerdSocket, '-n', 'k8s.io', 'snapshots', 'ls'])
  return stdout.split('\n').filter((line) => line.startsWith('image-volume-')).length
}

test('images are volumes: read-only, whole or in part, gone with their pod', {
  timeout: 120_000,
}, async () => {
  const mount = (mountPath: string, more: object = {}) => ({ name: 'image', mountPath, ...more })
  const volumes = (reference: string) => ({ volumes: [{ name: 'image', image: { reference } }] })
  const volumeMounts = [mount('/v/all'), mount('/v/part', { subPath: 'bin' })]
  await start(podOf('image', { volumeMounts }, volumes(HELLO_IMAGE)))
  assert.match(await inside('image', 'ls /v/all/bin/busybox /v/part/busybox'), /all.*\n.*part/)
  assert.match(await inside('image', 'touch /v/all/x 2>&1 || true'), /Read-only file system/)

  await kubectl.apply([
    podOf('no-image', { volumeMounts }, volumes('127.0.0.1:1/none:1')),
    podOf('no-part', { volumeMounts: [mount('/v', { subPath: 'nowhere' })] }, volumes(HELLO_IMAGE)),
  ])
  const waiting = (name: string, what: string) =>
    kubectl('get', 'pod', name, '-o', `jsonpath={.status.containerStatuses[0].state.waiting.${what}}`)
  await until(async () => (await waiting('no-image', 'reason')) === 'ErrImagePull', 'the failed pull')
  await until(async () => (await waiting('no-part', 'reason')) === 'CreateContainerError', 'the missing part')
  assert.match(await waiting('no-part', 'message'), /^ImageVolumeMountFailed: /)

  assert.equal(await imageMounts(), 2)
  await killNodeProcess()
  await kubectl('delete', 'pod', 'image', 'no-image', 'no-part', '--wait', '--timeout=60s')
  assert.equal(await imageMounts(), 0)
  assert.equal(await imageViews(), 0)
})
