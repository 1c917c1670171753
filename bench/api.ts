// Measures API servers through TLS: k8ts, and the original beside it in the same run where its program is at hand.
//
// Run: `npm run bench -- api [--kube-apiserver FILE [--etcd FILE]] [--kubeconfig FILE]… [--only TEXT]…`. Clients are
// processes of their own: @kubernetes/client-node as it is, and plain HTTP in JSON and protobuf. Each line is measured
// of one server right after the other, so that a machine whose speed drifts does not favour either. A kubeconfig names
// a server that runs already, and which then keeps the namespaces `bench-…`. Beside the others' figures stand two ratios:
// throughput (where the pace is given, as for watchers: half of all delays), and processor time of the server for each, which also means something on a machine that is not idle.

import { parseArgs } from 'node:util'
import { filling, type Line, measure, type Subject, subjects } from '#bench/api/measure.ts'
import { runningServer, type Server, startK8ts, startKubeApiserver } from '#bench/api/servers.ts'
import { shown } from '#bench/api/statistics.ts'

const { values } = parseArgs({
  options: {
    'kube-apiserver': { type: 'string' },
    etcd: { type: 'string', default: '/usr/bin/etcd' },
    kubeconfig: { type: 'string', multiple: true, default: [] },
    only: { type: 'string', multiple: true, default: [] },
  },
})

const print = (text: string) => process.stdout.write(`${text}\n`)
const cells = (texts: readonly string[]): string => texts.map((text) => text.padStart(9)).join('')
const NAME_WIDTH = 48

function printLine(name: string, lines: readonly Line[]): void {
  const [first, ...others] = lines
  const figures = lines.map((line) => cells([line.perSecond, line.p50, line.p99, line.cpuMsEach].map(shown)))
  const ratios = others.map(({ isPaced, perSecond, p50, cpuMsEach }) => {
    const faster = isPaced ? p50 / first!.p50 : first!.perSecond / perSecond
    return cells([faster, cpuMsEach / first!.cpuMsEach].map((ratio) => `${shown(ratio)}x`))
  })
  print([name.padEnd(NAME_WIDTH), ...figures, ...ratios].join(''))
}

/** What fails at one server is told, and does not take the other lines with it. */
async function measureOrTell(subject: Subject, server: Server): Promise<Line> {
  try {
    return await measure(subject, server)
  } catch (error) {
    print(`${subject.name}: ${server.name} failed: ${error instanceof Error ? error.message : String(error)}`)
    const none = Number.NaN
    return { name: subject.name, isPaced: false, perSecond: none, p50: none, p99: none, cpuMsEach: none }
  }
}

async function measureAll(servers: readonly Server[]): Promise<void> {
  for (const { name, startMs } of servers) {
    if (startMs !== undefined) print(`${name}: ready ${Math.round(startMs)} ms after its start`)
  }
  print(`${''.padEnd(NAME_WIDTH)}${servers.map(({ name }) => name.padStart(36)).join('')}   faster  cheaper`)
  print(
    `${''.padEnd(NAME_WIDTH)}${servers.map(() => cells(['each/s', 'p50 ms', 'p99 ms', 'cpu ms'])).join('')}`,
  )
  const isWanted = ({ name }: Subject): boolean =>
    values.only.length === 0 || values.only.some((text) => name.includes(text))
  for (const subject of [filling, ...subjects().filter(isWanted)]) {
    const lines: Line[] = []
    for (const server of servers) lines.push(await measureOrTell(subject, server))
    printLine(subject.name, lines)
  }
}

const servers: Server[] = []
try {
  const original = values['kube-apiserver']
  if (values.kubeconfig.length === 0 || original !== undefined) servers.push(await startK8ts())
  if (original !== undefined) servers.push(await startKubeApiserver(original, values.etcd))
  for (const file of values.kubeconfig) servers.push(await runningServer(file))
  await measureAll(servers)
} finally {
  for (const server of servers) await server.stop()
}
