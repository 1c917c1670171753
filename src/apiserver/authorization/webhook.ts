// Permission by a webhook: the request is sent as a SubjectAccessReview, and its status decides.
//
// Answers are remembered for a while, allowed ones usually longer. A webhook that cannot be asked decides nothing or
// denies, as its failure policy has it. Upstream: staging/src/k8s.io/apiserver/plugin/pkg/authorizer/webhook/webhook.go

import type {
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from '#api/types/authorization.ts'
import type { CompiledWebhook } from '#apiserver/authorization/configuration/webhooks.ts'
import { matchesAll } from '#apiserver/authorization/match-conditions.ts'
import { subjectAccessSpec } from '#apiserver/authorization/subject-access.ts'
import { expiringCache } from '#apiserver/expiring-cache.ts'
import type { Webhook } from '#apiserver/outbound/webhook.ts'
import type { Authorizer, Decision } from '#apiserver/request.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

export interface WebhookAuthorizerOptions {
  readonly name: string
  readonly config: Omit<CompiledWebhook, 'target'>
  readonly webhook: Webhook
  readonly clock: Clock
  readonly log: Logger
}

const MAX_ANSWERS = 8192
/** Requests with longer names are not remembered: they may be meant to fill the memory. */
const MAX_REMEMBERED_LENGTH = 10_000

export function webhookAuthorizer(options: WebhookAuthorizerOptions): Authorizer {
  const { config, name, clock, log } = options
  const answers = expiringCache<SubjectAccessReviewStatus>(MAX_ANSWERS, clock)
  const failed = (error: unknown): Decision => ({
    decision: config.onFailure,
    reason: '',
    error: error instanceof Error ? error.message : String(error),
  })

  async function statusOf(spec: SubjectAccessReviewSpec): Promise<SubjectAccessReviewStatus> {
    const key = JSON.stringify(spec)
    const known = answers.get(key)
    if (known) return known
    const status = await ask(options, spec)
    if (controlledLength(spec) < MAX_REMEMBERED_LENGTH) {
      answers.set(key, status, status.allowed ? config.authorizedTtlMs : config.unauthorizedTtlMs)
    }
    return status
  }

  return {
    name,
    async authorize(user, info) {
      const spec = subjectAccessSpec(user, info)
      try {
        if (!matchesAll(config.conditions, spec)) return { decision: 'no-opinion', reason: '' }
      } catch (error) {
        return failed(error)
      }
      try {
        return decisionOf(await statusOf(spec))
      } catch (error) {
        log.warn({ authorizer: name, error: (error as Error).message }, 'an authorization webhook failed')
        return failed(error)
      }
    },
  }
}

async function ask(
  { webhook, config }: WebhookAuthorizerOptions,
  spec: SubjectAccessReviewSpec,
): Promise<SubjectAccessReviewStatus> {
  const { groups, ...rest } = spec
  // v1beta1 has its own name for them
  const sent = config.version === 'v1beta1' && groups ? { ...rest, group: groups } : spec
  const answer = await webhook.ask({
    apiVersion: `authorization.k8s.io/${config.version}`,
    kind: 'SubjectAccessReview',
    metadata: {},
    spec: sent,
    status: { allowed: false },
  })
  return (answer as unknown as SubjectAccessReview).status ?? { allowed: false }
}

function decisionOf({ allowed, denied, reason = '' }: SubjectAccessReviewStatus): Decision {
  if (denied && allowed) {
    return {
      decision: 'deny',
      reason,
      error: 'webhook subject access review returned both allow and deny response',
    }
  }
  return { decision: denied ? 'deny' : allowed ? 'allow' : 'no-opinion', reason }
}

/** The length of what a client chooses freely. */
function controlledLength({ resourceAttributes, nonResourceAttributes }: SubjectAccessReviewSpec): number {
  const texts = Object.values({ ...resourceAttributes, ...nonResourceAttributes }) as unknown[]
  return texts.reduce<number>((length, text) => length + (typeof text === 'string' ? text.length : 0), 0)
}
