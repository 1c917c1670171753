// One run of a probe: exec, HTTP, TCP or gRPC. Gives what was found and the words for the event.
//
// Upstream: pkg/kubelet/prober/prober.go, pkg/probe/{exec,http,tcp,grpc}

import net from 'node:net'
import type { Container, Probe } from '#api/types/core.ts'
import { expand } from '#kubelet/containers/expansion.ts'
import { isDeadline } from '#kubelet/cri/channel.ts'
import type { Runtime } from '#kubelet/cri/runtime.ts'
import { checkHealth } from '#kubelet/probes/grpc-health.ts'
import { httpGet, httpTarget, portNumber } from '#kubelet/probes/http-request.ts'

/** `warning` counts as success. An error of the probe itself is a rejection and not an outcome. */
export interface ProbeOutcome {
  readonly result: 'success' | 'warning' | 'failure'
  readonly output: string
}

export interface ProbeTarget {
  readonly container: Container
  readonly containerId: string
  readonly podIP: string
}

/** More output than this does not get into an event. */
const MAX_OUTPUT = 10 * 1024
const DEFAULT_TIMEOUT_SECONDS = 1

export async function runProbe(runtime: Runtime, probe: Probe, target: ProbeTarget): Promise<ProbeOutcome> {
  const seconds = probe.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS
  const { container, podIP } = target
  if (probe.exec) return runExec(runtime, probe.exec.command ?? [], target, seconds)
  if (probe.httpGet) {
    const request = httpTarget(probe.httpGet, container, podIP, 'probe', seconds * 1000)
    return runHttp(request)
  }
  if (probe.tcpSocket) {
    const port = portNumber(container, probe.tcpSocket.port)
    return runTcp(probe.tcpSocket.host || podIP, port, seconds * 1000)
  }
  if (probe.grpc) {
    const host = podIP.includes(':') ? `[${podIP}]` : podIP
    const answer = await checkHealth(`${host}:${probe.grpc.port}`, probe.grpc.service ?? '', seconds * 1000)
    return { result: answer.isHealthy ? 'success' : 'failure', output: answer.message }
  }
  throw new Error(`missing probe handler for ${container.name}`)
}

async function runExec(
  runtime: Runtime,
  words: readonly string[],
  { container, containerId }: ProbeTarget,
  timeoutSeconds: number,
): Promise<ProbeOutcome> {
  const fixed = new Map((container.env ?? []).map(({ name, value }) => [name, value ?? '']))
  const command = words.map((word) => expand(word, (name) => fixed.get(name)))
  try {
    const { exitCode, stdout, stderr } = await runtime.execSync(containerId, command, timeoutSeconds)
    const output = Buffer.concat([stdout, stderr]).subarray(0, MAX_OUTPUT).toString('utf8')
    return { result: exitCode === 0 ? 'success' : 'failure', output }
  } catch (error) {
    if (!isDeadline(error)) throw error
    return {
      result: 'failure',
      output: `command timed out: "${command.join(' ')}" timed out after ${timeoutSeconds}s`,
    }
  }
}

async function runHttp(request: Parameters<typeof httpGet>[0]): Promise<ProbeOutcome> {
  try {
    const { code, body, isForeignRedirect } = await httpGet(request)
    if (code < 200 || code >= 400)
      return { result: 'failure', output: `HTTP probe failed with statuscode: ${code}` }
    if (isForeignRedirect)
      return { result: 'warning', output: `Probe terminated redirects, Response body: ${body}` }
    return { result: 'success', output: body }
  } catch (error) {
    return { result: 'failure', output: error instanceof Error ? error.message : String(error) }
  }
}

function runTcp(host: string, port: number, timeoutMs: number): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port })
    const at = `dial tcp ${host.includes(':') ? `[${host}]` : host}:${port}`
    const finish = (outcome: ProbeOutcome): void => {
      socket.destroy()
      resolve(outcome)
    }
    socket.setTimeout(timeoutMs, () => finish({ result: 'failure', output: `${at}: i/o timeout` }))
    socket.once('connect', () => finish({ result: 'success', output: '' }))
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ECONNREFUSED' ? 'connect: connection refused' : error.message
      finish({ result: 'failure', output: `${at}: ${why}` })
    })
  })
}
