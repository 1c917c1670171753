// The control-plane process: API server, scheduler and controllers, the metrics API, and the machine's own service rules.
//
// Scheduler and controllers reach the API server in process: the same pipeline, without sockets. Each acts as
// the user that it would be over the network, so that RBAC judges it all the same.

import { createClient } from '#client/client.ts'
import { componentMetrics } from '#client/component-metrics.ts'
import type { ClusterConfig, Component } from '#cluster/config.ts'
import { machineAddress } from '#cluster/hosts/network.ts'
import type { ClusterLayout } from '#cluster/layout.ts'
import { ensureAddons } from '#cluster/processes/addons.ts'
import { keepCertificates, startServing } from '#cluster/processes/api-server.ts'
import { certificateSpecs, dnsServiceAddress, ensurePki } from '#cluster/processes/credentials.ts'
import { runMachineNetwork } from '#cluster/processes/machine.ts'
import { runTogether } from '#cluster/processes/node.ts'
import { openClusterStore } from '#cluster/processes/open-store.ts'
import { readServerArgs } from '#cluster/server-flags.ts'
import { guardSupervisor } from '#cluster/supervisor/guard.ts'
import type { SelfCommand } from '#cluster/supervisor/processes.ts'
import { runControllerManager } from '#controllers/run.ts'
import { runMetrics } from '#metrics/run.ts'
import { runScheduler } from '#scheduler/run.ts'
import { runCompaction } from '#store/compaction.ts'
import { systemClock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import { systemRandom } from '#sys/random.ts'

/** How long certificates live that the signer issues. */
const SIGNED_DAYS = 365

/** Runs until `signal` aborts; rejects when one of them fails for good. */
export async function runControlPlane(
  layout: ClusterLayout,
  config: ClusterConfig,
  self: SelfCommand,
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
  const server = await startServing(
    {
      ...base,
      log: serverLog,
      store,
      pki,
      port: config.apiPort,
      bindAddress: '::',
      advertiseAddress: machineAddress(config),
      serviceCidr: config.serviceCIDR,
      flags: readServerArgs(config.apiServerArgs ?? []),
      inProcess: config.components,
    },
    stopServer.signal,
  )
  log.info({ port: config.apiPort }, 'API server answers')
  const clientAs = (user: string, groups: readonly string[] = []) =>
    createClient(server.transport({ name: user, groups: [...groups, 'system:authenticated'] }, user))
  const authority = await pki.read('ca')
  // one process, one page of metrics: that of the API server
  const metrics = componentMetrics(server.metrics, systemClock)

  const parts: Partial<Record<Component, (ending: AbortSignal) => Promise<void>>> = {
    apiserver: (ending) =>
      keepCertificates(
        pki,
        server,
        () => certificateSpecs(layout, config),
        { ...base, log: serverLog },
        ending,
      ),
    scheduler: (ending) =>
      runScheduler(
        {
          ...base,
          log: log.child({ component: 'scheduler' }),
          client: clientAs('system:kube-scheduler'),
          metrics,
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
          metrics,
          clientFor: (account) =>
            clientAs(`system:serviceaccount:kube-system:${account}`, [
              'system:serviceaccounts',
              'system:serviceaccounts:kube-system',
            ]),
          settings: {
            clusterCIDRs: [config.podCIDR],
            serviceCIDRs: [config.serviceCIDR],
            rootCA: authority.certificate,
            serviceAccountKey: pki.serviceAccountKeys.privateKey,
            signer: { ...authority, days: SIGNED_DAYS },
          },
          leaderElection: { identity: layout.name },
        },
        ending,
      ),
    metrics: (ending) =>
      config.nodes === 0
        ? Promise.resolve()
        : runMetrics(
            {
              ...base,
              log: log.child({ component: 'metrics' }),
              client: clientAs('system:metrics'),
              address: machineAddress(config),
              port: 0,
              kubeletAuthority: authority.certificate,
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
      guardSupervisor({ layout, self, clock: systemClock, log }, signal),
      ensureAddons(
        clientAs('kubernetes-admin', ['system:masters']),
        {
          clusterIP: dnsServiceAddress(config),
          servesMetrics: config.components.includes('metrics'),
        },
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
