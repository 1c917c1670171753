// The body of a request, whichever way it came.

import type { ApiRequest } from '#apiserver/exchange.ts'
import { negotiateInput } from '#apiserver/http/negotiation.ts'
import type { Body } from '#apiserver/registry/decode.ts'
import type { PatchBody } from '#apiserver/registry/patchers.ts'

/** Reads a body that is an object of the API; throws 415 for a media type that is none of ours, 413 for one too large. */
export async function readBody(request: ApiRequest): Promise<Body> {
  const { body } = request
  if (body.type === 'object') return body
  if (body.type === 'none') return { type: 'bytes', bytes: new Uint8Array(), mediaType: 'application/json' }
  const mediaType = negotiateInput(request.head)
  return { type: 'bytes', bytes: await body.read(), mediaType }
}

/** Reads a patch; its media type has already been judged. */
export async function readPatch(request: ApiRequest): Promise<PatchBody> {
  const { body } = request
  if (body.type === 'object') return body
  return { type: 'bytes', bytes: body.type === 'none' ? new Uint8Array() : await body.read() }
}
