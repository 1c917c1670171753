// Makes the metrics API part of the cluster's API: the APIService, and the Service that leads here.
//
// A metrics-server that somebody has installed has the same names, and pods that its Service selects: it stays.

import { semanticEqual } from '#api/meta/equality.ts'
import type { KubeObject } from '#api/meta/object.ts'
import { isNotFound } from '#api/meta/status.ts'
import { apiServices, endpoints, type ResourceType, services } from '#api/resources.ts'
import type { Client } from '#client/client.ts'
import { GROUP, VERSION } from '#metrics/resource-metrics.ts'

export const NAMESPACE = 'kube-system'
export const NAME = 'metrics-server'
/** The name that the API server expects in the certificate. */
export const SERVER_NAME = `${NAME}.${NAMESPACE}.svc`

const LABELS = { 'k8s-app': NAME }
const PORT = 443
/** As metrics-server asks for: behind all groups of the API server itself. */
const PRIORITY = 100

export interface Registered {
  /** Where it listens. */
  readonly address: string
  readonly port: number
  /** PEM of its certificate. */
  readonly certificate: string
}

/** Writes what is missing or different; false when another server has the place. */
export async function register(client: Client, { address, port, certificate }: Registered): Promise<boolean> {
  const metadata = { namespace: NAMESPACE, name: NAME, labels: LABELS }
  const service = await find(client, services, NAMESPACE, NAME)
  if (service?.spec?.selector && Object.keys(service.spec.selector).length > 0) return false
  if (!service) {
    const ports = [{ name: 'https', port: PORT, protocol: 'TCP' as const }]
    await client.resource(services).create({ metadata, spec: { ports } })
  }
  await write(client, endpoints, {
    metadata,
    subsets: [{ addresses: [{ ip: address }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
  })
  await write(client, apiServices, {
    metadata: { name: `${VERSION}.${GROUP}`, labels: LABELS },
    spec: {
      group: GROUP,
      version: VERSION,
      groupPriorityMinimum: PRIORITY,
      versionPriority: PRIORITY,
      service: { namespace: NAMESPACE, name: NAME, port: PORT },
      caBundle: Buffer.from(certificate).toString('base64'),
    },
  })
  return true
}

/** Takes out what `register` wrote: an API that nobody serves would trouble everybody who asks what APIs there are. */
export async function withdraw(client: Client): Promise<void> {
  const service = await find(client, services, NAMESPACE, NAME)
  const { labels } = service?.metadata ?? {}
  const isOurs = labels?.['k8s-app'] === NAME && service?.spec?.selector === undefined
  if (!isOurs) return
  await client.resource(apiServices).delete('', `${VERSION}.${GROUP}`)
  await client.resource(services).delete(NAMESPACE, NAME)
}

async function find<T extends KubeObject>(
  client: Client,
  type: ResourceType<T>,
  namespace: string,
  name: string,
): Promise<T | undefined> {
  return await client
    .resource(type)
    .get(namespace, name)
    .catch((error: unknown) => {
      if (isNotFound(error)) return undefined
      throw error
    })
}

/** Creates the object, or makes of the one that is there what is wanted. */
async function write<T extends KubeObject>(client: Client, type: ResourceType<T>, wanted: T): Promise<void> {
  const { namespace = '', name = '' } = wanted.metadata ?? {}
  const found = await find(client, type, namespace, name)
  if (!found) await client.resource(type).create(wanted)
  else {
    const next = { ...found, ...wanted, metadata: { ...found.metadata, ...wanted.metadata } }
    if (!semanticEqual(next, found)) await client.resource(type).update(next)
  }
}
