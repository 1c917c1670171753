// The way of every request: who asks, what is asked, may they, and then the handler that answers.
//
// request info ▶ authenticate ▶ audit ▶ impersonate ▶ flow control ▶ authorize ▶ route. Whatever is thrown on the way
// becomes the Status that the client sees. Invariant: nothing is read or written before authorization has allowed it.
// Upstream: DefaultBuildHandlerChain in staging/src/k8s.io/apiserver/pkg/server/config.go

import type { JsonObject } from '#api/meta/object.ts'
import { failure, internalError, StatusError } from '#api/meta/status.ts'
import { type Auditor, triedCredentials } from '#apiserver/audit/auditor.ts'
import type { Authentication } from '#apiserver/authentication/chain.ts'
import type { Impersonation } from '#apiserver/authentication/impersonation.ts'
import { type Authorization, refusalOf } from '#apiserver/authorization/chain.ts'
import type { ApiRequest, ApiResponse, HandledResponse, RequestTrail } from '#apiserver/exchange.ts'
import { type Seat, takeSeat } from '#apiserver/flowcontrol/filter.ts'
import type { FlowControl } from '#apiserver/flowcontrol/flow-control.ts'
import { deadlineMs, withDeadline } from '#apiserver/http/deadline.ts'
import { errorFormat } from '#apiserver/http/negotiation.ts'
import { parseRequestInfo } from '#apiserver/http/request-info.ts'
import type { RequestInfo, UserInfo } from '#apiserver/request.ts'
import type { Clock } from '#sys/clock.ts'
import type { Abortable } from '#sys/lazy-abort.ts'
import type { Logger } from '#sys/log.ts'
import type { Random } from '#sys/random.ts'

/** What a handler gets: the request with everything that the stages before it found out. */
export interface RequestContext {
  readonly request: ApiRequest
  readonly info: RequestInfo
  readonly user: UserInfo
  readonly trail: RequestTrail
  /** Aborts when the client is gone, the request has lasted too long, or the server stops. */
  readonly signal: AbortSignal
}

export type Handler = (context: RequestContext) => Promise<ApiResponse>

/** Watches the requests that pass: metrics. */
export interface RequestObserver {
  /** Called when the request has its info; gives what is called with code and size once the answer is delivered. */
  started(request: ApiRequest, info: RequestInfo): (code: number, bytes: number) => void
}

