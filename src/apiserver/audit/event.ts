// An audit event: who asked for what, when, and what came of it, at one stage of a request.
//
// The same event goes to the log and to the webhook as the same JSON, field by field in the order in which kube-apiserver
// writes it. Request and response are kept as JSON text: they are encoded when they pass, since they change afterwards.
// Upstream: staging/src/k8s.io/apiserver/pkg/apis/audit/v1/types.go

import { escapeMarkup, goJson } from '#api/meta/field-error.ts'
import type { JsonObject } from '#api/meta/object.ts'

/** How much is recorded, in rising order. */
export const LEVELS = ['None', 'Metadata', 'Request', 'RequestResponse'] as const
export type Level = (typeof LEVELS)[number]

/** When: as the request comes in, when a long one begins to be answered, when it is over, or when it failed badly. */
export const STAGES = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const
export type Stage = (typeof STAGES)[number]

export const isAtLeast = (level: Level, least: Level): boolean =>
  LEVELS.indexOf(level) >= LEVELS.indexOf(least)

export interface AuditUser {
  readonly username?: string
  readonly uid?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

export interface ObjectReference {
  resource?: string
  namespace?: string
  name?: string
  uid?: string
  apiGroup?: string
  apiVersion?: string
  resourceVersion?: string
  subresource?: string
}

export interface AuditEvent {
  readonly level: Level
  readonly auditID: string
  readonly stage: Stage
  readonly requestURI: string
  readonly verb: string
  readonly user: AuditUser
  readonly impersonatedUser?: AuditUser | undefined
  readonly authenticationMetadata?: { readonly impersonationConstraint: string } | undefined
  readonly sourceIPs: readonly string[]
  readonly userAgent?: string | undefined
  readonly objectRef?: ObjectReference | undefined
  /** Without `metadata`, which is always empty. */
  readonly responseStatus?: JsonObject | undefined
  /** JSON. */
  readonly requestObject?: string | undefined
  readonly responseObject?: string | undefined
  readonly requestReceivedTimestamp: string
  readonly stageTimestamp: string
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

const TYPE = { kind: 'Event', apiVersion: 'audit.k8s.io/v1' }

/** One line of JSON, without its end. */
export function encodeEvent(event: AuditEvent): string {
  const { requestObject, responseObject, requestReceivedTimestamp, stageTimestamp, annotations, ...head } =
    event
  const { responseStatus } = head
  const before = {
    ...TYPE,
    ...head,
    ...(responseStatus && { responseStatus: { metadata: {}, ...responseStatus } }),
  }
  const after = {
    requestReceivedTimestamp,
    stageTimestamp,
    ...(annotations && { annotations: sorted(annotations) }),
  }
  const bodies =
    (requestObject === undefined ? '' : `,"requestObject":${escapeMarkup(requestObject)}`) +
    (responseObject === undefined ? '' : `,"responseObject":${escapeMarkup(responseObject)}`)
  return `${goJson(before).slice(0, -1)}${bodies},${goJson(after).slice(1)}`
}

/** The body of a webhook call. */
export function encodeEventList(events: readonly AuditEvent[]): string {
  return `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${events.map(encodeEvent).join(',')}]}\n`
}

const sorted = (map: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)))
