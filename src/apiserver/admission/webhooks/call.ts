// One call of a webhook: where it is, whom to trust, how long to wait.
//
// A webhook in the cluster is a Service: one of the pods behind it is asked directly, and has to show a certificate for
// the Service's name. Upstream: staging/src/k8s.io/apiserver/pkg/util/webhook/client.go

import { parsePlain } from '#api/codec/json.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import { CallError } from '#apiserver/admission/webhooks/review.ts'
import { serviceTarget } from '#apiserver/subresources/proxy-target.ts'
import { type HttpsTarget, sendHttps } from '#sys/https.ts'

export interface ClientConfig {
  readonly url?: string
  readonly service?: {
    readonly namespace: string
    readonly name: string
    readonly path?: string
    readonly port?: number
  }
  /** Base64 of PEM. */
  readonly caBundle?: string
}

const DEFAULT_TIMEOUT_SECONDS = 10
const DEFAULT_PORT = 443

/** Posts `review` and gives the answer; throws CallError. */
export async function callWebhook(
  access: ServerAccess,
  config: ClientConfig,
  review: JsonObject,
  timeoutSeconds = DEFAULT_TIMEOUT_SECONDS,
): Promise<JsonObject> {
  const fail = (text: string): Error => new CallError(`failed to call webhook: ${text}`)
  try {
    const target = await targetOf(access, config, timeoutSeconds)
    const { code, text } = await sendHttps(
      target,
      JSON.stringify(review),
      timeoutSeconds * 1000,
      access.clock,
    )
    const answer = parsePlain(text)
    if (code < 200 || code >= 300)
      throw fail(messageOf(answer) ?? `the server responded with the status code ${code}`)
    if (typeof answer !== 'object' || answer === null) throw fail('the answer is no JSON object')
    return answer as JsonObject
  } catch (error) {
    throw error instanceof CallError ? error : fail(error instanceof Error ? error.message : String(error))
  }
}

const messageOf = (answer: unknown): string | undefined =>
  typeof answer === 'object' && answer !== null && 'message' in answer ? String(answer.message) : undefined

async function targetOf(
  access: ServerAccess,
  config: ClientConfig,
  timeoutSeconds: number,
): Promise<HttpsTarget> {
  const ca = config.caBundle ? { ca: Buffer.from(config.caBundle, 'base64').toString('utf8') } : {}
  const timeout = `timeout=${timeoutSeconds}s`
  const { service } = config
  if (!service) {
    const url = new URL(config.url ?? '')
    return { url: `${url.href}${url.search === '' ? '?' : '&'}${timeout}`, ...ca }
  }
  const { namespace, name, port = DEFAULT_PORT, path = '' } = service
  const serverName = `${name}.${namespace}.svc`
  const { host, port: targetPort } = await serviceTarget(
    access.client,
    access.random,
    namespace,
    `https:${name}:${port}`,
  )
  const url = `https://${serverName}:${port}/${path.replace(/^\//, '')}?${timeout}`
  return { url, serverName, address: { host, port: targetPort }, ...ca }
}
