// The way of every request: who asks, what is asked, may they, and then the handler that answers.
//
// request info ▶ authenticate ▶ impersonate ▶ flow control ▶ authorize ▶ route. Whatever is thrown on the way becomes the Status that
// the client sees. Invariant: nothing is read or written before authorization has allowed it.
// Upstream: DefaultBuildHandlerChain in staging/src/k8s.io/apiserver/pkg/server/config.go

import type { JsonObject } from '#api/meta/object.ts'
import { failure, StatusError } from '#api/meta/status.ts'
import type { Authentication } from '#apiserver/authentication/chain.ts'
import type { Impersonation } from '#apiserver/authentication/impersonation.ts'
import type { Authorization } from '#apiserver/authorization/chain.ts'
import type { ApiRequest, ApiResponse, HandledResponse, RequestTrail } from '#apiserver/exchange.ts'
import { type Seat, takeSeat } from '#apiserver/flowcontrol/filter.ts'
import type { FlowControl } from '#apiserver/flowcontrol/flow-control.ts'
import { deadlineMs, withDeadline } from '#apiserver/http/deadline.ts'
import { errorFormat } from '#apiserver/http/negotiation.ts'
import { parseRequestInfo } from '#apiserver/http/request-info.ts'
import type { RequestInfo, UserInfo } from '#apiserver/request.ts'
import type { Clock } from '#sys/clock.ts'
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

/** Watches the requests that pass: metrics, logs, audit. */
export interface RequestObserver {
  /** Called when the request has its info; gives what is called with the code once the answer is delivered. */
  started(request: ApiRequest, info: RequestInfo): (code: number) => void
}

export interface PipelineOptions {
  readonly authentication: Authentication
  readonly authorization: Authorization
  /** Gives the user to act as when the headers ask for one; throws 403 when that is not allowed. */
  readonly impersonate: Impersonation
  /** Absent: nothing is limited. */
  readonly flowControl?: FlowControl | undefined
  readonly route: Handler
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
  async function identify(request: ApiRequest, info: RequestInfo): Promise<UserInfo> {
    const authenticated = request.user ?? (await options.authentication.authenticate(request.head))
    return options.impersonate(authenticated, info, request.head)
  }

  async function seatFor(
    { head, signal }: ApiRequest,
    info: RequestInfo,
    user: UserInfo,
    trail: RequestTrail,
  ): Promise<Seat | undefined> {
    const isWatch = info.verb === 'watch'
    if (!options.flowControl || (isLongRunning(info) && !isWatch)) return undefined
    const waitMs = isWatch ? WATCH_WAIT_MS : deadlineMs(head.query) * WAIT_PART
    return takeSeat(options.flowControl, { user, info, query: head.query, signal, waitMs }, trail)
  }

  async function process(
    request: ApiRequest,
    info: RequestInfo,
    user: UserInfo,
    trail: RequestTrail,
  ): Promise<ApiResponse> {
    await options.authorization.require(user, info)
    if (isLongRunning(info)) return options.route({ request, info, user, trail, signal: request.signal })
    const millis = deadlineMs(request.head.query)
    return withDeadline(options.clock, millis, request.signal, (signal) =>
      options.route({ request, info, user, trail, signal }),
    )
  }

  return async (request) => {
    const trail = createTrail(request, options.random)
    let finished: ((code: number) => void) | undefined
    let seat: Seat | undefined
    let response: ApiResponse
    try {
      const info = parseRequestInfo(request.head.method, request.head.path, request.head.query)
      finished = options.observer.started(request, info)
      const user = await identify(request, info)
      seat = await seatFor(request, info, user, trail)
      response = seat?.refusal ?? (await process(request, info, user, trail))
      response = seat?.settle(response) ?? response
    } catch (error) {
      response = errorResponse(request, asStatusError(error, request, options.log))
    }
    const delivered = once(() => {
      seat?.release()
      finished?.(codeOf(response))
    })
    return { response, trail, finished: delivered }
  }
}

function once(call: () => void): () => void {
  let isDone = false
  return () => {
    if (!isDone) call()
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

function createTrail(request: ApiRequest, random: Random): RequestTrail {
  const given = request.head.headers['audit-id']
  const warnings: string[] = []
  return {
    auditId: typeof given === 'string' && given !== '' ? given.slice(0, 64) : random.uuid(),
    warnings,
    headers: new Map(),
    warn(text) {
      if (text !== '' && warnings.length < MAX_WARNINGS && !warnings.includes(text)) warnings.push(text)
    },
    annotate: () => undefined,
  }
}
