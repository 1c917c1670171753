// Each component alone, over HTTPS, as any client: so that one can be replaced by the original, or run elsewhere.

import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'
import { Command } from 'commander'
import { parse } from 'yaml'
import { integer } from '#cli/options.ts'
import { runUntilSignal } from '#cli/process.ts'
import { type Client, createClient } from '#client/client.ts'
import { createHttpsTransport } from '#client/https-transport.ts'
import { UserError } from '#cluster/user-error.ts'
import { systemClock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import { systemRandom } from '#sys/random.ts'

interface Common {
  readonly kubeconfig: string
}

interface ControllerManagerOptions extends Common {
  readonly clusterCidr?: string
  readonly rootCaFile?: string
  readonly serviceAccountPrivateKeyFile?: string
  readonly clusterSigningCertFile?: string
  readonly clusterSigningKeyFile?: string
}

/** How long certificates live that the signer issues. */
const SIGNED_DAYS = 365

type Run<Options> = (client: Client, log: Logger, options: Options, signal: AbortSignal) => Promise<void>

const BASE = { clock: systemClock, random: systemRandom }

export function componentCommands(): readonly Command[] {
  const nodeName = ['--node-name <name>', 'the node that it serves'] as const
  const file = (text: string) => path.resolve(text)
  return [
    component('scheduler', 'chooses nodes for pods', async (client, log, _options, signal) =>
      (await import('#scheduler/run.ts')).runScheduler(
        { ...BASE, client, log, hostname: hostname(), identity: hostname() },
        signal,
      ),
    ),
    component<ControllerManagerOptions>(
      'controller-manager',
      'runs all controllers',
      async (client, log, options, signal) =>
        (await import('#controllers/run.ts')).runControllerManager(
          {
            ...BASE,
            client,
            log,
            settings: {
              clusterCIDRs: options.clusterCidr ? [options.clusterCidr] : [],
              ...(options.rootCaFile && { rootCA: readFileSync(options.rootCaFile, 'utf8') }),
              ...(options.serviceAccountPrivateKeyFile && {
                serviceAccountKey: readFileSync(options.serviceAccountPrivateKeyFile, 'utf8'),
              }),
              ...(options.clusterSigningCertFile &&
                options.clusterSigningKeyFile && {
                  signer: {
                    certificate: readFileSync(options.clusterSigningCertFile, 'utf8'),
                    key: readFileSync(options.clusterSigningKeyFile, 'utf8'),
                    days: SIGNED_DAYS,
                  },
                }),
            },
            leaderElection: { identity: hostname() },
          },
          signal,
        ),
    )
      .option('--cluster-cidr <cidr>', 'range from which nodes get theirs')
      .option('--root-ca-file <file>', 'certificate authority that pods are to trust', file)
      .option('--service-account-private-key-file <file>', 'key that signs tokens in Secrets', file)
      .option(
        '--cluster-signing-cert-file <file>',
        'authority that signs what is asked for and approved',
        file,
      )
      .option('--cluster-signing-key-file <file>', 'its key', file),
    component<KubeletOptions>('kubelet', 'runs the pods of one node', async (client, log, options, signal) =>
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
      .requiredOption(...nodeName)
      .requiredOption('--node-ip <address>', "the node's address")
      .option('--container-runtime-endpoint <socket>', 'CRI socket', 'unix:///run/containerd/containerd.sock')
      .option('--root-dir <dir>', 'where its volumes lie', file, '/var/lib/kubelet')
      .option('--cgroup-root <group>', 'cgroup above all pods', '/')
      .option('--cluster-dns <address>', 'address of cluster DNS')
      .option('--cluster-domain <domain>', 'domain of cluster DNS', 'cluster.local')
      .option('--port <port>', 'where it serves logs and exec', integer, 10_250)
      .requiredOption('--tls-cert-file <file>', 'its serving certificate', file)
      .requiredOption('--tls-private-key-file <file>', 'its key', file)
      .requiredOption('--client-ca-file <file>', 'authority of those who may ask it', file),
    component<Common & { readonly nodeName: string; readonly clusterCidr: string; readonly table: string }>(
      'proxy',
      'balances services by nftables',
      async (client, log, { nodeName: name, clusterCidr, table }, signal) =>
        (await import('#proxy/run.ts')).runProxy(
          { ...BASE, client, log, nodeName: name, podCIDR: clusterCidr, table },
          signal,
        ),
    )
      .requiredOption(...nodeName)
      .requiredOption('--cluster-cidr <cidr>', 'range of all pods')
      .option('--table <name>', 'name of its nft table', 'k8ts-proxy'),
    component<
      Common & {
        readonly nodeName: string
        readonly address: string
        readonly port: number
        readonly domain: string
      }
    >(
      'dns',
      "answers the cluster's names",
      async (client, log, { nodeName: name, address, port, domain }, signal) =>
        (await import('#dns/run.ts')).runDns(
          { ...BASE, client, log, nodeName: name, address, port, domain },
          signal,
        ),
    )
      .requiredOption(...nodeName)
      .requiredOption('--address <address>', 'where it listens')
      .option('--port <port>', 'where it listens', integer, 53)
      .option('--domain <domain>', "the cluster's domain", 'cluster.local'),
  ]
}

interface KubeletOptions extends Common {
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

function component<Options extends Common>(name: string, summary: string, run: Run<Options>): Command {
  return new Command(name)
    .summary(`one component alone: ${summary}`)
    .description(`Runs the ${name} alone: it ${summary}.`)
    .requiredOption('--kubeconfig <file>', 'where the API server is, and who one is')
    .action((options: Options) =>
      runUntilSignal(name, (log, signal) => run(clientFrom(options.kubeconfig, name), log, options, signal)),
    )
}

interface Kubeconfig {
  readonly 'current-context'?: string
  readonly contexts?: readonly { name: string; context: { cluster: string; user: string } }[]
  readonly clusters?: readonly { name: string; cluster: Readonly<Record<string, string>> }[]
  readonly users?: readonly { name: string; user: Readonly<Record<string, string>> }[]
}

/** A client of the current context; files that it names are read anew for each connection. */
function clientFrom(file: string, userAgent: string): Client {
  const config = parse(readFileSync(file, 'utf8')) as Kubeconfig
  const context = config.contexts?.find(({ name }) => name === config['current-context'])?.context
  const cluster = config.clusters?.find(({ name }) => name === context?.cluster)?.cluster
  const user = config.users?.find(({ name }) => name === context?.user)?.user ?? {}
  if (!cluster?.['server']) throw new UserError(`${file} has no current context with a server.`)
  const value = (from: Readonly<Record<string, string>>, name: string): string | undefined => {
    const data = from[`${name}-data`]
    if (data !== undefined) return Buffer.from(data, 'base64').toString()
    const named = from[name]
    return named === undefined ? undefined : readFileSync(path.resolve(path.dirname(file), named), 'utf8')
  }
  const transport = createHttpsTransport({
    servers: [cluster['server']],
    ca: value(cluster, 'certificate-authority') ?? '',
    credentials() {
      const cert = value(user, 'client-certificate')
      const key = value(user, 'client-key')
      const token = user['token'] ?? value(user, 'tokenFile')
      return {
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
        ...(token !== undefined && { token }),
      }
    },
    userAgent,
    clock: systemClock,
  })
  return createClient(transport)
}
