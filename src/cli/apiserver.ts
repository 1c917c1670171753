// `k8ts apiserver`: the API server alone, for those who run the other components elsewhere or take the originals.
//
// Its authority and certificates are made in --pki-dir when they are not there; several servers may share one
// etcd and one copy of that folder.

import { networkInterfaces } from 'node:os'
import path from 'node:path'
import { Command, Option } from 'commander'
import { integer, list } from '#cli/options.ts'
import { runUntilSignal } from '#cli/process.ts'
import { readServerFlag, SERVER_FLAGS, type ServerFlags } from '#cluster/server-flags.ts'
import { systemClock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import { systemRandom } from '#sys/random.ts'

interface Options {
  readonly dataDir: string
  readonly pkiDir?: string
  readonly etcdServers?: readonly string[]
  readonly port: number
  readonly bindAddress: string
  readonly advertiseAddress: string
  readonly serviceCidr: string
}

export function apiServerCommand(): Command {
  const folder = (text: string) => path.resolve(text)
  let flags: ServerFlags = {}
  const command = new Command('apiserver')
    .summary('one component alone: the only door to the state')
    .description(
      'Runs the API server alone. Its certificates are made where they are missing; the administrator is admin.crt.',
    )
    .requiredOption(
      '--data-dir <dir>',
      'where the embedded store and, by default, the certificates lie',
      folder,
    )
    .option('--pki-dir <dir>', 'where its certificates lie (default: pki in the data directory)', folder)
    .option('--etcd-servers <urls>', 'an etcd instead of the embedded store, URLs with commas between', list)
    .option('--port <port>', 'where it listens', integer, 6443)
    .option('--bind-address <address>', 'where it listens', '::')
    .option('--advertise-address <address>', 'where the others reach it', ownAddress())
    .option('--service-cidr <cidr>', 'addresses of services', '10.96.0.0/16')
    .action((options: Options) =>
      runUntilSignal('apiserver', (log, signal) => serve({ ...options, flags }, log, signal)),
    )
  for (const [name, flag] of Object.entries(SERVER_FLAGS)) {
    const isSwitch = !('placeholder' in flag)
    const option = new Option(`--${name} ${isSwitch ? '[true|false]' : flag.placeholder}`, flag.help)
    option.argParser((text) => {
      flags = { ...flags, ...readServerFlag(name, text) }
      return text
    })
    command.addOption(isSwitch ? option.preset('true') : option)
  }
  return command
}

/** The machine's first address that others reach; without a network only itself does. */
function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  const outer = addresses.filter(({ internal, family }) => !internal && family === 'IPv4')
  return outer[0]?.address ?? '127.0.0.1'
}

async function serve(
  options: Options & { readonly flags: ServerFlags },
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const { runApiServer } = await import('#cluster/processes/api-server.ts')
  const pkiDir = options.pkiDir ?? path.join(options.dataDir, 'pki')
  await runApiServer({ ...options, pkiDir, clock: systemClock, random: systemRandom, log }, signal)
}
