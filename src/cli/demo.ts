// What `npm start` shows: a cluster of two nodes, the example applied by kubectl, and who answers.
//
// cluster ▶ kubectl apply ▶ pods ready on both nodes ▶ by cluster address and by name from inside a pod ▶ by
// node port from the machine. It waits by watching (kubectl wait), and can be run again.

import path from 'node:path'
import { createProgress } from '#cli/progress.ts'
import { SELF } from '#cli/self.ts'
import { findKubectl } from '#cluster/kubectl.ts'
import { up } from '#cluster/up.ts'
import { UserError } from '#cluster/user-error.ts'
import { CommandError, run } from '#sys/process.ts'

const MANIFEST = path.join(import.meta.dirname, '..', '..', 'example-deployment.yaml')
const QUESTIONS = 6
const WAIT = '--timeout=90s'

async function demo(): Promise<void> {
  const progress = createProgress()
  const cluster = await up({ nodes: 2, self: SELF, progress })
  progress.step('looking for kubectl')
  const program = await findKubectl()
  const env = { ...process.env, KUBECONFIG: cluster.layout.adminKubeconfig }
  const kubectl = async (...args: readonly string[]) =>
    (await run(program, args, { env, timeoutMs: 120_000 })).stdout

  progress.step('kubectl apply -f example-deployment.yaml')
  await kubectl('apply', '-f', MANIFEST)
  progress.step('waiting for its pods')
  await kubectl('rollout', 'status', 'deployment/hello', WAIT)
  const pods = await kubectl('get', 'pods', '-l', 'app=hello', '-o', 'wide')
  const [asker = ''] = (await kubectl('get', 'pods', '-l', 'app=hello', '-o', 'name')).split('\n')
  const address = await kubectl('get', 'service', 'hello', '-o', 'jsonpath={.spec.clusterIP}')

  progress.step('asking the Service')
  const inside = (url: string) =>
    kubectl(
      'exec',
      asker,
      '--',
      'sh',
      '-c',
      `for i in $(seq ${QUESTIONS}); do timeout 5 wget -q -O - ${url}; done`,
    )
  const answers: readonly (readonly [string, string])[] = [
    [`from inside a pod, by ClusterIP http://${address}`, await inside(`http://${address}`)],
    [
      'from inside a pod, by name http://hello.default.svc.cluster.local',
      await inside('http://hello.default.svc.cluster.local'),
    ],
    ['from this machine, by node port http://127.0.0.1:30080', await askFromHere('http://127.0.0.1:30080')],
  ]
  progress.done('the example answers')
  process.stdout.write(`\n${pods}\n`)
  for (const [how, text] of answers) process.stdout.write(`${how}\n${text.trim().replace(/^/gm, '  ')}\n\n`)
  process.stdout.write(
    'The cluster goes on: try kubectl get all, k8ts status, and npm stop to take it down.\n',
  )
}

async function askFromHere(url: string): Promise<string> {
  const answers: string[] = []
  for (let i = 0; i < QUESTIONS; i++) {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(5_000),
      headers: { connection: 'close' },
    })
    answers.push((await response.text()).trim())
  }
  return answers.join('\n')
}

try {
  await demo()
  process.exit(0)
} catch (error) {
  const isExplained = error instanceof UserError || error instanceof CommandError
  process.stderr.write(`k8ts: ${isExplained ? error.message : String((error as Error).stack)}\n`)
  process.exit(1)
}
