// Encryption at rest of a running server: the transformers of its configuration file, and of the newer one once it changes.
//
// A new file takes effect whole or not at all: what it says wrongly is logged, and the old one goes on. The objects in the
// store stay as they are until each is written again; `kubectl get secrets -A -o json | kubectl replace -f -` does that.
// Upstream: staging/src/k8s.io/apiserver/pkg/server/options/encryptionconfig/controller/controller.go

import { readFile } from 'node:fs/promises'
import { readEncryptionConfiguration } from '#apiserver/encryption/configuration.ts'
import type { ValueTransformers } from '#apiserver/encryption/value-transformer.ts'
import type { Clock } from '#sys/clock.ts'
import { followFile } from '#sys/file-changes.ts'
import type { Logger } from '#sys/log.ts'
import type { Random } from '#sys/random.ts'

export interface Encryption {
  readonly transformers: ValueTransformers
  /** Takes over the file when it changes, until `signal` aborts. */
  follow(signal: AbortSignal): Promise<void>
}

export interface EncryptionOptions {
  readonly file: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

/** Reads the file; rejects with upstream's words when it cannot be used. */
export async function openEncryption({ file, clock, random, log }: EncryptionOptions): Promise<Encryption> {
  const content = await readFile(file, 'utf8')
  let current = readEncryptionConfiguration(content, file, random)
  return {
    transformers: { of: (group, resource) => current.of(group, resource) },
    follow: (signal) =>
      followFile(
        {
          file,
          content,
          clock,
          onContent(newer) {
            current = readEncryptionConfiguration(newer, file, random)
            log.info({ file }, 'loaded new encryption config content')
          },
          onFailure: ({ message }) =>
            log.error({ file, error: message }, 'error processing encryption config file'),
        },
        signal,
      ),
  }
}
