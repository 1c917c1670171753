// Flow control as a stage of the pipeline: a seat for each request that is to be limited, or the answer 429.
//
// Connections (exec, logs, proxies) are not limited: they cost little and last long. A watch is limited until it has
// sent its initial state; all else until its answer is delivered.
// Upstream: staging/src/k8s.io/apiserver/pkg/server/filters/priority-and-fairness.go

import type { ApiResponse, RequestTrail } from '#apiserver/exchange.ts'
import type { Admission, FlowControl, FlowRequest } from '#apiserver/flowcontrol/flow-control.ts'

export interface Seat {
  /** What to answer instead of serving the request. */
  readonly refusal: ApiResponse | undefined
  /** The same answer; a watch gives its seat back once it has begun. */
  settle(response: ApiResponse): ApiResponse
  /** The answer is delivered; idempotent. */
  release(): void
}

/** Waits for a seat; writes into the trail how the request was classified. */
export async function takeSeat(
  flowControl: FlowControl,
  request: FlowRequest,
  trail: RequestTrail,
): Promise<Seat> {
  const admission = await flowControl.admit(request)
  const { schemaUid, levelUid } = admission.classification
  trail.headers.set('x-kubernetes-pf-flowschema-uid', schemaUid)
  trail.headers.set('x-kubernetes-pf-prioritylevel-uid', levelUid)
  if (admission.type === 'refused')
    return { refusal: refusal(admission.retryAfterSeconds), settle: (response) => response, release() {} }
  const isWatch = request.info.verb === 'watch'
  const forget = isWatch ? flowControl.watches.add(request.info) : undefined
  return {
    refusal: undefined,
    settle: (response) => (isWatch ? releasingOnceBegun(response, admission) : response),
    release() {
      admission.release()
      forget?.()
    },
  }
}

function releasingOnceBegun(
  response: ApiResponse,
  admission: Extract<Admission, { type: 'admitted' }>,
): ApiResponse {
  if (response.type !== 'watch') return response
  const { watch } = response
  return {
    ...response,
    watch: { ...watch, run: (deliver, signal) => watch.run(deliver, signal, () => admission.release()) },
  }
}

function refusal(retryAfterSeconds: number): ApiResponse {
  return {
    type: 'raw',
    code: 429,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'retry-after': String(retryAfterSeconds),
    },
    body: 'Too many requests, please try again later.\n',
  }
}
