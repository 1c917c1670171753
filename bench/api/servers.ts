// The servers that are measured: k8ts with its embedded store, and kube-apiserver with etcd on the same certificates.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Connection, connectionOf } from '#bench/api/connection.ts'
import { RawClient } from '#bench/api/raw-client.ts'
import { systemClock } from '#sys/clock.ts'
import { freePort } from '#sys/ports.ts'

export interface Server {
  readonly name: string
  readonly connection: Connection
  /** Its processes; none for a server that was running before. */
  readonly pids: readonly number[]
  /** From its start until /readyz says yes. */
  readonly startMs: number | undefined
  stop(): Promise<void>
}

const START_LIMIT_MS = 60_000
const RETRY_MS = 20
/** Stands in the endpoints of the service `kubernetes`, which nobody calls here. */
const ADVERTISED = '192.0.2.1'
const ROOT = path.join(import.meta.dirname, '..', '..', '..')

/** A server that runs already; it is left as it was, but for the namespaces of the measurement. */
export async function runningServer(kubeconfigFile: string): Promise<Server> {
  const connection = await connectionOf(kubeconfigFile)
  return { name: connection.server, connection, pids: [], startMs: undefined, stop: async () => undefined }
}

/** k8ts' API server alone, on data of its own. */
export async function startK8ts(): Promise<Server> {
  const directory = await mkdtemp(path.join(tmpdir(), 'k8ts-bench-api-'))
  const port = await freePort()
  const pki = path.join(directory, 'pki')
  const launch = () =>
    spawn(
      process.execPath,
      [
        ...[path.join(ROOT, 'bin', 'k8ts.mjs'), 'apiserver'],
        ...['--data-dir', directory, '--port', String(port), '--bind-address', '127.0.0.1'],
        ...['--advertise-address', ADVERTISED],
      ],
      { stdio: ['ignore', 'ignore', openSync(path.join(directory, 'log'), 'a')] },
    )
  // the first start makes the certificates, which is not what is measured
  const first = launch()
  await ready(first, () => connect(pki, port))
  await end(first)
  const since = systemClock.monotonic()
  const child = launch()
  const connection = await ready(child, () => connect(pki, port))
  const startMs = systemClock.monotonic() - since
  return {
    name: 'k8ts',
    connection,
    pids: [child.pid!],
    startMs,
    async stop() {
      await end(child)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** The original, as its users start it; certificates come from a k8ts that has run once. */
export async function startKubeApiserver(binary: string, etcdBinary: string): Promise<Server> {
  const seed = await startK8tsPki()
  const { directory, pki } = seed
  const [etcdPort, peerPort, port] = [await freePort(), await freePort(), await freePort()]
  const etcdUrl = `http://127.0.0.1:${etcdPort}`
  const log = openSync(path.join(directory, 'log'), 'a')
  const etcd = spawn(
    etcdBinary,
    [
      ...['--data-dir', path.join(directory, 'etcd'), '--quota-backend-bytes', '8589934592'],
      ...['--listen-client-urls', etcdUrl, '--advertise-client-urls', etcdUrl],
      ...['--listen-peer-urls', `http://127.0.0.1:${peerPort}`],
    ],
    { stdio: ['ignore', 'ignore', log] },
  )
  const file = (name: string) => path.join(pki, name)
  const since = systemClock.monotonic()
  const child = spawn(
    binary,
    [
      `--etcd-servers=${etcdUrl}`,
      ...[`--secure-port=${port}`, '--bind-address=127.0.0.1', '--authorization-mode=Node,RBAC'],
      ...[`--client-ca-file=${file('ca.crt')}`, `--tls-cert-file=${file('apiserver.crt')}`],
      ...[`--tls-private-key-file=${file('apiserver.key')}`, '--service-cluster-ip-range=10.96.0.0/16'],
      ...[
        `--service-account-key-file=${file('sa.pub')}`,
        `--service-account-signing-key-file=${file('sa.key')}`,
      ],
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    ],
    { stdio: ['ignore', 'ignore', log] },
  )
  const connection = await ready(child, () => connect(pki, port))
  return {
    name: 'kube-apiserver',
    connection,
    pids: [child.pid!, etcd.pid!],
    startMs: systemClock.monotonic() - since,
    async stop() {
      await end(child)
      await end(etcd)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** A directory with certificates and nothing that runs. */
async function startK8tsPki(): Promise<{ readonly directory: string; readonly pki: string }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'k8ts-bench-api-'))
  const port = await freePort()
  const command = [path.join(ROOT, 'bin', 'k8ts.mjs'), 'apiserver', '--data-dir', directory]
  const options = ['--port', String(port), '--advertise-address', ADVERTISED]
  const child = spawn(process.execPath, [...command, ...options], { stdio: 'ignore' })
  const pki = path.join(directory, 'pki')
  await ready(child, () => connect(pki, port))
  await end(child)
  return { directory, pki }
}

async function connect(pki: string, port: number): Promise<Connection> {
  const read = (name: string) => readFile(path.join(pki, name), 'utf8')
  const connection = {
    server: `https://127.0.0.1:${port}`,
    authority: await read('ca.crt'),
    certificate: await read('admin.crt'),
    key: await read('admin.key'),
  }
  const client = new RawClient(connection, 1)
  try {
    const { code } = await client.request({ method: 'GET', path: '/readyz' })
    if (code !== 200) throw new Error(`/readyz says ${code}`)
  } finally {
    client.close()
  }
  return connection
}

async function ready<T>(child: ChildProcess, attempt: () => Promise<T>): Promise<T> {
  const limit = systemClock.monotonic() + START_LIMIT_MS
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
      if (systemClock.monotonic() > limit) throw error
      await systemClock.sleep(RETRY_MS)
    }
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}
