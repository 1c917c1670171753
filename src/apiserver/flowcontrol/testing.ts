// What the tests of flow control share: requests and levels in one line.

import type { PriorityLevelConfigurationSpec } from '#api/types/flowcontrol.ts'
import { parseRequestInfo } from '#apiserver/http/request-info.ts'
import type { RequestInfo } from '#apiserver/request.ts'

export function infoOf(method: string, url: string): RequestInfo {
  const [path = '', query = ''] = url.split('?')
  return parseRequestInfo(method, path, new URLSearchParams(query))
}

export function limitedLevel(
  nominalConcurrencyShares: number,
  queuing?: { readonly queues: number; readonly handSize: number; readonly queueLengthLimit: number },
): PriorityLevelConfigurationSpec {
  const limitResponse = queuing ? { type: 'Queue', queuing } : { type: 'Reject' }
  return { type: 'Limited', limited: { nominalConcurrencyShares, lendablePercent: 0, limitResponse } }
}
