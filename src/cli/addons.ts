// `k8ts addons`: makes what a cluster has although no component owns it, where the components run alone.
//
// `k8ts up` does it by itself. Run again it changes nothing.

import { Command } from 'commander'
import { clientFrom } from '#cli/kubeconfig-client.ts'
import { ensureAddons } from '#cluster/processes/addons.ts'
import { systemClock } from '#sys/clock.ts'
import { createLogger } from '#sys/log.ts'

const WAIT_MS = 30_000

export function addonsCommand(): Command {
  return new Command('addons')
    .summary('for single components: the Service of cluster DNS, rights of DNS, pod network, metrics')
    .description(
      'Makes the Service of cluster DNS and the rights of the DNS servers, the pod network and the metrics, where they are missing.',
    )
    .requiredOption('--kubeconfig <file>', 'where the API server is, as an administrator')
    .option('--cluster-dns <address>', 'address of cluster DNS', '10.96.0.10')
    .action(async ({ kubeconfig, clusterDns }: { kubeconfig: string; clusterDns: string }) => {
      const { client } = clientFrom(kubeconfig, 'addons')
      const deadline = AbortSignal.timeout(WAIT_MS)
      const options = { clusterIP: clusterDns, servesMetrics: true }
      await ensureAddons(client, options, systemClock, createLogger('addons'), deadline)
      deadline.throwIfAborted()
    })
}
