// Renews certificates while the cluster runs, so that it may run for years.
//
// Looks twice a day; who serves or uses a renewed certificate is told and reads it again. A failure (full disk) is
// logged and tried again the next time: there are months between two thirds of a year and its end.

import type { CertificateSpec } from '#cluster/pki/certificates.ts'
import type { ClusterPki } from '#cluster/pki/store.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

const CHECK_PERIOD_MS = 12 * 60 * 60 * 1000

export interface RenewalOptions {
  readonly pki: Pick<ClusterPki, 'ensure'>
  /** Asked each time, since nodes come and go. */
  specs(): readonly CertificateSpec[]
  /** Names of what was renewed, all of one round at once. */
  onRenewed(names: readonly string[]): Promise<void>
  readonly clock: Clock
  readonly log: Logger
}

/** Runs until `signal` aborts. */
export async function runRenewal(options: RenewalOptions, signal: AbortSignal): Promise<void> {
  const { clock, log } = options
  while (!signal.aborted) {
    await clock.sleep(CHECK_PERIOD_MS, signal).catch(() => undefined)
    if (signal.aborted) return
    try {
      const renewed = await options.pki.ensure(options.specs())
      if (renewed.length === 0) continue
      log.info({ certificates: renewed }, 'renewed certificates')
      await options.onRenewed(renewed)
    } catch (error) {
      log.error({ error: String(error) }, 'could not renew certificates')
    }
  }
}
