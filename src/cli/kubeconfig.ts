// `k8ts kubeconfig`: the administrator's credentials, for tools that want a file.

import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { type ClusterOptions, dataDirOption, knownCluster, nameOption } from '#cli/options.ts'

export function kubeconfigCommand(): Command {
  return new Command('kubeconfig')
    .summary("print a cluster's kubeconfig")
    .description(
      "Prints the administrator's kubeconfig. It holds a private key: whoever has it may do everything.",
    )
    .addOption(nameOption())
    .addOption(dataDirOption())
    .action(async (options: ClusterOptions) => {
      const layout = await knownCluster(options)
      const { stringify } = await import('yaml')
      process.stdout.write(stringify(JSON.parse(await readFile(layout.adminKubeconfig, 'utf8'))))
    })
}
