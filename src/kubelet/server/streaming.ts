// exec, attach and portForward: finds the container, asks the runtime for a URL, and ties the client to it.
//
// SPDY goes through as it is; WebSocket is translated (remote-command.ts, port-forward.ts).
// Upstream: pkg/kubelet/server/server.go (getExec, getAttach, getPortForward)

import http, { type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ExecStreams } from '#kubelet/cri/runtime.ts'
import { findContainer } from '#kubelet/pods/pod-spec.ts'
import { latestContainer, type RuntimePod } from '#kubelet/runtime/runtime-pod.ts'
import { forwardChannels, TUNNEL, tunnelPorts } from '#kubelet/server/port-forward.ts'
import { translateCommand } from '#kubelet/server/remote-command.ts'
import { HttpError, type ServerContext } from '#kubelet/server/server-context.ts'
import { chooseProtocol } from '#kubelet/server/websocket-channels.ts'
import { acceptWebSocket } from '#kubelet/server/websocket-server.ts'

/** A connection that asks to be switched to another protocol. */
export interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
}

/** `path` is without the first part: namespace, pod, (uid,) container. Throws HttpError before anything was answered. */
export async function serveCommand(
  context: ServerContext,
  kind: 'exec' | 'attach',
  path: readonly string[],
  query: URLSearchParams,
  upgrade: Upgrade,
): Promise<void> {
  const [namespace = '', podName = ''] = path
  const name = path.at(-1) ?? ''
  const runtimePod = runningPod(context, namespace, podName)
  const container = latestContainer(runtimePod, name)
  if (container?.state !== 'running') throw new HttpError(500, `container not found ("${name}")`)
  const pod = context.podNamed(namespace, podName)
  const flag = (parameter: string): boolean => ['1', 'true'].includes(query.get(parameter) ?? '')
  const isTty = kind === 'attach' ? (pod && findContainer(pod, name)?.tty) === true : flag('tty')
  const streams: ExecStreams = {
    stdin: flag('input'),
    stdout: flag('output'),
    // A terminal has one output.
    stderr: flag('error') && !isTty,
    tty: isTty,
  }
  if (!streams.stdin && !streams.stdout && !streams.stderr) {
    throw new HttpError(400, 'you must specify at least 1 of stdin, stdout, stderr')
  }
  const url =
    kind === 'exec'
      ? await context.runtime.execURL(container.id, query.getAll('command'), streams)
      : await context.runtime.attachURL(container.id, streams)
  if (!isWebSocket(upgrade)) return passThrough(url, upgrade)
  const protocol = chooseProtocol(upgrade.request.headers['sec-websocket-protocol'])
  if (!protocol) throw new HttpError(400, 'unable to negotiate a WebSocket subprotocol')
  const webSocket = await acceptWebSocket(upgrade.request, upgrade.socket, upgrade.head, protocol.name)
  await translateCommand(webSocket, protocol, url, streams)
}

export async function servePortForward(
  context: ServerContext,
  [namespace = '', podName = '']: readonly string[],
  query: URLSearchParams,
  upgrade: Upgrade,
): Promise<void> {
  const sandbox = runningPod(context, namespace, podName).sandboxes[0]
  if (!sandbox) throw new HttpError(500, `failed to find sandboxID for pod ${podName}_${namespace}`)
  const ports = query
    .getAll('port')
    .flatMap((text) => text.split(','))
    .map(Number)
    .filter((port) => port > 0)
  const url = await context.runtime.portForwardURL(sandbox.id, ports)
  if (!isWebSocket(upgrade)) return passThrough(url, upgrade)
  const offered = upgrade.request.headers['sec-websocket-protocol'] ?? ''
  if (offered.split(',').some((name) => name.trim() === TUNNEL)) {
    const webSocket = await acceptWebSocket(upgrade.request, upgrade.socket, upgrade.head, TUNNEL)
    return await tunnelPorts(webSocket, url)
  }
  const protocol = chooseProtocol(offered)
  if (!protocol) throw new HttpError(400, 'unable to negotiate a WebSocket subprotocol')
  if (ports.length === 0) throw new HttpError(400, 'query parameter "port" is required')
  const webSocket = await acceptWebSocket(upgrade.request, upgrade.socket, upgrade.head, protocol.name)
  await forwardChannels(webSocket, protocol, url, ports)
}

function runningPod(context: ServerContext, namespace: string, podName: string): RuntimePod {
  const pod = context.podNamed(namespace, podName)
  if (!pod) throw new HttpError(404, 'pod does not exist')
  const runtimePod = context.runtimePod(pod.metadata?.uid ?? '')
  if (!runtimePod) throw new HttpError(500, `pod "${podName}" is not running`)
  return runtimePod
}

const isWebSocket = ({ request }: Upgrade): boolean => request.headers.upgrade?.toLowerCase() === 'websocket'

/** The same request to the runtime's URL; when it switches, both sockets are tied together. */
function passThrough(url: string, { request, socket, head }: Upgrade): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = forwardedHeaders(request)
    const outgoing = http.request(url, { method: request.method ?? 'POST', headers, agent: false })
    outgoing.once('error', (error) =>
      reject(new HttpError(500, `cannot reach the runtime: ${error.message}`)),
    )
    outgoing.once('response', (answer) => {
      socket.write(headOf(answer))
      answer.pipe(socket)
      answer.once('end', resolve)
    })
    outgoing.once('upgrade', (answer, target, targetHead) => {
      socket.write(headOf(answer))
      if (targetHead.length > 0) socket.write(targetHead)
      if (head.length > 0) target.write(head)
      tie(socket, target)
      socket.once('close', resolve)
    })
    outgoing.end()
  })
}

/** Protocols are offered one a header, but arrive joined; the runtime wants them apart again. */
function forwardedHeaders(request: IncomingMessage): http.OutgoingHttpHeaders {
  const { host: _host, authorization: _authorization, ...headers } = request.headers
  const offered = request.headers['x-stream-protocol-version']
  if (typeof offered !== 'string') return headers
  return { ...headers, 'x-stream-protocol-version': offered.split(',').map((name) => name.trim()) }
}

function headOf(answer: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage ?? ''}`]
  for (let i = 0; i < answer.rawHeaders.length; i += 2)
    lines.push(`${answer.rawHeaders[i]}: ${answer.rawHeaders[i + 1]}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

function tie(a: Duplex, b: Duplex): void {
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    one.pipe(other)
    one.once('close', () => other.destroy())
    one.on('error', () => other.destroy())
  }
}
