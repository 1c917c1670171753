// ServiceAccount tokens for pods: asked of the API server, bound to the pod, renewed long before they expire.
//
// Upstream: pkg/kubelet/token/token_manager.go

import type { Pod, ServiceAccountTokenProjection } from '#api/types/core.ts'
import type { Client } from '#client/client.ts'
import { requestToken } from '#client/token-request.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import type { Random } from '#sys/random.ts'

export interface ServiceAccountTokens {
  get(pod: Pod, projection: ServiceAccountTokenProjection): Promise<string>
  /** Wall time in milliseconds when the first token of a pod is due for renewal; undefined when it has none. */
  renewAt(uid: string): number | undefined
  forget(uid: string): void
}

interface Held {
  readonly token: string
  readonly renewAt: number
  readonly expiresAt: number
}

const LONGEST_USE_MS = 24 * 3600 * 1000
const DEFAULT_SECONDS = 3600
const MAX_JITTER_MS = 10_000
/** A renewal that failed is tried again after this. */
const RETRY_MS = 10_000

export function createServiceAccountTokens(options: {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}): ServiceAccountTokens {
  const { client, clock, random, log } = options
  /** By pod, then by what was asked for. */
  const held = new Map<string, Map<string, Held>>()

  async function request(pod: Pod, projection: ServiceAccountTokenProjection): Promise<Held> {
    const { name = '', namespace = '', uid = '' } = pod.metadata ?? {}
    const expirationSeconds = projection.expirationSeconds ?? DEFAULT_SECONDS
    const account = pod.spec?.serviceAccountName || 'default'
    const { token, expiresAt, lifeMs } = await requestToken(client, namespace, account, {
      audiences: projection.audience ? [projection.audience] : [],
      expirationSeconds,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
    })
    const jitter = random.next() * MAX_JITTER_MS
    const renewAt = Math.min(expiresAt - lifeMs + LONGEST_USE_MS, expiresAt - lifeMs * 0.2) - jitter
    return { token, renewAt, expiresAt }
  }

  return {
    async get(pod, projection) {
      const uid = pod.metadata?.uid ?? ''
      const tokens = held.get(uid) ?? new Map<string, Held>()
      const key = JSON.stringify([projection.audience ?? '', projection.expirationSeconds ?? DEFAULT_SECONDS])
      const current = tokens.get(key)
      if (current && clock.now() < current.renewAt) return current.token
      try {
        const fresh = await request(pod, projection)
        tokens.set(key, fresh)
        held.set(uid, tokens)
        return fresh.token
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        if (!current) throw new Error(`failed to fetch token: ${why}`, { cause: error })
        if (clock.now() > current.expiresAt)
          throw new Error(`token expired and refresh failed: ${why}`, { cause: error })
        log.warn({ pod: pod.metadata?.name, error: why }, 'token was not renewed, the old one is still good')
        tokens.set(key, { ...current, renewAt: clock.now() + RETRY_MS })
        return current.token
      }
    },
    renewAt(uid) {
      const times = [...(held.get(uid)?.values() ?? [])].map(({ renewAt }) => renewAt)
      return times.length > 0 ? Math.min(...times) : undefined
    },
    forget: (uid) => held.delete(uid),
  }
}
