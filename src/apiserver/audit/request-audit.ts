// The audit of one request on its way: collects what the stages of the pipeline find out, and sends it at each stage.
//
// begin ▶ RequestReceived ▶ … annotations, request ▶ answered: ResponseStarted for what lasts ▶ ResponseComplete.
// There is none for a request that the policy does not want, so such a request pays for one look at the policy, and
// a server without audit for nothing. Upstream: staging/src/k8s.io/apiserver/pkg/audit/{context,request}.go,
// .../pkg/endpoints/filters/audit.go

import { parseYaml } from '#api/codec/yaml.ts'
import type { JsonObject, ObjectMeta } from '#api/meta/object.ts'
import type { AuditBackend } from '#apiserver/audit/backend.ts'
import {
  type AuditEvent,
  type AuditUser,
  isAtLeast,
  type Level,
  type ObjectReference,
  type Stage,
} from '#apiserver/audit/event.ts'
import type { RequestAuditConfig } from '#apiserver/audit/policy.ts'
import { responseJson } from '#apiserver/audit/response-json.ts'
import { sourceIPs } from '#apiserver/audit/source-ips.ts'
import type { ApiRequest, ApiResponse } from '#apiserver/exchange.ts'
import type { RequestInfo, UserInfo } from '#apiserver/request.ts'
import { type Clock, formatMicroTime } from '#sys/clock.ts'

const MAX_USER_AGENT = 1024

export interface RequestAuditOptions {
  readonly config: RequestAuditConfig
  readonly backend: AuditBackend
  readonly clock: Clock
  readonly request: ApiRequest
  readonly info: RequestInfo
  readonly user: UserInfo | undefined
  readonly auditId: string
  /** When the request came, in milliseconds of wall time. */
  readonly receivedMs: number
  readonly annotations: ReadonlyMap<string, string>
}

export class RequestAudit {
  readonly #options: RequestAuditOptions
  readonly #received: string
  readonly #annotations: Map<string, string>
  readonly #objectRef: ObjectReference | undefined
  #impersonated: AuditUser | undefined
  #constraint = ''
  #requestObject: string | undefined
  #responseObject: string | undefined
  #responseStatus: JsonObject | undefined
  #isLasting = false
  #isRefused = false

  constructor(options: RequestAuditOptions) {
    this.#options = options
    this.#received = formatMicroTime(options.receivedMs)
    this.#annotations = new Map(options.annotations)
    this.#objectRef = options.info.isResourceRequest ? referenceOf(options.info) : undefined
  }

