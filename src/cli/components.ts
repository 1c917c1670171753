// Each component alone, over HTTPS, as any client: so that one can be replaced by the original, or run elsewhere.

import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'
import type { Command } from 'commander'
import { BASE, type CommonOptions, component, instanceName } from '#cli/component.ts'
import { controllerManagerCommand } from '#cli/controller-manager.ts'
import { type MetricsOptions, metricsOption, withMetrics } from '#cli/metrics-address.ts'
import { integer } from '#cli/options.ts'

const NODE_NAME = ['--node-name <name>', 'the node that it serves'] as const
const file = (text: string) => path.resolve(text)

export function componentCommands(): readonly Command[] {
  return [scheduler(), controllerManagerCommand(), kubelet(), proxy(), network(), dns(), metrics()]
}

function scheduler(): Command {
  return component<CommonOptions & MetricsOptions>(
    'scheduler',
    'chooses nodes for pods',
    async ({ client }, log, options, signal) => {
      const { runScheduler } = await import('#scheduler/run.ts')
      const base = { ...BASE, client, log, hostname: hostname(), identity: instanceName() }
      await withMetrics(options, signal, (metrics) => runScheduler({ ...base, ...metrics }, signal))
    },
  ).addOption(metricsOption())
}

interface KubeletOptions extends CommonOptions {
  readonly nodeName: string
  readonly nodeIp: string
  readonly containerRuntimeEndpoint: string
  readonly rootDir: string
  readonly cgroupRoot: string
  readonly clusterDns?: string
  readonly clusterDomain: string
  readonly port: number
  readonly tlsCertFile: string
  readonly tlsPrivateKeyFile: string
  readonly clientCaFile: string
}

function kubelet(): Command {
  return component<KubeletOptions>(
    'kubelet',
    'runs the pods of one node',
    async ({ client }, log, options, signal) =>
      (await import('#kubelet/run.ts')).runKubelet(
        {
          ...BASE,
          client,
          log,
          nodeName: options.nodeName,
          nodeIP: options.nodeIp,
          criSocket: options.containerRuntimeEndpoint.replace(/^unix:\/\//, ''),
          rootDir: options.rootDir,
          cgroupParent: options.cgroupRoot,
          clusterDNS: options.clusterDns ? [options.clusterDns] : [],
          clusterDomain: options.clusterDomain,
          port: options.port,
          servingCertFile: options.tlsCertFile,
          servingKeyFile: options.tlsPrivateKeyFile,
          clientCAFile: options.clientCaFile,
        },
        signal,
      ),
  )
    .requiredOption(...NODE_NAME)
    .requiredOption('--node-ip <address>', "the node's address")
    .option('--container-runtime-endpoint <socket>', 'CRI socket', 'unix:///run/containerd/containerd.sock')
    .option('--root-dir <dir>', 'where its volumes lie', file, '/var/lib/kubelet')
    .option('--cgroup-root <group>', 'cgroup above all pods', '/')
    .option('--cluster-dns <address>', 'address of cluster DNS')
    .option('--cluster-domain <domain>', 'domain of cluster DNS', 'cluster.local')
    .option('--port <port>', 'where it serves logs and exec', integer, 10_250)
    .requiredOption('--tls-cert-file <file>', 'its serving certificate', file)
    .requiredOption('--tls-private-key-file <file>', 'its key', file)
    .requiredOption('--client-ca-file <file>', 'authority of those who may ask it', file)
}

interface PerNode extends CommonOptions {
  readonly nodeName: string
}

function proxy(): Command {
  return component<PerNode & MetricsOptions & { readonly clusterCidr: string; readonly table: string }>(
    'proxy',
    'balances services by nftables',
    async ({ client }, log, { nodeName, clusterCidr, table, metricsBindAddress }, signal) =>
      (await import('#proxy/run.ts')).runProxy(
        { ...BASE, client, log, nodeName, podCIDR: clusterCidr, table, metricsAddress: metricsBindAddress },
        signal,
      ),
  )
    .requiredOption(...NODE_NAME)
    .requiredOption('--cluster-cidr <cidr>', 'range of all pods')
    .option('--table <name>', 'name of its nft table', 'k8ts-proxy')
    .addOption(metricsOption())
}

interface NetworkOptions extends PerNode {
  readonly clusterCidr: string
  readonly table: string
  readonly cniConfDir: string
  readonly cniStateDir: string
  readonly mtu: number
}

function network(): Command {
  return component<NetworkOptions>(
    'network',
    "connects one node's pods to those of the others",
    async ({ client }, log, { clusterCidr, ...options }, signal) =>
      (await import('#network/run.ts')).runPodNetwork(
        { ...BASE, ...options, client, log, podCIDR: clusterCidr },
        signal,
      ),
  )
    .requiredOption(...NODE_NAME)
    .requiredOption('--cluster-cidr <cidr>', 'range of all pods')
    .option('--table <name>', 'name of its nft table', 'k8ts-network')
    .option('--cni-conf-dir <dir>', "where the runtime looks for CNI's configuration", file, '/etc/cni/net.d')
    .option('--cni-state-dir <dir>', 'where addresses in use are remembered', file, '/var/lib/cni/networks')
    .option('--mtu <bytes>', 'size of a packet', integer, 1500)
}

interface DnsOptions extends PerNode {
  readonly address: string
  readonly port: number
  readonly domain: string
}

function dns(): Command {
  return component<DnsOptions>(
    'dns',
    "answers the cluster's names",
    async ({ client }, log, { nodeName, address, port, domain }, signal) =>
      (await import('#dns/run.ts')).runDns({ ...BASE, client, log, nodeName, address, port, domain }, signal),
  )
    .requiredOption(...NODE_NAME)
    .requiredOption('--address <address>', 'where it listens')
    .option('--port <port>', 'where it listens', integer, 53)
    .option('--domain <domain>', "the cluster's domain", 'cluster.local')
}

interface MetricsServerOptions extends CommonOptions {
  readonly address: string
  readonly port: number
  readonly kubeletCertificateAuthority: string
}

function metrics(): Command {
  return component<MetricsServerOptions>(
    'metrics',
    'serves what nodes and pods use (kubectl top)',
    async ({ client }, log, { address, port, kubeletCertificateAuthority }, signal) =>
      (await import('#metrics/run.ts')).runMetrics(
        {
          ...BASE,
          client,
          log,
          address,
          port,
          kubeletAuthority: readFileSync(kubeletCertificateAuthority, 'utf8'),
        },
        signal,
      ),
  )
    .requiredOption('--address <address>', 'where it listens, and the API server reaches it; not loopback')
    .option('--port <port>', 'where it listens; 0: any that is free', integer, 0)
    .requiredOption('--kubelet-certificate-authority <file>', "authority of the kubelets' certificates", file)
}
