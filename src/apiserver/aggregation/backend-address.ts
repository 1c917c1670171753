// The address of another server under this one's roof: one of those behind its Service.
//
// Other than the proxy of Services, which anybody may use who has the right, this goes only where administrators say by an
// APIService: so the addresses need not be those of pods.
// Upstream: staging/src/k8s.io/apiserver/pkg/util/proxy/proxy.go (ResolveEndpoint)

import { serviceUnavailable } from '#api/meta/status.ts'
import { endpoints, services } from '#api/resources.ts'
import { addressesOf, portNameOf } from '#apiserver/subresources/proxy-target.ts'
import type { Client } from '#client/client.ts'
import type { Random } from '#sys/random.ts'

export interface BackendService {
  readonly namespace: string
  readonly name: string
  readonly port: number
}

/** Throws 404 where there is no such Service, 503 where nobody is behind it. */
export async function backendAddress(
  client: Client,
  random: Random,
  { namespace, name, port }: BackendService,
): Promise<{ readonly host: string; readonly port: number }> {
  const { spec } = await client.resource(services).get(namespace, name)
  if (spec?.type === 'ExternalName') return { host: spec.externalName ?? '', port }
  const portName = await portNameOf(client, namespace, name, port)
  const candidates = addressesOf(await client.resource(endpoints).get(namespace, name), portName)
  const chosen = candidates[Math.floor(random.next() * candidates.length)]
  if (!chosen) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`)
  return { host: chosen.host, port: chosen.port }
}
