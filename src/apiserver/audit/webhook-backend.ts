// Audit events to another server: a POST of an EventList, tried again whatever went wrong.
//
// A review that fails is worth an answer, an event only to be kept: so there is no failure that is not tried again, in
// contrast to other webhooks. Upstream: staging/src/k8s.io/apiserver/plugin/pkg/audit/webhook/webhook.go

import https from 'node:https'
import type { AuditBackend, OnLost } from '#apiserver/audit/backend.ts'
import { encodeEventList } from '#apiserver/audit/event.ts'
import type { Clock } from '#sys/clock.ts'
import { type HttpsTarget, sendHttps } from '#sys/https.ts'
import type { Random } from '#sys/random.ts'

export interface WebhookBackendOptions {
  readonly target: HttpsTarget
  /** The pause after the first failure; each further one is half as long again. */
  readonly initialBackoffMs: number
  readonly clock: Clock
  readonly random: Random
}

const TIMEOUT_MS = 30_000
const TRIES = 5
const PAUSE_FACTOR = 1.5
const PAUSE_JITTER = 0.2

export function webhookBackend(options: WebhookBackendOptions, onLost: OnLost): AuditBackend {
  const { clock, random } = options
  const agent = new https.Agent({ keepAlive: true })
  const target = { ...options.target, agent }

  async function post(body: string): Promise<void> {
    const { code, text } = await sendHttps(target, body, TIMEOUT_MS, clock)
    if (code < 200 || code > 299) throw new Error(`${target.url} answered ${code}: ${text.slice(0, 200)}`)
  }

  return {
    async process(events) {
      const body = encodeEventList(events)
      let pauseMs = options.initialBackoffMs
      for (let tries = 1; ; tries++) {
        try {
          await post(body)
          return true
        } catch (error) {
          if (tries === TRIES) {
            onLost('webhook', error instanceof Error ? error : new Error(String(error)), events.length)
            return false
          }
        }
        await clock.sleep(pauseMs * (1 + random.next() * PAUSE_JITTER))
        pauseMs *= PAUSE_FACTOR
      }
    },
    close: async () => agent.destroy(),
  }
}
