// ComponentStatus: asks the scheduler, the controller manager and the store how they are, when somebody asks.
//
// Deprecated, but `kubectl get componentstatuses` is still typed. Upstream: pkg/registry/core/componentstatus

import { request as httpsRequest } from 'node:https'
import type { KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject } from '#api/meta/object.ts'
import { methodNotAllowed, notFound } from '#api/meta/status.ts'
import type { ApiResponse } from '#apiserver/exchange.ts'
import { negotiateOutput } from '#apiserver/http/negotiation.ts'
import type { RequestContext } from '#apiserver/pipeline.ts'
import { freezeJson } from '#apiserver/registry/json.ts'
import { storedObject } from '#apiserver/registry/stored-object.ts'
import type { Store } from '#store/store.ts'
import { goWords } from '#sys/https.ts'

const TIMEOUT_MS = 5_000

/** What is wrong, or what it says; the health ports are those of upstream. */
type Check = () => Promise<{ readonly isHealthy: boolean; readonly text: string }>

export function componentStatuses(store: Store, inProcess: readonly string[] = []) {
  const askUnlessHere = (name: string, port: number): Check =>
    inProcess.includes(name) ? async () => ({ isHealthy: true, text: 'ok' }) : () => ask(port)
  const checks: Readonly<Record<string, Check>> = {
    scheduler: askUnlessHere('scheduler', 10259),
    'controller-manager': askUnlessHere('controller-manager', 10257),
    'etcd-0': () => checkStore(store),
  }
  return async (context: RequestContext, kind: KindDefinition): Promise<ApiResponse> => {
    const { verb, name } = context.info
    const format = negotiateOutput(context.request.head, { conversions: true })
    if (verb === 'get') {
      const check = checks[name]
      if (!check) throw notFound({ group: '', resource: kind.singular }, name)
      return {
        type: 'object',
        code: 200,
        object: await statusOf(name, check),
        objectType: { kind, version: 'v1' },
        format,
      }
    }
    if (verb !== 'list') throw methodNotAllowed()
    const objects = await Promise.all(Object.entries(checks).map(([known, check]) => statusOf(known, check)))
    const items = objects.map((object) => storedObject('', freezeJson(object), 0))
    return { type: 'list', list: { kind, version: 'v1', resourceVersion: '', continue: '', items }, format }
  }
}

async function statusOf(name: string, check: Check): Promise<JsonObject> {
  const { isHealthy, text } = await check()
  const condition = isHealthy
    ? { type: 'Healthy', status: 'True', message: text }
    : { type: 'Healthy', status: 'False', message: text }
  return {
    kind: 'ComponentStatus',
    apiVersion: 'v1',
    metadata: { name, creationTimestamp: null },
    conditions: [condition],
  }
}

async function checkStore(store: Store): ReturnType<Check> {
  return store.currentRevision().then(
    () => ({ isHealthy: true, text: 'ok' }),
    (error: unknown) => ({ isHealthy: false, text: String(error) }),
  )
}

function ask(port: number): ReturnType<Check> {
  const url = `https://127.0.0.1:${port}/healthz`
  return new Promise((resolve) => {
    const request = httpsRequest(url, { rejectUnauthorized: false, timeout: TIMEOUT_MS }, (answer) => {
      answer.resume()
      resolve({
        isHealthy: answer.statusCode === 200,
        text: answer.statusCode === 200 ? 'ok' : `${answer.statusCode}`,
      })
    })
    request.on('timeout', () => request.destroy(new Error('timeout')))
    request.on('error', (error) =>
      resolve({ isHealthy: false, text: `Get ${JSON.stringify(url)}: ${goWords(error)}` }),
    )
    request.end()
  })
}
