// `k8ts down`: takes a cluster away.

import { Command } from 'commander'
import { type ClusterOptions, dataDirOption, nameOption } from '#cli/options.ts'
import { checkMachine } from '#cluster/packages.ts'
import { systemClock } from '#sys/clock.ts'

export function downCommand(): Command {
  return new Command('down')
    .summary('stop a cluster and remove all traces of it but its data')
    .description(
      'Stops everything and removes namespaces, links, packet rules, mounts, cgroups, containers and the kubectl context. The next up brings the same cluster back.',
    )
    .addOption(nameOption())
    .addOption(dataDirOption())
    .option('--delete-data', 'forget its objects and images too')
    .action(async (options: ClusterOptions & { readonly deleteData?: boolean }) => {
      checkMachine()
      const { down } = await import('#cluster/down.ts')
      const wasThere = await down({ ...options, deleteData: options.deleteData ?? false, clock: systemClock })
      const what = options.deleteData ? 'is gone, with its data' : 'is down; its data is kept'
      process.stderr.write(
        wasThere ? `cluster ${options.name} ${what}\n` : `there is no cluster ${options.name}\n`,
      )
    })
}
