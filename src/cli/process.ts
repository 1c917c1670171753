// `k8ts process …`: what the supervisor starts. Not for people; shown by no help.

import { setMaxListeners } from 'node:events'
import { Command } from 'commander'
import { type ClusterOptions, dataDirOption, integer, layoutOf, nameOption } from '#cli/options.ts'
import { SELF } from '#cli/self.ts'
import type { ClusterConfig } from '#cluster/config.ts'
import type { ClusterLayout } from '#cluster/layout.ts'
import { readConfig } from '#cluster/saved-config.ts'
import { UserError } from '#cluster/user-error.ts'
import { systemClock } from '#sys/clock.ts'
import { createLogger, type Logger } from '#sys/log.ts'

type Body<Options> = (
  layout: ClusterLayout,
  config: ClusterConfig,
  log: Logger,
  signal: AbortSignal,
  options: Options,
) => Promise<void>

/** Each process loads only what it needs: a supervisor is small and starts at once. */
export function processCommand(): Command {
  const command = new Command('process')
  add(command, 'supervisor', async (layout, config, log, signal) => {
    const { runSupervisor } = await import('#cluster/supervisor/supervisor.ts')
    await runSupervisor({ layout, config, self: SELF, clock: systemClock, log }, signal)
  })
  add(command, 'control-plane', async (layout, config, log, signal) => {
    const { runControlPlane } = await import('#cluster/processes/control-plane.ts')
    await runControlPlane(layout, config, SELF, log, signal)
  })
  add<ClusterOptions & { readonly index: number }>(
    command,
    'node',
    async (layout, config, log, signal, { index }) => {
      const { runNode } = await import('#cluster/processes/node.ts')
      await runNode(layout, config, index, log, signal)
    },
  ).requiredOption('--index <n>', 'its number', integer)
  return command
}

function add<Options extends ClusterOptions>(parent: Command, name: string, body: Body<Options>): Command {
  return parent
    .command(name)
    .addOption(nameOption())
    .addOption(dataDirOption())
    .action(async (options: Options) => {
      const layout = layoutOf(options)
      const config = await readConfig(layout)
      if (!config) throw new UserError(`There is no cluster in ${layout.dataDir}.`)
      const run = (log: Logger, signal: AbortSignal) => body(layout, config, log, signal, options)
      await runUntilSignal(name, run, `k8ts-${name} ${layout.name}`)
    })
}

/** Runs until SIGTERM or SIGINT and ends when everything has; a failure is logged and is the exit code. */
export async function runUntilSignal(
  name: string,
  body: (log: Logger, signal: AbortSignal) => Promise<void>,
  title = `k8ts-${name}`,
): Promise<void> {
  process.title = title
  const log = createLogger(name)
  const stop = new AbortController()
  // Informers, queues and requests of a whole process listen to it.
  setMaxListeners(0, stop.signal)
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => stop.abort(new Error(signal)))
  let code = 0
  try {
    await body(log, stop.signal)
  } catch (error) {
    log.error({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }, 'ended')
    code = 1
  }
  process.exit(code)
}
