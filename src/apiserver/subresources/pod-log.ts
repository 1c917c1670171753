// The log of a container: read from its kubelet and passed on as it comes.
//
// Upstream: pkg/registry/core/pod/rest/log.go, pkg/registry/core/pod/strategy.go (LogLocation)

import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { type FieldError, forbidden, invalid as invalidField, Path } from '#api/meta/field-error.ts'
import {
  badRequest,
  failure,
  internalError,
  invalid,
  methodNotAllowed,
  serviceUnavailable,
} from '#api/meta/status.ts'
import { normalizeTime } from '#api/meta/time.ts'
import type { Pod } from '#api/types/core.ts'
import type { ApiResponse } from '#apiserver/exchange.ts'
import { isTrue } from '#apiserver/http/request-info.ts'
import { scopeOf } from '#apiserver/http/resource-routes.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import { getObject } from '#apiserver/registry/get.ts'
import type { ResourceHandler } from '#apiserver/routes.ts'
import type { NodeConnection, NodeConnections } from '#apiserver/subresources/node-connection.ts'
import { chooseContainer } from '#apiserver/subresources/pod-container.ts'

/** So much of an error's body is read. */
const MAX_ERROR_BYTES = 2000
const CONNECT_TIMEOUT_MS = 10_000

/** How a path that names no field is written. */
const NO_FIELD = new Path('[]')

interface LogOptions {
  readonly container: string
  /** What the kubelet is asked. */
  readonly parameters: URLSearchParams
}

export function podLogSubresource(
  dependencies: RegistryDependencies,
  kubelets: NodeConnections,
): ResourceHandler {
  return async (context, kind) => {
    if (context.info.verb !== 'get') throw methodNotAllowed()
    const scope = scopeOf(context, kind)
    const options = readOptions(scope.name, context.request.head.query)
    const stored = await getObject(dependencies, { ...scope, subresource: '' }, '')
    const pod = stored.object as unknown as Pod
    const container = chooseContainer(pod, options.container)
    const nodeName = pod.spec?.nodeName ?? ''
    if (nodeName === '') return { type: 'raw', code: 204, headers: {}, body: '' }
    const node = await kubelets.connectionTo(nodeName)
    const path = `/containerLogs/${scope.namespace}/${scope.name}/${container}?${options.parameters}`
    const answer = await open(kubelets, node, path, context.signal)
    if ((answer.statusCode ?? 500) < 200 || (answer.statusCode ?? 500) > 206)
      throw await errorOf(answer, scope.name)
    return logResponse(answer)
  }
}

function logResponse(answer: IncomingMessage): ApiResponse {
  return {
    type: 'stream',
    code: answer.statusCode ?? 200,
    headers: { 'content-type': 'text/plain' },
    body: answer,
  }
}

function open(
  kubelets: NodeConnections,
  node: NodeConnection,
  path: string,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest({ ...node, path, agent: kubelets.agent, signal }, (answer) => {
      // a followed log may be silent for long
      answer.socket.setTimeout(0)
      resolve(answer)
    })
    request.setTimeout(CONNECT_TIMEOUT_MS, () => request.destroy(new Error('no answer from the kubelet')))
    request.on('error', (error) => reject(serviceUnavailable(error.message)))
    request.end()
  })
}

/** A kubelet's refusal as the client is to see it. */
async function errorOf(answer: IncomingMessage, podName: string): Promise<Error> {
  let text = ''
  for await (const chunk of answer) {
    text += String(chunk)
    if (text.length >= MAX_ERROR_BYTES) break
  }
  text = text.slice(0, MAX_ERROR_BYTES)
  const code = answer.statusCode ?? 500
  if (code === 500) return internalError(new Error(text))
  if (code === 400) return badRequest(text)
  if (code === 404) {
    const message = `the server could not find the requested resource ( pods/log ${podName})`
    return failure(404, 'NotFound', message, { name: podName, kind: 'pods/log' })
  }
  return failure(
    code,
    '',
    `the server responded with the status code ${code} but did not return more information: ${text}`,
  )
}

function readOptions(podName: string, query: URLSearchParams): LogOptions {
  const parameters = new URLSearchParams()
  for (const name of ['follow', 'previous', 'timestamps']) {
    if (query.has(name) && isTrue(query.get(name))) parameters.set(name, 'true')
  }
  const since = integer(query, 'sinceSeconds')
  const sinceTime = time(query, 'sinceTime')
  const tailLines = integer(query, 'tailLines')
  const limitBytes = integer(query, 'limitBytes')
  const errors: FieldError[] = []
  const field = (name: string): Path => new Path(name)
  if (tailLines !== undefined && tailLines < 0) {
    errors.push(invalidField(field('tailLines'), tailLines, 'must be greater than or equal to 0'))
  }
  if (limitBytes !== undefined && limitBytes < 1) {
    errors.push(invalidField(field('limitBytes'), limitBytes, 'must be greater than 0'))
  }
  if (since !== undefined && sinceTime) {
    errors.push(forbidden(NO_FIELD, 'at most one of `sinceTime` or `sinceSeconds` may be specified'))
  } else if (since !== undefined && since < 1) {
    errors.push(invalidField(field('sinceSeconds'), since, 'must be greater than 0'))
  }
  // to choose between the streams is still switched off
  if (query.get('stream')) errors.push(forbidden(field('stream'), 'may not be specified'))
  if (errors.length > 0) throw invalid('', 'PodLogOptions', podName, errors)
  if (since !== undefined) parameters.set('sinceSeconds', String(since))
  if (sinceTime) parameters.set('sinceTime', sinceTime)
  if (tailLines !== undefined) parameters.set('tailLines', String(tailLines))
  if (limitBytes !== undefined) parameters.set('limitBytes', String(limitBytes))
  parameters.set('stream', 'All')
  return { container: query.get('container') ?? '', parameters }
}

function time(query: URLSearchParams, name: string): string | undefined {
  const text = query.get(name)
  if (!text) return undefined
  try {
    return normalizeTime(text)
  } catch (error) {
    throw badRequest((error as Error).message)
  }
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  if (!/^[+-]?\d+$/.test(text))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}
