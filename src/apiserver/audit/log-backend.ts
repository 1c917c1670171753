// The audit log: one event a line, to a file that is rotated or to the standard output.
//
// Upstream: staging/src/k8s.io/apiserver/plugin/pkg/audit/log/backend.go; the format `legacy` from .../pkg/audit/format.go

import { goQuote } from '#api/meta/field-error.ts'
import type { AuditBackend, OnLost } from '#apiserver/audit/backend.ts'
import { type AuditEvent, encodeEvent } from '#apiserver/audit/event.ts'
import type { RotatingFile } from '#apiserver/audit/rotating-file.ts'

export type LogFormat = 'json' | 'legacy'

export function logBackend(file: RotatingFile, format: LogFormat, onLost: OnLost): AuditBackend {
  const lineOf = format === 'json' ? encodeEvent : legacyLine
  return {
    async process(events) {
      try {
        await file.write(events.map((event) => `${lineOf(event)}\n`).join(''))
        return true
      } catch (error) {
        onLost('log', error instanceof Error ? error : new Error(String(error)), events.length)
        return false
      }
    },
    close: () => file.close(),
  }
}

/** The standard output as a file that is never full. */
export const standardOutput: RotatingFile = {
  write: (text) =>
    new Promise((resolve, reject) =>
      process.stdout.write(text, (error) => (error ? reject(error) : resolve())),
    ),
  close: async () => undefined,
}

function legacyLine(event: AuditEvent): string {
  const { user, impersonatedUser, objectRef, responseStatus } = event
  const words = {
    id: event.auditID,
    stage: event.stage,
    ip: event.sourceIPs[0] ?? '<unknown>',
    method: event.verb,
    user: user.username ?? '<none>',
    groups: listed(user.groups) ?? '<none>',
    as: impersonatedUser ? (impersonatedUser.username ?? '') : '<self>',
    asgroups: listed(impersonatedUser?.groups) ?? '<lookup>',
    'user-agent': event.userAgent ?? '',
    namespace: objectRef?.namespace || '<none>',
    uri: event.requestURI,
    response: String(responseStatus?.['code'] ?? '<deferred>'),
  }
  const pairs = Object.entries(words).map(([name, word]) => `${name}=${goQuote(word)}`)
  return `${event.requestReceivedTimestamp} AUDIT: ${pairs.join(' ')}`
}

const listed = (groups: readonly string[] | undefined): string | undefined => groups?.map(goQuote).join(',')
