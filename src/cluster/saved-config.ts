// A cluster's configuration in its data directory: written by the first `up`, read by everything after.

import { mkdir } from 'node:fs/promises'
import type { ClusterConfig } from '#cluster/config.ts'
import type { ClusterLayout } from '#cluster/layout.ts'
import { UserError } from '#cluster/user-error.ts'
import { codeOf, readTextIfExists, writeFileAtomically } from '#sys/files.ts'

/** What is kept; undefined when the cluster has never been. */
export async function readConfig(layout: ClusterLayout): Promise<ClusterConfig | undefined> {
  const text = await readTextIfExists(layout.configFile)
  if (text === undefined) return undefined
  let config: Partial<ClusterConfig>
  try {
    config = JSON.parse(text)
  } catch (error) {
    throw new UserError(
      `${layout.configFile} is damaged: restore it, or begin anew by deleting ${layout.dataDir}.`,
      { cause: error },
    )
  }
  if (config.formatVersion !== 1) {
    throw new UserError(
      `${layout.dataDir} was made by another version of k8ts (format ${config.formatVersion}, this one reads 1): use that version, or another --data-dir.`,
    )
  }
  return config as ClusterConfig
}

export async function writeConfig(layout: ClusterLayout, config: ClusterConfig): Promise<void> {
  try {
    await mkdir(layout.dataDir, { recursive: true, mode: 0o700 })
    await writeFileAtomically(layout.configFile, `${JSON.stringify(config, undefined, 2)}\n`, 0o600)
  } catch (error) {
    const reason = codeOf(error) || String(error)
    throw new UserError(
      `${layout.dataDir} cannot be written (${reason}): free or mount it, or choose another --data-dir.`,
      { cause: error },
    )
  }
}
