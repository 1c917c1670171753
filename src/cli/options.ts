// Options that several commands share, and how they are read.

import path from 'node:path'
import { InvalidArgumentError, Option } from 'commander'
import { checkName, DEFAULT_NAME } from '#cluster/config.ts'
import { type ClusterLayout, clusterLayout } from '#cluster/layout.ts'
import { UserError } from '#cluster/user-error.ts'
import { exists } from '#sys/files.ts'

export const nameOption = (): Option => new Option('--name <name>', 'which cluster').default(DEFAULT_NAME)
export const dataDirOption = (): Option =>
  new Option('--data-dir <dir>', 'where its data lies (default: /var/lib/k8ts/NAME)').argParser((text) =>
    path.resolve(text),
  )
export const outputOption = (): Option =>
  new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text')

export interface ClusterOptions {
  readonly name: string
  readonly dataDir?: string
}

export function integer(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('It takes a whole number.')
  return value
}

export const list = (text: string): readonly string[] => text.split(',').filter((part) => part !== '')

/** For an option that may be repeated. */
export const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text]

export const layoutOf = (options: ClusterOptions): ClusterLayout =>
  clusterLayout(checkName(options.name), options.dataDir)

/** The layout of a cluster that has been made; a friendly word where it has not. */
export async function knownCluster(options: ClusterOptions): Promise<ClusterLayout> {
  const layout = layoutOf(options)
  if (await exists(layout.configFile)) return layout
  const flag = options.name === DEFAULT_NAME ? '' : ` --name ${options.name}`
  throw new UserError(`There is no cluster ${options.name}: make it with 'k8ts up${flag}'.`)
}
