// `k8ts kubectl …`: kubectl against this cluster, whatever the current context is.

import { spawn } from 'node:child_process'
import { Command } from 'commander'
import { type ClusterOptions, dataDirOption, knownCluster, nameOption } from '#cli/options.ts'

export function kubectlCommand(): Command {
  return new Command('kubectl')
    .summary('run kubectl against a cluster')
    .description(
      'Runs the kubectl on PATH, or the one that comes with k8ts where there is none: k8ts kubectl get pods',
    )
    .addOption(nameOption())
    .addOption(dataDirOption())
    .argument('[args...]', 'what to pass on to kubectl')
    .passThroughOptions()
    .allowUnknownOption()
    .helpOption(false)
    .action(async (args: readonly string[], options: ClusterOptions) => {
      const layout = await knownCluster(options)
      const { findKubectl } = await import('#cluster/kubectl.ts')
      const env = { ...process.env, KUBECONFIG: layout.adminKubeconfig }
      const child = spawn(await findKubectl(), args, { stdio: 'inherit', env })
      process.exitCode = await new Promise<number>((resolve, reject) => {
        child.once('error', reject)
        child.once('exit', (code) => resolve(code ?? 1))
      })
    })
}
