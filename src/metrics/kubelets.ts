// Asks kubelets what their nodes and pods use, as a service account that may.

import { nodes } from '#api/resources.ts'
import type { Client } from '#client/client.ts'
import { createTokenSource, requestToken } from '#client/token-request.ts'
import { type Look, readLook } from '#metrics/usage.ts'
import type { Clock } from '#sys/clock.ts'
import { sendHttps } from '#sys/https.ts'

export interface KubeletsOptions {
  readonly client: Client
  readonly clock: Clock
  /** PEM of the authority of the kubelets' certificates. */
  readonly authority: string
  /** Whose tokens are shown to the kubelets. */
  readonly account: { readonly namespace: string; readonly name: string }
}

const TIMEOUT_MS = 10_000
const DEFAULT_PORT = 10_250

/** Gives the function that looks at the kubelet of a node; it rejects when that does not answer as it should. */
export function createKubelets(options: KubeletsOptions): (node: string) => Promise<Look> {
  const { client, clock, authority, account } = options
  const tokens = createTokenSource(clock, (spec) =>
    requestToken(client, account.namespace, account.name, spec),
  )

  return async (name) => {
    const { status } = await client.resource(nodes).get('', name)
    const address = status?.addresses?.find(({ type }) => type === 'InternalIP')?.address
    if (address === undefined) throw new Error(`node ${name} has no address`)
    const port = status?.daemonEndpoints?.kubeletEndpoint?.Port ?? DEFAULT_PORT
    const host = address.includes(':') ? `[${address}]` : address
    const token = await tokens.get()
    const target = {
      url: `https://${host}:${port}/metrics/resource`,
      ca: authority,
      headers: { authorization: `Bearer ${token}` },
    }
    const { code, text } = await sendHttps(target, undefined, TIMEOUT_MS, clock)
    if (code === 401) tokens.reject(token)
    if (code !== 200) throw new Error(`the kubelet of ${name} answered ${code}: ${text.slice(0, 200)}`)
    return readLook(text, clock.now())
  }
}
