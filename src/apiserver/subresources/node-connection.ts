// How the server reaches a kubelet: the address of its node, and TLS with the server's own client certificate.
//
// Upstream: pkg/kubelet/client/kubelet_client.go (NodeConnectionInfoGetter)

import { Agent } from 'node:https'
import { isNotFound, notFound } from '#api/meta/status.ts'
import { nodes } from '#api/resources.ts'
import type { Node } from '#api/types/core.ts'
import type { Client } from '#client/client.ts'

/** PEM; without `ca` the kubelet's serving certificate is taken as it is, as upstream does by default. */
export interface KubeletTls {
  readonly cert: string | Buffer
  readonly key: string | Buffer
  readonly ca?: string | Buffer
}

export interface NodeConnection {
  readonly host: string
  readonly port: number
}

export interface NodeConnections {
  /** Where the kubelet of a node listens; throws 404 for an unknown node, 503 for one without an address. */
  connectionTo(nodeName: string): Promise<NodeConnection>
  readonly agent: Agent
  /** Options of a TLS connection of its own. */
  readonly tls: {
    readonly cert?: string | Buffer
    readonly key?: string | Buffer
    readonly ca?: string | Buffer
    readonly rejectUnauthorized: boolean
  }
}

const ADDRESS_TYPES = ['InternalIP', 'Hostname', 'InternalDNS', 'ExternalDNS', 'ExternalIP']
const KUBELET_PORT = 10250
const KEEP_ALIVE_MS = 30_000
const CONNECT_TIMEOUT_MS = 10_000

export function createNodeConnections(client: Client, kubelet: KubeletTls | undefined): NodeConnections {
  const tls = {
    ...(kubelet && { cert: kubelet.cert, key: kubelet.key }),
    ...(kubelet?.ca !== undefined && { ca: kubelet.ca }),
    rejectUnauthorized: kubelet?.ca !== undefined,
  }
  return {
    tls,
    agent: new Agent({
      ...tls,
      keepAlive: true,
      keepAliveMsecs: KEEP_ALIVE_MS,
      maxFreeSockets: 16,
      timeout: CONNECT_TIMEOUT_MS,
    }),
    async connectionTo(nodeName) {
      let node: Node
      try {
        node = await client.resource(nodes).get('', nodeName)
      } catch (error) {
        throw isNotFound(error) ? notFound({ group: '', resource: 'nodes' }, nodeName) : error
      }
      return connectionOf(node, nodeName)
    },
  }
}

function connectionOf(node: Node, nodeName: string): NodeConnection {
  const addresses = node.status?.addresses ?? []
  const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port || KUBELET_PORT
  for (const wanted of ADDRESS_TYPES) {
    const found = addresses.find(({ type }) => type === wanted)
    if (found) return { host: found.address, port }
  }
  throw new Error(
    `no preferred addresses found; known addresses: ${JSON.stringify(addresses)} of node ${nodeName}`,
  )
}
