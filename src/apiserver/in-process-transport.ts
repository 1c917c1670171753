// The way to the API server for those who live in its process: the same pipeline, without sockets and serialising.
//
// Objects are handed over as they are: what comes out is frozen and shared with the watch cache, so a list costs
// references. Invariant: authorization, admission and validation are those of every other client; the caller only
// vouches for who it is.

import { apiVersionOf, type JsonObject } from '#api/meta/object.ts'
import { type Status, StatusError } from '#api/meta/status.ts'
import type { ApiRequest, ApiResponse, HandledResponse } from '#apiserver/exchange.ts'
import { inVersion } from '#apiserver/http/watch-writer.ts'
import { forwardedEvents, forwardedObject, objectOf } from '#apiserver/in-process-forwarded.ts'
import type { Handle } from '#apiserver/pipeline.ts'
import { toVersion } from '#apiserver/registry/catalog.ts'
import { listMeta } from '#apiserver/registry/results.ts'
import type { UserInfo } from '#apiserver/request.ts'
import { ConnectionError, type Transport, type TransportRequest, type WatchEvent } from '#client/transport.ts'
import { LazyAbort } from '#sys/lazy-abort.ts'

export interface InProcessOptions {
  readonly handle: Handle
  readonly user: UserInfo
  /** Stands in field ownership where a request names no manager: `kube-scheduler`. */
  readonly userAgent: string
}

/** A transport that acts as `user`. */
export function createInProcessTransport(options: InProcessOptions): Transport {
  async function send(request: TransportRequest): Promise<HandledResponse> {
    if (request.signal?.aborted) throw new ConnectionError('aborted')
    const handled = await options.handle(apiRequestOf(request, options))
    const { response } = handled
    if (response.type === 'object' && response.code >= 400) {
      handled.finished()
      throw new StatusError(response.object as unknown as Status)
    }
    return handled
  }

  return {
    async request(request) {
      const { response, finished } = await send(request)
      finished()
      switch (response.type) {
        case 'object':
          return response.object
        case 'list':
          return listOf(response)
        case 'raw':
          return objectOf(response.code, textOf(response.body))
        case 'stream':
          return forwardedObject(response)
        default:
          throw new ConnectionError(`${request.path} cannot be answered within the process`)
      }
    },

    async watch(request, onEvent) {
      const { response, finished } = await send(request)
      try {
        const signal = request.signal ?? new AbortController().signal
        if (response.type === 'stream') await forwardedEvents(response, signal, onEvent)
        else if (response.type === 'watch') await deliver(response, signal, onEvent)
        else throw new ConnectionError(`${request.path} is not a watch`)
      } finally {
        finished()
      }
    },
  }
}

async function deliver(
  { watch }: Extract<ApiResponse, { type: 'watch' }>,
  signal: AbortSignal,
  onEvent: (event: WatchEvent) => void,
): Promise<void> {
  await watch.run((events) => {
    for (const event of events)
      if (!signal.aborted) onEvent({ type: event.type, object: inVersion(watch, event) })
    return undefined
  }, signal)
}

function apiRequestOf(request: TransportRequest, options: InProcessOptions): ApiRequest {
  const query = new URLSearchParams(request.query)
  const text = query.toString()
  const own = new LazyAbort()
  return {
    head: {
      method: request.method,
      path: request.path.includes('%') ? decodeURIComponent(request.path) : request.path,
      query,
      headers: {
        'user-agent': options.userAgent,
        ...(request.contentType !== undefined && { 'content-type': request.contentType }),
      },
      remoteAddress: '127.0.0.1',
    },
    rawUrl: text === '' ? request.path : `${request.path}?${text}`,
    user: options.user,
    body: request.body ? { type: 'object', object: request.body } : { type: 'none' },
    get signal() {
      return request.signal ?? own.signal
    },
  }
}

/** Items keep kind and apiVersion here: they are the cache's own objects. */
function listOf({ list }: Extract<ApiResponse, { type: 'list' }>): JsonObject {
  const { kind, version } = list
  return {
    kind: `${kind.kind}List`,
    apiVersion: apiVersionOf(kind.group, version),
    metadata: listMeta(list),
    items: list.items.map(({ object }) => toVersion(kind, object, version)),
  }
}

const textOf = (body: Uint8Array | string): string =>
  typeof body === 'string' ? body : new TextDecoder().decode(body)
