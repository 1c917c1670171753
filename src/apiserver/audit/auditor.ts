// Audit of a server: judges each request by the policy, and gives those that are to be recorded a RequestAudit.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/filters/{audit,authn_audit}.go

import type { AuditBackend } from '#apiserver/audit/backend.ts'
import { LEVELS, type Level } from '#apiserver/audit/event.ts'
import { evaluatePolicy, type Policy } from '#apiserver/audit/policy.ts'
import { RequestAudit } from '#apiserver/audit/request-audit.ts'
import type { ApiRequest } from '#apiserver/exchange.ts'
import type { RequestHead, RequestInfo, UserInfo } from '#apiserver/request.ts'
import type { Clock } from '#sys/clock.ts'

export interface Auditor {
  /** Undefined when the policy does not want to know. */
  audit(
    request: ApiRequest,
    info: RequestInfo,
    user: UserInfo | undefined,
    trail: {
      readonly auditId: string
      readonly receivedMs: number
      readonly annotations: ReadonlyMap<string, string>
    },
  ): RequestAudit | undefined
  readonly counts: AuditCounts
  /** Resolves when every event has been written. */
  close(): Promise<void>
}

/** What has happened since the start, for the metrics. */
export interface AuditCounts {
  events: number
  rejected: number
  readonly levels: Record<Level, number>
  /** Lost events by the backend that lost them. */
  readonly lost: Record<string, number>
}

export const auditCounts = (): AuditCounts => ({
  events: 0,
  rejected: 0,
  levels: Object.fromEntries(LEVELS.map((level) => [level, 0])) as Record<Level, number>,
  lost: {},
})

export interface AuditorOptions {
  readonly policy: Policy
  readonly backend: AuditBackend
  readonly counts: AuditCounts
  readonly clock: Clock
}

export function createAuditor({ policy, backend, counts, clock }: AuditorOptions): Auditor {
  const counting: AuditBackend = {
    process(events) {
      counts.events += events.length
      return backend.process(events)
    },
    close: () => backend.close(),
  }
  return {
    counts,
    audit(request, info, user, trail) {
      const config = evaluatePolicy(policy, user, info)
      counts.levels[config.level]++
      if (config.level === 'None') return undefined
      return new RequestAudit({ config, backend: counting, clock, request, info, user, ...trail })
    },
    close: () => counting.close(),
  }
}

/** What a request without a user had tried to be one. */
export function triedCredentials(head: RequestHead): string {
  const authorization = head.headers['authorization']
  const [scheme = '', ...rest] = typeof authorization === 'string' ? authorization.trim().split(' ') : []
  const tried = [
    ...(/^basic$/i.test(scheme) && rest.length > 0 ? ['basic'] : []),
    ...(/^bearer$/i.test(scheme) && rest.length > 0 ? ['bearer'] : []),
    ...(head.query.get('access_token') ? ['access_token'] : []),
    ...(head.clientCertificates ? ['x509'] : []),
  ]
  if (tried.length === 0) return 'Authentication failed, no credentials provided'
  return `Authentication failed, attempted: ${tried.join(', ')}`
}
