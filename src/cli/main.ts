// The `k8ts` command: what a person types. Each command is a file; this one joins them and ends with an exit code.
//
// What a command is asked for goes to stdout, everything else (progress, errors) to stderr, so that output can
// be piped. Exit code 1: it did not work, and the message says why; 2: the command line itself was wrong.

import { Command, CommanderError } from 'commander'
import { StatusError } from '#api/meta/status.ts'
import { addonsCommand } from '#cli/addons.ts'
import { apiServerCommand } from '#cli/apiserver.ts'
import { componentCommands } from '#cli/components.ts'
import { downCommand } from '#cli/down.ts'
import { imageCommand } from '#cli/image.ts'
import { kubeconfigCommand } from '#cli/kubeconfig.ts'
import { kubectlCommand } from '#cli/kubectl.ts'
import { logsCommand } from '#cli/logs.ts'
import { processCommand } from '#cli/process.ts'
import { statusCommand } from '#cli/status.ts'
import { upCommand } from '#cli/up.ts'
import { versionCommand } from '#cli/version.ts'
import { UserError } from '#cluster/user-error.ts'

const DESCRIPTION = `k8ts: Kubernetes on this machine, in seconds, without Docker and without a virtual machine.

  k8ts up                        a cluster of one node; kubectl works at once
  kubectl apply -f app.yaml      use it as any other cluster
  k8ts down                      take it away again; its objects are kept for the next up`

async function main(args: readonly string[]): Promise<number> {
  const program = new Command('k8ts').description(DESCRIPTION).enablePositionalOptions().exitOverride()
  program.configureHelp({ sortSubcommands: false, showGlobalOptions: false })
  const commands = [
    upCommand(),
    downCommand(),
    statusCommand(),
    logsCommand(),
    kubectlCommand(),
    kubeconfigCommand(),
    imageCommand(),
    versionCommand(),
    apiServerCommand(),
    ...componentCommands(),
    addonsCommand(),
  ]
  for (const command of commands) program.addCommand(command.exitOverride())
  program.addCommand(processCommand().exitOverride(), { hidden: true })
  for (const command of program.commands) command.copyInheritedSettings(program)
  try {
    await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    return report(error)
  }
}

/** Says what went wrong, in one line where a person can do something about it. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof UserError || error instanceof StatusError)
    process.stderr.write(`k8ts: ${error.message}\n`)
  else
    process.stderr.write(`k8ts: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return 1
}

const code = await main(process.argv.slice(2))
// Connections that are kept for the next request must not keep the program; what was printed must be out.
process.stdout.write('', () => process.exit(process.exitCode ?? code))