  /** Of a key that comes twice the first value stays; below the level `least` it is nobody's business. */
  annotate(key: string, value: string, least: Level = 'Metadata'): void {
    if (!isAtLeast(this.#options.config.level, least)) return
    if (!this.#annotations.has(key)) this.#annotations.set(key, value)
  }

  /** Whom the requestor acts as; `constraint` is the verb that allowed it, '' for the old one. */
  impersonated(user: UserInfo, constraint: string): void {
    this.#impersonated = auditUser(user)
    this.#constraint = constraint
  }

  /** The object that was sent, decoded, in the version of the request. Encoded now: it is changed afterwards. */
  requestObject(object: JsonObject): void {
    const { level, omitManagedFields } = this.#options.config
    const reference = this.#objectRef
    const meta = (object['metadata'] ?? {}) as ObjectMeta
    if (reference) {
      reference.namespace ||= meta.namespace ?? ''
      reference.name ||= meta.name ?? ''
      if (meta.uid) reference.uid = meta.uid
      if (meta.resourceVersion) reference.resourceVersion = meta.resourceVersion
    }
    if (!isAtLeast(level, 'Request')) return
    const { managedFields: _omitted, ...metadata } = meta
    const shown = omitManagedFields && meta.managedFields ? { ...object, metadata } : object
    this.#requestObject = JSON.stringify(shown)
  }

  /** The patch that was sent: bytes of JSON or YAML, or a value. */
  requestPatch(patch: Uint8Array | object): void {
    if (!isAtLeast(this.#options.config.level, 'Request')) return
    try {
      this.#requestObject = JSON.stringify(patch instanceof Uint8Array ? parseYaml(patch) : patch)
    } catch {
      // what is no patch at all is refused in a moment, and there is nothing to be shown
      this.#requestObject = undefined
    }
  }

  /** The request has come in; false when it has to be refused because that could not be kept. */
  begin(): Promise<boolean> {
    return this.#send('RequestReceived', this.#received)
  }

  /** Nobody could be found out: the one event of such a request tells what was tried. */
  async refused(message: string, code: number): Promise<void> {
    this.#isRefused = true
    this.#responseStatus = { message, code }
    await this.#send('ResponseStarted')
  }

  /** A handler failed in a way that nobody foresaw. */
  async failed(message: string): Promise<void> {
    this.#isRefused = true
    const text = `APIServer panic'd: ${message}`
    this.#responseStatus = { status: 'Failure', message: text, reason: 'InternalError', code: 500 }
    await this.#send('Panic')
  }

  /** The answer is known. Unless it lasts, it is sent when this has resolved. */
  async answered(response: ApiResponse, isLongRunning: boolean): Promise<void> {
    if (this.#isRefused) return
    this.#responseStatus = statusOf(response)
    this.#isLasting = isLongRunning || response.type === 'watch' || response.type === 'hijacked'
    if (this.#isLasting) {
      await this.#send('ResponseStarted')
      return
    }
    const { config, request, clock, info } = this.#options
    if (info.isResourceRequest && isAtLeast(config.level, 'RequestResponse')) {
      const context = { query: request.head.query, now: clock.now() }
      this.#responseObject = responseJson(response, context, config.omitManagedFields)
    }
    await this.#send('ResponseComplete')
  }

  /** The answer has been delivered, or never will be: what lasted is over. */
  async delivered(): Promise<void> {
    if (this.#isLasting) await this.#send('ResponseComplete')
  }

  async #send(stage: Stage, time = formatMicroTime(this.#options.clock.now())): Promise<boolean> {
    const { config, backend } = this.#options
    if (config.omitStages.includes(stage)) return true
    return backend.process([this.#event(stage, time)])
  }

  #event(stage: Stage, time: string): AuditEvent {
    const { config, request, info, user, auditId } = this.#options
    const userAgent = request.head.headers['user-agent']
    return {
      level: config.level,
      auditID: auditId,
      stage,
      requestURI: request.rawUrl,
      verb: info.verb,
      user: user ? auditUser(user) : {},
      ...(this.#impersonated && { impersonatedUser: this.#impersonated }),
      ...(this.#constraint !== '' && {
        authenticationMetadata: { impersonationConstraint: this.#constraint },
      }),
      sourceIPs: sourceIPs(request.head),
      ...(typeof userAgent === 'string' && userAgent !== '' && { userAgent: shortened(userAgent) }),
      ...(this.#objectRef && { objectRef: withoutEmpty(this.#objectRef) }),
      ...(this.#responseStatus && { responseStatus: this.#responseStatus }),
      ...(this.#requestObject !== undefined && { requestObject: this.#requestObject }),
      ...(this.#responseObject !== undefined && { responseObject: this.#responseObject }),
      requestReceivedTimestamp: this.#received,
      stageTimestamp: time,
      ...(this.#annotations.size > 0 && { annotations: Object.fromEntries(this.#annotations) }),
    }
  }
}

function auditUser({ name, uid, groups, extra }: UserInfo): AuditUser {
  return {
    ...(name !== '' && { username: name }),
    ...(uid && { uid }),
    ...(groups.length > 0 && { groups }),
    ...(extra && Object.keys(extra).length > 0 && { extra }),
  }
}

function referenceOf(info: RequestInfo): ObjectReference {
  return {
    resource: info.resource,
    namespace: info.namespace,
    name: info.name,
    uid: '',
    apiGroup: info.group,
    apiVersion: info.version,
    resourceVersion: '',
    subresource: info.subresource,
  }
}

const withoutEmpty = (reference: ObjectReference): ObjectReference =>
  Object.fromEntries(Object.entries(reference).filter(([, value]) => value !== ''))

/** A Status tells all it says; of any other answer only the code is a status. */
function statusOf(response: ApiResponse): JsonObject {
  if (response.type === 'hijacked') return { code: 101 }
  const code = 'code' in response ? response.code : 200
  if (response.type !== 'object' || response.object['kind'] !== 'Status') return { code }
  const { status, message, reason, details } = response.object
  return { ...defined({ status, message, reason, details }), code }
}

const defined = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined && value !== ''))

const shortened = (text: string): string =>
  text.length > MAX_USER_AGENT ? `${text.slice(0, MAX_USER_AGENT)}...TRUNCATED` : text
