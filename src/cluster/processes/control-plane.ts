// The control-plane process: API server, scheduler and controllers, and the machine's own service rules.
//
// Scheduler and controllers reach the API server in process: the same pipeline, without sockets. Each acts as
// the user that it would be over the network, so that RBAC judges it all the same.

import type { TlsFiles } from '#apiserver/http/listener.ts'
import { type ApiServer, startApiServer } from '#apiserver/server.ts'
import { type StandardAccessOptions, standardAccessControl } from '#apiserver/standard-access-control.ts'
import type { KubeletTls } from '#apiserver/subresources/node-connection.ts'
import { createClient } from '#client/client.ts'
import type { ClusterConfig, Component } from '#cluster/config.ts'
import { machineAddress } from '#cluster/hosts/network.ts'
import type { ClusterLayout } from '#cluster/layout.ts'
import { runRenewal } from '#cluster/pki/renewal.ts'
import type { ClusterPki } from '#cluster/pki/store.ts'
import { ensureAddons } from '#cluster/processes/addons.ts'
import {
  CLUSTER_DOMAIN,
  certificateSpecs,
  dnsServiceAddress,
  ensurePki,
} from '#cluster/processes/credentials.ts'
import { runMachineNetwork } from '#cluster/processes/machine.ts'
import { runTogether } from '#cluster/processes/node.ts'
import { openClusterStore } from '#cluster/processes/open-store.ts'
import { runControllerManager } from '#controllers/run.ts'
import { runScheduler } from '#scheduler/run.ts'
import { runCompaction } from '#store/compaction.ts'
import type { Store } from '#store/store.ts'
import { systemClock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import { systemRandom } from '#sys/random.ts'

/** How long certificates live that the signer issues. */
const SIGNED_DAYS = 365

/** Runs until `signal` aborts; rejects when one of them fails for good. */
export async function runControlPlane(
  layout: ClusterLayout,
  config: ClusterConfig,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const base = { clock: systemClock, random: systemRandom }
  const [store, pki] = await Promise.all([
    openClusterStore(layout, config),
    ensurePki(layout, config, systemClock),
  ])
  const serverLog = log.child({ component: 'apiserver' })
  const stopServer = new AbortController()
  const server = await startApiServer(
    {
      ...base,
      store,
      log: serverLog,
      listen: { host: '::', port: config.apiPort, tls: await serverTls(pki) },
      accessControl: standardAccessControl(await accessOptions(store, config, pki)),
      kubeletTls: await kubeletTls(pki),
    },
    stopServer.signal,
  )
  log.info({ port: config.apiPort }, 'API server answers')
  const clientAs = (user: string, groups: readonly string[] = []) =>
    createClient(server.transport({ name: user, groups: [...groups, 'system:authenticated'] }, user))
  const authority = await pki.read('ca')

  const parts: Partial<Record<Component, (ending: AbortSignal) => Promise<void>>> = {
    apiserver: (ending) => keepServing(layout, config, pki, server, serverLog, ending),
    scheduler: (ending) =>
      runScheduler(
        {
          ...base,
          log: log.child({ component: 'scheduler' }),
          client: clientAs('system:kube-scheduler'),
          hostname: layout.name,
          identity: layout.name,
        },
        ending,
      ),
    'controller-manager': (ending) =>
      runControllerManager(
        {
          ...base,
          log: log.child({ component: 'controller-manager' }),
          client: clientAs('system:kube-controller-manager'),
          clientFor: (account) =>
            clientAs(`system:serviceaccount:kube-system:${account}`, [
              'system:serviceaccounts',
              'system:serviceaccounts:kube-system',
            ]),
          settings: {
            clusterCIDRs: [config.podCIDR],
            serviceCIDRs: [config.serviceCIDR],
            rootCA: authority.certificate,
            signer: { ...authority, days: SIGNED_DAYS },
          },
          leaderElection: { identity: layout.name },
        },
        ending,
      ),
    proxy: (ending) =>
      config.nodes === 0
        ? Promise.resolve()
        : runMachineNetwork(
            {
              ...base,
              layout,
              config,
              client: clientAs('system:kube-proxy'),
              log: log.child({ component: 'machine' }),
            },
            ending,
          ),
  }
  try {
    await Promise.all([
      runTogether(parts, config.components, signal),
      runCompaction(store, systemClock, log, signal),
      ensureAddons(
        clientAs('kubernetes-admin', ['system:masters']),
        dnsServiceAddress(config),
        systemClock,
        log,
        signal,
      ),
    ])
  } finally {
    stopServer.abort()
    await server.stopped
    await store.close()
  }
}

/** Renews certificates while the server runs. */
async function keepServing(
  layout: ClusterLayout,
  config: ClusterConfig,
  pki: ClusterPki,
  server: ApiServer,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const options = {
    pki,
    clock: systemClock,
    log,
    specs: () => certificateSpecs(layout, config),
    async onRenewed(names: readonly string[]) {
      if (names.includes('apiserver')) server.updateTls(await serverTls(pki))
    },
  }
  await runRenewal(options, signal)
}

async function serverTls(pki: ClusterPki): Promise<TlsFiles> {
  const names = ['apiserver', 'ca', 'front-proxy-ca'] as const
  const [serving, authority, frontProxy] = await Promise.all(names.map((name) => pki.read(name)))
  return {
    cert: serving?.certificate ?? '',
    key: serving?.key ?? '',
    clientCa: [authority?.certificate ?? '', frontProxy?.certificate ?? ''],
  }
}

/** How the server shows itself to kubelets, whose certificates the cluster's authority has signed. */
async function kubeletTls(pki: ClusterPki): Promise<KubeletTls> {
  const [client, authority] = await Promise.all([pki.read('apiserver-kubelet-client'), pki.read('ca')])
  return { cert: client.certificate, key: client.key, ca: authority.certificate }
}

async function accessOptions(
  store: Store,
  config: ClusterConfig,
  pki: ClusterPki,
): Promise<StandardAccessOptions> {
  const [authority, frontProxy] = await Promise.all([pki.read('ca'), pki.read('front-proxy-ca')])
  return {
    store,
    clientAuthority: authority.certificate,
    frontProxyAuthority: frontProxy.certificate,
    serviceAccountKeys: { privateKey: pki.serviceAccountKeys.privateKey },
    issuer: `https://kubernetes.default.svc.${CLUSTER_DOMAIN}`,
    serviceCidrs: [config.serviceCIDR],
    advertise: { address: machineAddress(config), port: config.apiPort },
  }
}
