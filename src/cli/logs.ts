// `k8ts logs`: what the cluster's own processes wrote.

import { open, readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { Command } from 'commander'
import { type ClusterOptions, dataDirOption, integer, knownCluster, nameOption } from '#cli/options.ts'
import { UserError } from '#cluster/user-error.ts'
import { systemClock } from '#sys/clock.ts'

interface Options extends ClusterOptions {
  readonly follow?: boolean
  readonly tail: number
}

const FOLLOW_MS = 200
const CHUNK = 64 * 1024

export function logsCommand(): Command {
  return new Command('logs')
    .summary("print the logs of a cluster's processes")
    .description(
      'Prints the log of one process (control-plane, node-1, containerd-1, supervisor, …), or the names of all.',
    )
    .argument('[component]', 'which process')
    .addOption(nameOption())
    .addOption(dataDirOption())
    .option('-f, --follow', 'go on printing what is added')
    .option('--tail <lines>', 'how many of the last lines', integer, 200)
    .action(run)
}

async function run(component: string | undefined, options: Options): Promise<void> {
  const layout = await knownCluster(options)
  const names = (await readdir(layout.logDir).catch(() => []))
    .filter((name) => name.endsWith('.log'))
    .map((name) => name.slice(0, -4))
  if (component === undefined) {
    process.stdout.write(`${names.sort().join('\n')}\n`)
    return
  }
  const name = names.includes(component)
    ? component
    : names.find((candidate) => candidate.startsWith(component))
  if (name === undefined)
    throw new UserError(
      `There is no log ${JSON.stringify(component)}: choose one of ${names.sort().join(', ')}.`,
    )
  const file = path.join(layout.logDir, `${name}.log`)
  let position = await printTail(file, options.tail)
  while (options.follow) {
    const { size } = await stat(file)
    if (size < position) position = 0
    if (size > position) position = await printFrom(file, position)
    else await systemClock.sleep(FOLLOW_MS)
  }
}

/** Prints the last lines; gives where the file ended. */
async function printTail(file: string, lines: number): Promise<number> {
  const handle = await open(file)
  try {
    const { size } = await handle.stat()
    let text = ''
    for (let start = size; start > 0 && text.split('\n').length <= lines + 1; ) {
      const length = Math.min(CHUNK, start)
      start -= length
      const { buffer } = await handle.read(Buffer.alloc(length), 0, length, start)
      text = buffer.toString() + text
    }
    const wanted = text
      .split('\n')
      .slice(-lines - 1)
      .join('\n')
    process.stdout.write(wanted)
    return size
  } finally {
    await handle.close()
  }
}

async function printFrom(file: string, position: number): Promise<number> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(CHUNK), 0, CHUNK, position)
    process.stdout.write(buffer.subarray(0, bytesRead))
    return position + bytesRead
  } finally {
    await handle.close()
  }
}
