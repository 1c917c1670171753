// `k8ts version`.

import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { outputOption } from '#cli/options.ts'

/** The API that it serves. */
const KUBERNETES_VERSION = 'v1.36'

export function versionCommand(): Command {
  return new Command('version')
    .summary('print versions')
    .addOption(outputOption())
    .action(({ output }: { readonly output: string }) => {
      const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
        version: string
      }
      const versions = { k8ts: manifest.version, kubernetes: KUBERNETES_VERSION, node: process.version }
      if (output === 'json') process.stdout.write(`${JSON.stringify(versions, undefined, 2)}\n`)
      else
        process.stdout.write(
          `k8ts ${versions.k8ts} (Kubernetes ${versions.kubernetes}, Node ${versions.node})\n`,
        )
    })
}
