// The API server with its store and its certificates: what the control-plane process and `k8ts apiserver` share.

import { hostname } from 'node:os'
import path from 'node:path'
import { openEncryption } from '#apiserver/encryption/encryption.ts'
import type { ValueTransformers } from '#apiserver/encryption/value-transformer.ts'
import type { TlsFiles } from '#apiserver/http/listener.ts'
import { type ApiServer, type ApiServerOptions, startApiServer } from '#apiserver/server.ts'
import { standardAccessControl } from '#apiserver/standard-access-control.ts'
import { addressAt, parseCidr } from '#cluster/cidr.ts'
import { type CertificateSpec, clusterCertificates } from '#cluster/pki/certificates.ts'
import { runRenewal } from '#cluster/pki/renewal.ts'
import { type ClusterPki, openClusterPki } from '#cluster/pki/store.ts'
import { accessOptions } from '#cluster/processes/access-options.ts'
import { openAudit } from '#cluster/processes/audit.ts'
import { CLUSTER_DOMAIN, SERVER_ISSUER } from '#cluster/processes/credentials.ts'
import type { ServerFlags } from '#cluster/server-flags.ts'
import { UserError } from '#cluster/user-error.ts'
import { runCompaction } from '#store/compaction.ts'
import { openStore } from '#store/open-store.ts'
import type { Store } from '#store/store.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import type { Random } from '#sys/random.ts'

interface Base {
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

export interface ServingOptions extends Base {
  readonly store: Store
  readonly pki: ClusterPki
  readonly port: number
  readonly bindAddress: string
  readonly advertiseAddress: string
  readonly serviceCidr: string
  readonly flags: ServerFlags
  /** Components that run in the same process. */
  readonly inProcess?: readonly string[]
}

/** Starts a server with the access control of a real cluster; `signal` stops it. */
export async function startServing(options: ServingOptions, signal: AbortSignal): Promise<ApiServer> {
  const { store, pki, port, clock, random, log } = options
  const [authority, frontProxy] = await Promise.all([pki.read('ca'), pki.read('front-proxy-ca')])
  const kubelet = await pki.read('apiserver-kubelet-client')
  const proxyClient = await pki.read('front-proxy-client')
  const encryption = await encryptionOf(options, signal)
  const auditor = await openAudit(options.flags, options)
  return startApiServer(
    {
      store,
      ...(encryption && { encryption }),
      ...(auditor && { auditor }),
      shutdownDelayMs: options.flags['shutdown-delay-duration'] ?? 0,
      clock,
      random,
      log,
      ...limitOf(options.flags),
      listen: { host: options.bindAddress, port, tls: await servingTls(pki) },
      ...(options.inProcess && { inProcess: options.inProcess }),
      frontProxyTls: { cert: proxyClient.certificate, key: proxyClient.key },
      kubeletTls: { ca: authority.certificate, cert: kubelet.certificate, key: kubelet.key },
      accessControl: standardAccessControl({
        store,
        clientAuthority: authority.certificate,
        frontProxyAuthority: frontProxy.certificate,
        serviceAccountKeys: { privateKey: pki.serviceAccountKeys.privateKey },
        ...(await accessOptions(options.flags, SERVER_ISSUER)),
        issuer: SERVER_ISSUER,
        serviceCidrs: [options.serviceCidr],
        advertise: { address: options.advertiseAddress, port },
        hostname: hostname(),
      }),
    },
    signal,
  )
}

/** As `--encryption-provider-config` says; followed until the server stops if that is wished. */
async function encryptionOf(
  { flags, clock, random, log }: ServingOptions,
  signal: AbortSignal,
): Promise<ValueTransformers | undefined> {
  const file = flags['encryption-provider-config']
  const isFollowed = flags['encryption-provider-config-automatic-reload'] ?? false
  if (file === undefined) {
    if (isFollowed)
      throw new UserError(
        '--encryption-provider-config-automatic-reload must be set with --encryption-provider-config',
      )
    return undefined
  }
  const encryption = await openEncryption({ file, clock, random, log }).catch((error: Error) => {
    throw new UserError(error.message, { cause: error })
  })
  if (isFollowed) void encryption.follow(signal)
  return encryption.transformers
}

/** Flow control has one limit for reads and writes, as upstream: the sum of the two flags. */
function limitOf(flags: ServerFlags): Pick<ApiServerOptions, 'maxRequestsInFlight'> {
  if (flags['enable-priority-and-fairness'] === false) return {}
  const reads = flags['max-requests-inflight'] ?? 400
  const writes = flags['max-mutating-requests-inflight'] ?? 200
  return { maxRequestsInFlight: reads + writes }
}

/** Renews certificates while the server runs. */
export async function keepCertificates(
  pki: ClusterPki,
  server: ApiServer,
  specs: () => readonly CertificateSpec[],
  { clock, log }: Base,
  signal: AbortSignal,
): Promise<void> {
  const onRenewed = async (names: readonly string[]) => {
    if (names.includes('apiserver')) server.updateTls(await servingTls(pki))
  }
  await runRenewal({ pki, clock, log, specs, onRenewed }, signal)
}

async function servingTls(pki: ClusterPki): Promise<TlsFiles> {
  const [serving, authority, frontProxy] = await Promise.all([
    pki.read('apiserver'),
    pki.read('ca'),
    pki.read('front-proxy-ca'),
  ])
  return {
    cert: serving.certificate,
    key: serving.key,
    clientCa: [authority.certificate, frontProxy.certificate],
  }
}

export interface ApiServerAloneOptions extends Base {
  readonly dataDir: string
  readonly pkiDir: string
  readonly etcdServers?: readonly string[]
  readonly port: number
  readonly bindAddress: string
  readonly advertiseAddress: string
  readonly serviceCidr: string
  readonly flags: ServerFlags
}

/** Serves until `signal` aborts and all has ended. */
export async function runApiServer(options: ApiServerAloneOptions, signal: AbortSignal): Promise<void> {
  const { clock, random, log } = options
  const range = parseCidr(options.serviceCidr)
  if (!range)
    throw new UserError(`--service-cidr takes an IPv4 range, not ${JSON.stringify(options.serviceCidr)}.`)
  const specs = clusterCertificates({
    clusterDomain: CLUSTER_DOMAIN,
    serviceAddress: addressAt(range, 1),
    serverAddresses: [options.advertiseAddress],
    serverNames: [],
  })
  const pki = await openClusterPki(options.pkiDir, { clock, random })
  await pki.ensure(specs)
  const store = await openStore(
    options.etcdServers
      ? { type: 'etcd', endpoints: options.etcdServers }
      : { type: 'embedded', path: path.join(options.dataDir, 'store') },
    clock,
    random,
  )
  const server = await startServing({ ...options, store, pki }, signal)
  log.info({ port: options.port }, 'API server answers')
  await Promise.all([
    keepCertificates(pki, server, () => specs, options, signal),
    runCompaction(store, clock, log, signal),
  ])
  await server.stopped
  await store.close()
}
