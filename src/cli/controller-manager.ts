// `k8ts controller-manager`: all controllers alone, over HTTPS.
//
// Each controller writes as a service account of its own, with the rights that the bootstrap roles give to just that
// one; the kubeconfig's user only reads, and makes the accounts and their tokens.
// Upstream: cmd/kube-controller-manager/app/options

import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import { BASE, type CommonOptions, component, instanceName } from '#cli/component.ts'
import type { KubeconfigClient } from '#cli/kubeconfig-client.ts'
import { type MetricsOptions, metricsOption, withMetrics } from '#cli/metrics-address.ts'
import { list } from '#cli/options.ts'
import type { ComponentMetrics } from '#client/component-metrics.ts'
import { createServiceAccountClients } from '#client/service-account-clients.ts'
import { UserError } from '#cluster/user-error.ts'
import type { Logger } from '#sys/log.ts'

interface Options extends CommonOptions, MetricsOptions {
  readonly controllers: readonly string[]
  readonly clusterCidr: readonly string[]
  readonly serviceClusterIpRange: readonly string[]
  readonly rootCaFile?: string
  readonly serviceAccountPrivateKeyFile?: string
  readonly clusterSigningCertFile?: string
  readonly clusterSigningKeyFile?: string
  readonly useServiceAccountCredentials: string
}

/** Certificates that are asked for through the API live this long. */
const SIGNED_DAYS = 365

export function controllerManagerCommand(): Command {
  const file = (text: string) => path.resolve(text)
  return component<Options>('controller-manager', 'runs all controllers', run)
    .option('--controllers <list>', "which: names, '*', or -name to leave one out", list, ['*'])
    .option('--cluster-cidr <cidrs>', 'ranges from which nodes get theirs', list, [])
    .option('--service-cluster-ip-range <cidrs>', 'ranges of services: no node gets of them', list, [])
    .option('--root-ca-file <file>', 'certificate authority that pods are to trust', file)
    .option('--service-account-private-key-file <file>', 'key that signs tokens in Secrets', file)
    .option('--cluster-signing-cert-file <file>', 'authority that signs certificates', file)
    .option('--cluster-signing-key-file <file>', 'its key', file)
    .addOption(metricsOption())
    .option(
      '--use-service-account-credentials <true|false>',
      'each controller writes as a service account of its own; false: all as the user of the kubeconfig',
      'true',
    )
}

async function run(
  access: KubeconfigClient,
  log: Logger,
  options: Options,
  signal: AbortSignal,
): Promise<void> {
  const { runControllerManager } = await import('#controllers/run.ts')
  const { client } = access
  const asAccounts = options.useServiceAccountCredentials !== 'false'
  const runWith = (metrics: { readonly metrics?: ComponentMetrics }) =>
    runControllerManager(
      {
        ...BASE,
        ...metrics,
        client,
        log,
        controllers: options.controllers,
        settings: {
          clusterCIDRs: options.clusterCidr,
          serviceCIDRs: options.serviceClusterIpRange,
          ...(options.rootCaFile && { rootCA: readFileSync(options.rootCaFile, 'utf8') }),
          ...(options.serviceAccountPrivateKeyFile && {
            serviceAccountKey: readFileSync(options.serviceAccountPrivateKeyFile, 'utf8'),
          }),
          ...signerOf(options),
        },
        leaderElection: { identity: instanceName() },
        ...(asAccounts && {
          clientFor: createServiceAccountClients({
            client,
            anonymous: access.anonymous(),
            namespace: 'kube-system',
            clock: BASE.clock,
          }),
        }),
      },
      signal,
    )
  await withMetrics(options, signal, runWith)
}

function signerOf({ clusterSigningCertFile, clusterSigningKeyFile }: Options) {
  if (!clusterSigningCertFile && !clusterSigningKeyFile) return {}
  if (!clusterSigningCertFile || !clusterSigningKeyFile)
    throw new UserError('--cluster-signing-cert-file and --cluster-signing-key-file go together.')
  return {
    signer: {
      certificate: readFileSync(clusterSigningCertFile, 'utf8'),
      key: readFileSync(clusterSigningKeyFile, 'utf8'),
      days: SIGNED_DAYS,
    },
  }
}
