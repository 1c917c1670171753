// What all commands of single components have in common: a kubeconfig, a log, and the end by a signal.

import { hostname } from 'node:os'
import { Command } from 'commander'
import { clientFrom, type KubeconfigClient } from '#cli/kubeconfig-client.ts'
import { runUntilSignal } from '#cli/process.ts'
import { systemClock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import { systemRandom } from '#sys/random.ts'

export interface CommonOptions {
  readonly kubeconfig: string
}

export type RunComponent<Options> = (
  access: KubeconfigClient,
  log: Logger,
  options: Options,
  signal: AbortSignal,
) => Promise<void>

/** Real time and real chance. */
export const BASE = { clock: systemClock, random: systemRandom }

/** Two instances on one machine are two, also for the lease that only one of them may hold. */
export const instanceName = (): string => `${hostname()}_${systemRandom.uuid()}`

export function component<Options extends CommonOptions>(
  name: string,
  summary: string,
  run: RunComponent<Options>,
): Command {
  return new Command(name)
    .summary(`one component alone: ${summary}`)
    .description(`Runs the ${name} alone: it ${summary}.`)
    .requiredOption('--kubeconfig <file>', 'where the API server is, and who one is')
    .action((options: Options) =>
      runUntilSignal(name, (log, signal) => run(clientFrom(options.kubeconfig, name), log, options, signal)),
    )
}
