// How the command line speaks to a running supervisor: one line of JSON each way over a unix socket.
//
// Only root reaches it: the folder that it lies in is 0700.

import { rm } from 'node:fs/promises'
import net from 'node:net'
import type { ChildStatus } from '#cluster/supervisor/child.ts'

export type ControlRequest = 'status' | 'stop'

export interface SupervisorStatus {
  readonly pid: number
  readonly processes: readonly ChildStatus[]
  /** What keeps the hosts from being ready; '' when nothing does. */
  readonly problem: string
}

const REQUEST_BOUND = 64
const TIMEOUT_MS = 60_000
/** No socket, nobody behind it, or somebody who is just dying. */
const NOBODY_THERE: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'])

export async function serveControl(
  socketPath: string,
  handle: (request: ControlRequest) => Promise<SupervisorStatus>,
): Promise<net.Server> {
  await rm(socketPath, { force: true })
  const server = net.createServer((socket) => {
    let text = ''
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      text += chunk.toString()
      if (text.length > REQUEST_BOUND) socket.destroy()
      else if (text.endsWith('\n')) void answer(socket, text.trim() as ControlRequest)
    })
  })
  async function answer(socket: net.Socket, request: ControlRequest): Promise<void> {
    try {
      socket.end(`${JSON.stringify(await handle(request))}\n`)
    } catch (error) {
      socket.end(`${JSON.stringify({ error: error instanceof Error ? error.message : String(error) })}\n`)
    }
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socketPath, resolve)
  })
  return server
}

/** Asks the supervisor; undefined when none is there. */
export function askSupervisor(
  socketPath: string,
  request: ControlRequest,
): Promise<SupervisorStatus | undefined> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(socketPath)
    let text = ''
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('the supervisor does not answer')))
    socket.once('connect', () => socket.write(`${request}\n`))
    socket.on('data', (chunk) => (text += chunk.toString()))
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (NOBODY_THERE.has(error.code ?? '')) resolve(undefined)
      else reject(error)
    })
    socket.once('close', () => {
      if (text === '') resolve(undefined)
      else resolve(JSON.parse(text) as SupervisorStatus)
    })
  })
}
