// Audit as the flags wish it: policy, log, webhook, and what is put around each. Defaults are upstream's.
//
// Without a policy nothing is recorded, whatever the other flags say.
// Upstream: staging/src/k8s.io/apiserver/pkg/server/options/audit.go

import { readFile } from 'node:fs/promises'
import { type AuditCounts, type Auditor, auditCounts, createAuditor } from '#apiserver/audit/auditor.ts'
import { type AuditBackend, ignoreErrors, type OnLost, unionBackend } from '#apiserver/audit/backend.ts'
import { type BatchOptions, buffered } from '#apiserver/audit/buffered.ts'
import { logBackend, standardOutput } from '#apiserver/audit/log-backend.ts'
import { readPolicy } from '#apiserver/audit/policy-file.ts'
import { openRotatingFile } from '#apiserver/audit/rotating-file.ts'
import { truncating } from '#apiserver/audit/truncate.ts'
import { webhookBackend } from '#apiserver/audit/webhook-backend.ts'
import { readKubeconfigTarget } from '#apiserver/outbound/kubeconfig.ts'
import type { ServerFlags } from '#cluster/server-flags.ts'
import { UserError } from '#cluster/user-error.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import type { Random } from '#sys/random.ts'

interface AuditBase {
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

const DAY_MS = 86_400_000
const MEGABYTE = 1024 * 1024

const DEFAULTS = {
  log: { mode: 'blocking', maxSize: 1, isThrottled: false, isConcurrent: false },
  webhook: { mode: 'batch', maxSize: 400, isThrottled: true, isConcurrent: true },
} as const

/** Undefined when nothing is to be recorded. Throws UserError for flags and files that cannot be used. */
export async function openAudit(flags: ServerFlags, base: AuditBase): Promise<Auditor | undefined> {
  const file = flags['audit-policy-file']
  const { clock, log } = base
  validate(flags)
  if (file === undefined) return undefined
  const counts = auditCounts()
  try {
    const policy = readPolicy(await readFile(file, 'utf8'), file, (problem) =>
      log.warn({ file, problem }, 'Audit policy contains errors, falling back to lenient decoding'),
    )
    const backends = await backendsOf(flags, base, lossesTo(counts, log))
    if (backends.length === 0) return undefined
    return createAuditor({ policy, backend: unionBackend(backends), counts, clock })
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

async function backendsOf(flags: ServerFlags, base: AuditBase, onLost: OnLost): Promise<AuditBackend[]> {
  const backends: AuditBackend[] = []
  const path = flags['audit-log-path']
  if (path !== undefined) {
    const target =
      path === '-'
        ? standardOutput
        : await openRotatingFile({
            file: path,
            maxBytes: (flags['audit-log-maxsize'] ?? 100) * MEGABYTE,
            maxAgeMs: (flags['audit-log-maxage'] ?? 366) * DAY_MS,
            maxBackups: flags['audit-log-maxbackup'] ?? 100,
            compress: flags['audit-log-compress'] ?? false,
            ...base,
          })
    const backend = logBackend(target, flags['audit-log-format'] ?? 'json', onLost)
    backends.push(wrapped('log', backend, flags, base.clock, onLost))
  }
  const config = flags['audit-webhook-config-file']
  if (config !== undefined) {
    const target = await readKubeconfigTarget(config)
    const initialBackoffMs = flags['audit-webhook-initial-backoff'] ?? 10_000
    const backend = webhookBackend({ ...base, target, initialBackoffMs }, onLost)
    backends.push(wrapped('webhook', backend, flags, base.clock, onLost))
  }
  return backends
}

/** truncate ▶ batch ▶ backend, as upstream puts them around. */
function wrapped(
  name: 'log' | 'webhook',
  backend: AuditBackend,
  flags: ServerFlags,
  clock: Clock,
  onLost: OnLost,
): AuditBackend {
  const mode = flags[`audit-${name}-mode`] ?? DEFAULTS[name].mode
  const moded =
    mode === 'batch'
      ? buffered(backend, batchOptions(name, flags), clock, onLost)
      : mode === 'blocking'
        ? ignoreErrors(backend)
        : backend
  if (!flags[`audit-${name}-truncate-enabled`]) return moded
  return truncating(moded, truncateOptions(name, flags), onLost)
}

function batchOptions(name: 'log' | 'webhook', flags: ServerFlags): BatchOptions {
  const { maxSize, isThrottled, isConcurrent } = DEFAULTS[name]
  return {
    bufferSize: flags[`audit-${name}-batch-buffer-size`] ?? 10_000,
    maxSize: flags[`audit-${name}-batch-max-size`] ?? maxSize,
    maxWaitMs: flags[`audit-${name}-batch-max-wait`] ?? 30_000,
    throttle:
      (flags[`audit-${name}-batch-throttle-enable`] ?? isThrottled)
        ? {
            perSecond: flags[`audit-${name}-batch-throttle-qps`] ?? 10,
            burst: flags[`audit-${name}-batch-throttle-burst`] ?? 15,
          }
        : undefined,
    isConcurrent,
  }
}

const truncateOptions = (name: 'log' | 'webhook', flags: ServerFlags) => ({
  maxEventBytes: flags[`audit-${name}-truncate-max-event-size`] ?? 100 * 1024,
  maxBatchBytes: flags[`audit-${name}-truncate-max-batch-size`] ?? 10 * MEGABYTE,
})

function validate(flags: ServerFlags): void {
  for (const name of ['log', 'webhook'] as const) {
    const batch = batchOptions(name, flags)
    const { maxEventBytes, maxBatchBytes } = truncateOptions(name, flags)
    const positive = {
      'buffer size': batch.bufferSize,
      'max batch size': batch.maxSize,
      ...(batch.throttle && {
        'throttle QPS': batch.throttle.perSecond,
        'throttle burst': batch.throttle.burst,
      }),
    }
    for (const [what, value] of Object.entries(positive)) {
      if (value <= 0)
        throw new UserError(`invalid audit batch ${name} ${what} ${value}, must be a positive number`)
    }
    if (maxEventBytes <= 0)
      throw new UserError(
        `invalid audit truncate ${name} max event size ${maxEventBytes}, must be a positive number`,
      )
    if (maxBatchBytes < maxEventBytes)
      throw new UserError(
        `invalid audit truncate ${name} max batch size ${maxBatchBytes}, must be greater than max event size (${maxEventBytes})`,
      )
  }
}

function lossesTo(counts: AuditCounts, log: Logger): OnLost {
  return (plugin, error, count) => {
    counts.lost[plugin] = (counts.lost[plugin] ?? 0) + count
    log.error({ plugin, count, error: error.message }, 'Error in audit plugin')
  }
}
