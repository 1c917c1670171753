// `k8ts image load|list`: images for the nodes, without a registry.

import { Command } from 'commander'
import { type ClusterOptions, dataDirOption, knownCluster, nameOption, outputOption } from '#cli/options.ts'
import { importArchive, listImages } from '#cluster/images/load.ts'
import type { NodeLayout } from '#cluster/layout.ts'
import { readConfig } from '#cluster/saved-config.ts'
import { nodeLayouts } from '#cluster/supervisor/processes.ts'
import { UserError } from '#cluster/user-error.ts'
import { exists } from '#sys/files.ts'

export function imageCommand(): Command {
  const command = new Command('image')
    .summary('load images into the nodes, or list them')
    .description('Images of the nodes.')
  command
    .command('load')
    .description('Loads image archives (as `docker save` or an OCI tool writes them) into every node.')
    .argument('<files...>', 'archives')
    .addOption(nameOption())
    .addOption(dataDirOption())
    .action(load)
  command
    .command('list')
    .description('Lists the images of every node.')
    .addOption(nameOption())
    .addOption(dataDirOption())
    .addOption(outputOption())
    .action(list)
  return command
}

async function load(files: readonly string[], options: ClusterOptions): Promise<void> {
  for (const file of files) if (!(await exists(file))) throw new UserError(`There is no file ${file}.`)
  await Promise.all(
    (await runningNodes(options)).map(async (node) => {
      for (const file of files) {
        const names = await importArchive(node.containerdSocket, file)
        process.stderr.write(`${node.name}: ${names.join(', ') || file}\n`)
      }
    }),
  )
}

async function list(options: ClusterOptions & { readonly output: string }): Promise<void> {
  const nodes = await runningNodes(options)
  const images = await Promise.all(
    nodes.map(async (node) => ({ node: node.name, images: await listImages(node.containerdSocket) })),
  )
  if (options.output === 'json') process.stdout.write(`${JSON.stringify(images, undefined, 2)}\n`)
  else
    for (const { node, images: names } of images)
      for (const name of names) process.stdout.write(`${node}\t${name}\n`)
}

async function runningNodes(options: ClusterOptions): Promise<readonly NodeLayout[]> {
  const layout = await knownCluster(options)
  const config = await readConfig(layout)
  const nodes = config ? nodeLayouts(layout, config) : []
  for (const node of nodes) {
    if (!(await exists(node.containerdSocket)))
      throw new UserError(`Cluster ${options.name} is down: start it with 'k8ts up'.`)
  }
  return nodes
}