export interface PipelineOptions {
  readonly authentication: Authentication
  readonly authorization: Authorization
  /** Gives the user to act as when the headers ask for one; throws 403 when that is not allowed. */
  readonly impersonate: Impersonation
  /** Absent: nothing is limited. */
  readonly flowControl?: FlowControl | undefined
  readonly route: Handler
  /** Absent: nothing is recorded. */
  readonly auditor?: Auditor | undefined
  readonly observer: RequestObserver
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

export type Handle = (request: ApiRequest) => Promise<HandledResponse>

/** A watch has no deadline, but does not wait in a queue for longer than other requests. */
const WATCH_WAIT_MS = 15_000
/** This part of its time a request may wait in a queue. */
const WAIT_PART = 1 / 4

const LONG_RUNNING_SUBRESOURCES = new Set(['attach', 'exec', 'proxy', 'log', 'portforward'])

export const isLongRunning = (info: RequestInfo): boolean =>
  info.verb === 'watch' || info.verb === 'proxy' || LONG_RUNNING_SUBRESOURCES.has(info.subresource)

/** Composes the stages into the one function that all transports call; it never rejects. */
export function createPipeline(options: PipelineOptions): Handle {
  async function identify(request: ApiRequest, info: RequestInfo, trail: Trail): Promise<UserInfo> {
    const authenticated = request.user ?? (await authenticate(request, info, trail))
    if (options.auditor) await beginAudit(options.auditor, request, info, authenticated, trail)
    return options.impersonate(authenticated, info, request.head, (actingAs, constraint) =>
      trail.audit?.impersonated(actingAs, constraint),
    )
  }

  async function seatFor(
    request: ApiRequest,
    info: RequestInfo,
    user: UserInfo,
    trail: RequestTrail,
  ): Promise<Seat | undefined> {
    const isWatch = info.verb === 'watch'
    if (!options.flowControl || (isLongRunning(info) && !isWatch)) return undefined
    const waitMs = isWatch ? WATCH_WAIT_MS : deadlineMs(request.head.query) * WAIT_PART
    return takeSeat(
      options.flowControl,
      { user, info, query: request.head.query, asked: request, waitMs },
      trail,
    )
  }

  async function process(
    request: ApiRequest,
    info: RequestInfo,
    user: UserInfo,
    trail: RequestTrail,
  ): Promise<ApiResponse> {
    await authorize(user, info, trail)
    if (isLongRunning(info)) return options.route(contextOf(request, info, user, trail, request))
    const millis = deadlineMs(request.head.query)
    return withDeadline(options.clock, millis, request, (own) =>
      options.route(contextOf(request, info, user, trail, own)),
    )
  }

  async function authenticate(request: ApiRequest, info: RequestInfo, trail: Trail): Promise<UserInfo> {
    try {
      return await options.authentication.authenticate(request.head)
    } catch (error) {
      const audit = options.auditor?.audit(request, info, undefined, trail)
      if (audit && error instanceof StatusError) {
        trail.audit = audit
        await audit.refused(triedCredentials(request.head), error.code)
      }
      throw error
    }
  }

  async function authorize(user: UserInfo, info: RequestInfo, trail: RequestTrail): Promise<void> {
    const decided = await options.authorization.authorize(user, info)
    const { decision, reason, error } = decided
    const isAllowed = decision === 'allow'
    trail.audit?.annotate('authorization.k8s.io/decision', isAllowed ? 'allow' : 'forbid')
    trail.audit?.annotate('authorization.k8s.io/reason', error === undefined ? reason : 'internal error')
    if (!isAllowed) throw refusalOf(user, info, decided)
  }

  return async (request) => {
    const trail = createTrail(request, options)
    let finished: ((code: number, bytes: number) => void) | undefined
    let seat: Seat | undefined
    let response: ApiResponse
    let isLong = false
    try {
      const info = parseRequestInfo(request.head.method, request.head.path, request.head.query)
      isLong = isLongRunning(info)
      finished = options.observer.started(request, info)
      const user = await identify(request, info, trail)
      seat = await seatFor(request, info, user, trail)
      response = seat?.refusal ?? (await process(request, info, user, trail))
      response = seat?.settle(response) ?? response
    } catch (error) {
      if (!(error instanceof StatusError)) await trail.audit?.failed(String(error))
      response = errorResponse(request, asStatusError(error, request, options.log))
    }
    if (trail.audit) await trail.audit.answered(response, isLong)
    const delivered = once((bytes) => {
      seat?.release()
      finished?.(codeOf(response), bytes)
      void trail.audit?.delivered()
    })
    return { response, trail, finished: delivered }
  }
}

/** Few handlers wait for anything: the signal is made for those that do. */
function contextOf(
  request: ApiRequest,
  info: RequestInfo,
  user: UserInfo,
  trail: RequestTrail,
  abortable: Abortable,
): RequestContext {
  return {
    request,
    info,
    user,
    trail,
    get signal() {
      return abortable.signal
    },
  }
}

/** Records that a request has come in, if the policy wants it; throws when it has to and cannot. */
async function beginAudit(
  auditor: Auditor,
  request: ApiRequest,
  info: RequestInfo,
  user: UserInfo,
  trail: Trail,
): Promise<void> {
  const audit = auditor.audit(request, info, user, trail)
  if (!audit) return
  trail.audit = audit
  if (await audit.begin()) return
  auditor.counts.rejected++
  throw internalError('failed to store audit event')
}

function once(call: (bytes: number) => void): (bytes?: number) => void {
  let isDone = false
  return (bytes = 0) => {
    if (!isDone) call(bytes)
    isDone = true
  }
}

export const codeOf = (response: ApiResponse): number => ('code' in response ? response.code : 200)

/** Anything that is not a StatusError is a fault of the server: logged here, once, and told as a plain 500. */
function asStatusError(error: unknown, request: ApiRequest, log: Logger): StatusError {
  if (error instanceof StatusError) return error
  const message = error instanceof Error ? error.message : String(error)
  if (!request.signal.aborted) {
    const stack = error instanceof Error ? error.stack : undefined
    log.error(
      { method: request.head.method, path: request.head.path, error: message, stack },
      'a request failed',
    )
  }
  return failure(500, '', message, undefined, { cause: error })
}

export function errorResponse(request: ApiRequest, error: StatusError): ApiResponse {
  return {
    type: 'object',
    code: error.code,
    object: error.status as unknown as JsonObject,
    format: errorFormat(request.head),
  }
}

/** So many warnings are sent to one client; a broken object could otherwise fill the headers. */
const MAX_WARNINGS = 64

interface Trail extends RequestTrail {
  readonly receivedMs: number
  /** Made before it was known whether they are wanted. */
  readonly annotations: ReadonlyMap<string, string>
}

const NO_ANNOTATIONS: ReadonlyMap<string, string> = new Map()

function createTrail(request: ApiRequest, { auditor, clock, random }: PipelineOptions): Trail {
  const early = auditor && new Map<string, string>()
  const given = request.head.headers['audit-id']
  const warnings: string[] = []
  return {
    auditId: typeof given === 'string' && given !== '' ? given.slice(0, 64) : random.uuid(),
    warnings,
    headers: new Map(),
    warn(text) {
      if (text !== '' && warnings.length < MAX_WARNINGS && !warnings.includes(text)) warnings.push(text)
    },
    receivedMs: auditor ? clock.now() : 0,
    annotations: early ?? NO_ANNOTATIONS,
    annotate(key, value, least) {
      if (this.audit) this.audit.annotate(key, value, least)
      else early?.set(key, value)
    },
  }
}
