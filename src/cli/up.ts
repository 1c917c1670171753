// `k8ts up`: makes a cluster, or brings one back.

import { Command, Option } from 'commander'
import { collect, dataDirOption, integer, list, nameOption } from '#cli/options.ts'
import { createProgress } from '#cli/progress.ts'
import { SELF } from '#cli/self.ts'
import { COMPONENTS, nodeNames } from '#cluster/config.ts'
import { clusterLayout } from '#cluster/layout.ts'
import { UserError } from '#cluster/user-error.ts'
import { untilAborted } from '#sys/abort.ts'
import { systemClock } from '#sys/clock.ts'
import { exists } from '#sys/files.ts'

interface Options {
  readonly name: string
  readonly nodes?: number
  readonly dataDir?: string
  readonly store?: string
  readonly etcdServers?: readonly string[]
  readonly apiPort?: number
  readonly podCidr?: string
  readonly serviceCidr?: string
  readonly components?: readonly string[]
  readonly metrics?: boolean
  readonly apiserverArg?: readonly string[]
  readonly foreground?: boolean
}

export function upCommand(): Command {
  return new Command('up')
    .summary('start a cluster, or bring it back with all its objects')
    .description(
      'Starts a cluster on this machine and returns when all its nodes are Ready. It goes on in the background.',
    )
    .addOption(nameOption())
    .option('--nodes <n>', 'how many nodes (default: 1, or as before)', integer)
    .addOption(dataDirOption())
    .option('--store <kind>', 'where the state lies: embedded or etcd (default: embedded)')
    .option('--etcd-servers <urls>', 'an etcd of your own, URLs with commas between', list)
    .option('--api-port <port>', 'port of the API server (default: 6443)', integer)
    .option('--pod-cidr <cidr>', 'addresses of pods (default: 10.244.0.0/16)')
    .option('--service-cidr <cidr>', 'addresses of services (default: 10.96.0.0/16)')
    .option('--components <list>', `run only these: ${COMPONENTS.join(',')}`, list)
    .option(
      '--metrics',
      'also serve what nodes and pods use: kubectl top, autoscalers (--no-metrics: no more)',
    )
    .addOption(new Option('--no-metrics').hideHelp())
    .option(
      '--apiserver-arg <name=value>',
      'a flag of the API server, see `k8ts apiserver --help`; may be repeated',
      collect,
    )
    .option('--foreground', 'stay, and take the cluster down with Ctrl-C')
    .action(run)
}

async function run(options: Options): Promise<void> {
  const progress = createProgress()
  const interrupt = new AbortController()
  const onSignal = () => interrupt.abort(new UserError('Interrupted: nothing was left running.'))
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)
  const { podCidr, serviceCidr, apiserverArg, foreground: _foreground, ...rest } = options
  const hadCluster = await exists(clusterLayout(options.name, options.dataDir).configFile).catch(() => false)
  const { up } = await import('#cluster/up.ts')
  const takeDown = async (deleteData: boolean) =>
    (await import('#cluster/down.ts')).down({ ...pick(options), deleteData, clock: systemClock })
  try {
    const cluster = await up({
      ...rest,
      ...(podCidr !== undefined && { podCIDR: podCidr }),
      ...(serviceCidr !== undefined && { serviceCIDR: serviceCidr }),
      ...(apiserverArg !== undefined && { apiServerArgs: apiserverArg }),
      self: SELF,
      progress,
      signal: interrupt.signal,
    })
    interrupt.signal.throwIfAborted()
    const names = nodeNames(cluster.config)
    progress.done(
      cluster.wasStarted
        ? `cluster ${cluster.config.name} is up${names.length > 0 ? `: ${names.join(', ')} Ready` : ''}`
        : `cluster ${cluster.config.name} was up already`,
    )
    process.stderr.write(`kubectl uses it now (context k8ts-${cluster.config.name})\n`)
  } catch (error) {
    progress.end()
    if (interrupt.signal.aborted) await takeDown(!hadCluster)
    throw error
  }
  if (!options.foreground) return
  await untilAborted(interrupt.signal)
  await takeDown(false)
}

const pick = ({ name, dataDir }: Options) => ({ name, ...(dataDir !== undefined && { dataDir }) })
