// The gRPC health check (grpc.health.v1.Health/Check) for probes: two messages of one field each, by hand.
//
// Upstream: pkg/probe/grpc/grpc.go

import grpc from '@grpc/grpc-js'
import { rpcWords } from '#kubelet/cri/error-words.ts'

export interface HealthAnswer {
  readonly isHealthy: boolean
  /** What the event says when it is not. */
  readonly message: string
}

const STATES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']
const USER_AGENT = 'kube-probe/1.36'

/** Asks once, over a connection of its own that is closed again. Never rejects. */
export async function checkHealth(
  address: string,
  service: string,
  timeoutMs: number,
): Promise<HealthAnswer> {
  const client = new grpc.Client(address, grpc.credentials.createInsecure(), {
    'grpc.primary_user_agent': USER_AGENT,
    'grpc.enable_retries': 0,
  })
  const deadline = new Date(performance.timeOrigin + performance.now() + timeoutMs)
  const timeout = `${timeoutMs / 1000}s`
  try {
    await new Promise<void>((resolve, reject) =>
      client.waitForReady(deadline, (error) => (error ? reject(error) : resolve())),
    )
  } catch (error) {
    client.close()
    const why = error instanceof Error ? error.message : String(error)
    const message = `timeout: failed to connect service "${address}" within ${timeout}: ${why}`
    return { isHealthy: false, message }
  }
  const answer = await new Promise<HealthAnswer>((resolve) => {
    client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      encodeRequest,
      decodeStatus,
      service,
      new grpc.Metadata(),
      { deadline },
      (error, status) => resolve(error ? failed(error, timeout) : judged(status ?? 0)),
    )
  })
  client.close()
  return answer
}

function judged(status: number): HealthAnswer {
  if (status === 1) return { isHealthy: true, message: 'service healthy' }
  return { isHealthy: false, message: `service unhealthy (responded with "${STATES[status] ?? status}")` }
}

function failed(error: grpc.ServiceError, timeout: string): HealthAnswer {
  if (error.code === grpc.status.UNIMPLEMENTED) {
    const what = 'this server does not implement the grpc health protocol (grpc.health.v1.Health)'
    return { isHealthy: false, message: `error: ${what}: ${error.details}` }
  }
  if (error.code === grpc.status.DEADLINE_EXCEEDED) {
    return { isHealthy: false, message: `timeout: health rpc did not complete within ${timeout}` }
  }
  const why = rpcWords(error.code, error.details)
  return { isHealthy: false, message: `error: health rpc probe failed: ${why}` }
}

/** Field 1, a string: the service. */
function encodeRequest(service: string): Buffer {
  const text = Buffer.from(service)
  if (text.length === 0) return Buffer.alloc(0)
  const length = text.length < 128 ? [text.length] : [(text.length & 0x7f) | 0x80, text.length >> 7]
  return Buffer.concat([Buffer.from([0x0a, ...length]), text])
}

/** Field 1, an enumeration: the state; absent is 0. */
function decodeStatus(message: Buffer): number {
  return message[0] === 0x08 ? (message[1] ?? 0) : 0
}
