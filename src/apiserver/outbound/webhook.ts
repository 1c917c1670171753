// A webhook that answers reviews: an object is posted, the same kind of object comes back with its status filled.
//
// What may be a passing trouble (a broken connection, 429, 500, 504, Retry-After) is tried again with growing pauses,
// five times in all; anything else fails at once. Upstream: staging/src/k8s.io/apiserver/pkg/util/webhook/webhook.go

import https from 'node:https'
import { parsePlain } from '#api/codec/json.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { Clock } from '#sys/clock.ts'
import { type HttpsAnswer, type HttpsTarget, sendHttps, UnreachableError } from '#sys/https.ts'
import type { Random } from '#sys/random.ts'

export interface WebhookOptions {
  readonly target: HttpsTarget
  /** For each try. */
  readonly timeoutMs: number
  readonly clock: Clock
  readonly random: Random
}

export interface Webhook {
  /** The answer to `review`; throws an Error that says what was tried. */
  ask(review: JsonObject): Promise<JsonObject>
  /** Closes the connections that are kept. */
  close(): void
}

const TRIES = 5
const FIRST_PAUSE_MS = 500
const PAUSE_FACTOR = 1.5
const PAUSE_JITTER = 0.2
const MAX_CONNECTIONS = 64

export function createWebhook(options: WebhookOptions): Webhook {
  const { clock, random, timeoutMs } = options
  const agent = new https.Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS })
  const target = { ...options.target, agent }

  /** The answer, or the error with which to try again. */
  async function tryOnce(body: string): Promise<JsonObject | RetriableError> {
    try {
      return readAnswer(target.url, await sendHttps(target, body, timeoutMs, clock))
    } catch (error) {
      if (error instanceof RetriableError) return error
      if (error instanceof UnreachableError && RESETS.has(error.code))
        return new RetriableError(error.message)
      throw error
    }
  }

  return {
    async ask(review) {
      const body = JSON.stringify(review)
      let pause = FIRST_PAUSE_MS
      for (let tries = 1; ; tries++) {
        const outcome = await tryOnce(body)
        if (!(outcome instanceof RetriableError)) return outcome
        if (tries === TRIES) throw outcome
        await clock.sleep(pause * (1 + random.next() * PAUSE_JITTER))
        pause *= PAUSE_FACTOR
      }
    },
    close: () => agent.destroy(),
  }
}

class RetriableError extends Error {}

/** A connection that was there and broke off, as kept ones do when the other end restarts. */
const RESETS: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE'])
const RETRIABLE_CODES: ReadonlySet<number> = new Set([429, 500, 504])

function readAnswer(url: string, { code, text, retryAfterSeconds }: HttpsAnswer): JsonObject {
  if (code < 200 || code > 299) {
    const message = `${JSON.stringify(url)} answered ${code}${text === '' ? '' : `: ${text.slice(0, 200)}`}`
    const isRetriable = RETRIABLE_CODES.has(code) || retryAfterSeconds !== undefined
    throw isRetriable ? new RetriableError(message) : new Error(message)
  }
  const value = parsePlain(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${JSON.stringify(url)} did not answer with a JSON object`)
  }
  return value as JsonObject
}
