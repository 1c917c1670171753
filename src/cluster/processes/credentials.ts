// Certificates and connections of a cluster's processes: what the authority issues, and how each reaches the
// API server with it.

import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { type Client, createClient } from '#client/client.ts'
import { createHttpsTransport } from '#client/https-transport.ts'
import { addressAt, parseCidr } from '#cluster/cidr.ts'
import type { ClusterConfig } from '#cluster/config.ts'
import { hostAddress, machineAddress } from '#cluster/hosts/network.ts'
import type { ClusterLayout } from '#cluster/layout.ts'
import { type CertificateSpec, clusterCertificates, nodeCertificates } from '#cluster/pki/certificates.ts'
import { kubeconfig } from '#cluster/pki/kubeconfig.ts'
import { type ClusterPki, openClusterPki } from '#cluster/pki/store.ts'
import { nodeLayouts } from '#cluster/supervisor/processes.ts'
import type { Clock } from '#sys/clock.ts'
import { readTextIfExists, writeFileAtomically } from '#sys/files.ts'
import { systemRandom } from '#sys/random.ts'

export const CLUSTER_DOMAIN = 'cluster.local'
/** Who issues the tokens of service accounts. */
export const SERVER_ISSUER = `https://kubernetes.default.svc.${CLUSTER_DOMAIN}`

/** The first address of the service range: the Service `kubernetes`. */
export function apiServiceAddress(config: ClusterConfig): string {
  return serviceAddress(config, 1)
}

/** The tenth: cluster DNS, as everybody expects it. */
export function dnsServiceAddress(config: ClusterConfig): string {
  return serviceAddress(config, 10)
}

function serviceAddress(config: ClusterConfig, position: number): string {
  const range = parseCidr(config.serviceCIDR)
  if (!range) throw new Error(`${config.serviceCIDR} is no range`)
  return addressAt(range, position)
}

/** Every certificate of the cluster, as it is configured now. */
export function certificateSpecs(layout: ClusterLayout, config: ClusterConfig): readonly CertificateSpec[] {
  return [
    ...clusterCertificates({
      clusterDomain: CLUSTER_DOMAIN,
      serviceAddress: apiServiceAddress(config),
      serverAddresses: [machineAddress(config)],
      serverNames: [layout.name],
    }),
    ...nodeLayouts(layout, config).flatMap((node) =>
      nodeCertificates({ name: node.name, addresses: [hostAddress(config, node.index)] }),
    ),
  ]
}

/**
 * Makes or renews what is needed, and writes the administrator's kubeconfig. Two processes need them at the same time when a
 * cluster starts: the folder's own lock lets one make them while the other waits.
 */
export async function ensurePki(
  layout: ClusterLayout,
  config: ClusterConfig,
  clock: Clock,
): Promise<ClusterPki> {
  const pki = await openClusterPki(layout.pkiDir, { clock, random: systemRandom })
  await pki.ensure(certificateSpecs(layout, config))
  await writeAdminKubeconfig(layout, config, pki)
  return pki
}

async function writeAdminKubeconfig(
  layout: ClusterLayout,
  config: ClusterConfig,
  pki: ClusterPki,
): Promise<void> {
  const [admin, authority] = await Promise.all([pki.read('admin'), pki.read('ca')])
  const content = kubeconfig({
    name: `k8ts-${layout.name}`,
    user: `k8ts-${layout.name}`,
    server: `https://127.0.0.1:${config.apiPort}`,
    authority: authority.certificate,
    credentials: admin,
  })
  const text = `${JSON.stringify(content, undefined, 2)}\n`
  if ((await readTextIfExists(layout.adminKubeconfig)) === text) return
  await mkdir(layout.kubeconfigDir, { recursive: true, mode: 0o700 })
  await writeFileAtomically(layout.adminKubeconfig, text, 0o600)
}

/** A client with the certificate of this name, which is read anew for each connection. */
export function clientOf(
  layout: ClusterLayout,
  server: string,
  certificate: string,
  userAgent: string,
  clock: Clock,
): Client {
  const read = (file: string) => readFileSync(path.join(layout.pkiDir, file), 'utf8')
  const transport = createHttpsTransport({
    servers: [server],
    ca: read('ca.crt'),
    credentials: () => ({ cert: read(`${certificate}.crt`), key: read(`${certificate}.key`) }),
    userAgent,
    clock,
  })
  return createClient(transport)
}
