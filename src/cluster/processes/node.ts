// The process of one node: kubelet, proxy, pod network and DNS, inside the node's own host.
//
// The four know nothing of each other; each has its own credentials, and each watches the API server for what
// concerns this node. They share the process to save memory, as they would share a machine.

import { setMaxListeners } from 'node:events'
import path from 'node:path'
import type { ClusterConfig, Component } from '#cluster/config.ts'
import { hostAddress, machineAddress } from '#cluster/hosts/network.ts'
import { type ClusterLayout, nodeLayout } from '#cluster/layout.ts'
import { CLUSTER_DOMAIN, clientOf, dnsServiceAddress } from '#cluster/processes/credentials.ts'
import { runDns } from '#dns/run.ts'
import { runKubelet } from '#kubelet/run.ts'
import { runPodNetwork } from '#network/run.ts'
import { runProxy } from '#proxy/run.ts'
import { systemClock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import { systemRandom } from '#sys/random.ts'

/** The size of a packet on a cable between host and pod. */
const MTU = 1500
const DNS_PORT = 53
const KUBELET_PORT = 10_250
/** In the node's own network: each node has its loopback. */
const PROXY_METRICS = { host: '127.0.0.1', port: 10_249 }

/** Runs until `signal` aborts; rejects when one of the four fails for good, and is then started again. */
export async function runNode(
  layout: ClusterLayout,
  config: ClusterConfig,
  index: number,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const node = nodeLayout(layout, index)
  const server = `https://${machineAddress(config)}:${config.apiPort}`
  const address = hostAddress(config, index)
  const base = { clock: systemClock, random: systemRandom, nodeName: node.name }
  const client = (certificate: string, name: string) =>
    clientOf(layout, server, certificate, name, systemClock)
  const pki = (name: string) => path.join(layout.pkiDir, name)

  const parts: Partial<Record<Component, (signal: AbortSignal) => Promise<void>>> = {
    kubelet: (ending) =>
      runKubelet(
        {
          ...base,
          log: log.child({ component: 'kubelet' }),
          nodeIP: address,
          client: client(`kubelet-${node.name}`, 'kubelet'),
          criSocket: node.containerdSocket,
          rootDir: node.kubeletDir,
          cgroupParent: `/${node.cgroup}`,
          clusterDNS: [dnsServiceAddress(config)],
          clusterDomain: CLUSTER_DOMAIN,
          port: KUBELET_PORT,
          servingCertFile: pki(`kubelet-serving-${node.name}.crt`),
          servingKeyFile: pki(`kubelet-serving-${node.name}.key`),
          clientCAFile: pki('ca.crt'),
        },
        ending,
      ),
    proxy: (ending) =>
      runProxy(
        {
          ...base,
          log: log.child({ component: 'proxy' }),
          client: client('proxy', 'kube-proxy'),
          podCIDR: config.podCIDR,
          table: 'k8ts-proxy',
          metricsAddress: PROXY_METRICS,
        },
        ending,
      ),
    network: (ending) =>
      runPodNetwork(
        {
          ...base,
          log: log.child({ component: 'network' }),
          client: client('network', 'network'),
          podCIDR: config.podCIDR,
          table: 'k8ts-network',
          cniConfDir: node.cniConfDir,
          cniStateDir: node.cniStateDir,
          mtu: MTU,
        },
        ending,
      ),
    dns: (ending) =>
      runDns(
        {
          ...base,
          log: log.child({ component: 'dns' }),
          client: client('dns', 'dns'),
          address,
          port: DNS_PORT,
          domain: CLUSTER_DOMAIN,
        },
        ending,
      ),
  }
  await runTogether(parts, config.components, signal)
}

/** Runs parts side by side; when one fails the others are stopped, and its failure is thrown. */
export async function runTogether(
  parts: Partial<Record<Component, (signal: AbortSignal) => Promise<void>>>,
  selected: readonly Component[],
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController()
  const ending = AbortSignal.any([signal, failed.signal])
  setMaxListeners(0, ending)
  const running = selected.flatMap((name) => {
    const part = parts[name]
    if (!part) return []
    return [
      part(ending).catch((error: unknown) => {
        if (ending.aborted) return
        failed.abort()
        throw error
      }),
    ]
  })
  const results = await Promise.allSettled(running)
  const failure = results.find((result) => result.status === 'rejected')
  if (failure) throw failure.reason
}
