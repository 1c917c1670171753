// A real etcd on loopback in a directory of its own, for tests and measurements.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { freePort } from '#sys/ports.ts'

export const ETCD_BINARY = '/usr/bin/etcd'

export const hasEtcd = (): boolean => existsSync(ETCD_BINARY)

export interface TestEtcd {
  readonly endpoint: string
  /** Kills it as a power cut would. */
  kill(): Promise<void>
  /** Starts it again on the same data and address. */
  start(): Promise<void>
  /** Ends it and removes its data. */
  stop(): Promise<void>
}

export interface TestEtcdOptions {
  /** PEM files for TLS with client certificates. */
  readonly tls?: { readonly caFile: string; readonly certFile: string; readonly keyFile: string }
}

/** Starts one; resolves when it says that it serves. */
export async function startTestEtcd(options: TestEtcdOptions = {}): Promise<TestEtcd> {
  const directory = await mkdtemp(path.join(tmpdir(), 'k8ts-etcd-'))
  const [clientPort, peerPort] = await Promise.all([freePort(), freePort()])
  const scheme = options.tls ? 'https' : 'http'
  const endpoint = `${scheme}://127.0.0.1:${clientPort}`
  const peer = `http://127.0.0.1:${peerPort}`
  const flags = [
    `--data-dir=${directory}`,
    `--listen-client-urls=${endpoint}`,
    `--advertise-client-urls=${endpoint}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--log-level=info',
    ...(options.tls
      ? [
          `--cert-file=${options.tls.certFile}`,
          `--key-file=${options.tls.keyFile}`,
          `--trusted-ca-file=${options.tls.caFile}`,
          '--client-cert-auth',
        ]
      : []),
  ]
  let child: ChildProcess | undefined

  async function start(): Promise<void> {
    // the kernel ends it should this process die before it can
    const command = ['--pdeathsig', 'KILL', ETCD_BINARY, ...flags]
    child = spawn('setpriv', command, { stdio: ['ignore', 'ignore', 'pipe'] })
    await ready(child)
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await once(child, 'exit')
  }

  await start()
  return {
    endpoint,
    start,
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM')
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Reads its log until it serves clients. */
function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      if (log === 'done') return
      log += chunk.toString('utf8')
      if (!/serving (insecure )?client requests|serving client traffic/.test(log)) return
      log = 'done'
      resolve()
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`etcd ended with ${code}: ${log}`)))
  })
}
