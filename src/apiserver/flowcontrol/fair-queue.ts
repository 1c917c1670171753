// One queue of a level: requests of the flows whose hands hold it, in the order of their arrival.
//
// Its place in virtual time, `nextDispatchR`, says when its next request would begin if the queues of the level were
// served seat-second by seat-second in turn (queue-set.ts).
// Upstream: staging/src/k8s.io/apiserver/pkg/util/flowcontrol/fairqueuing/queueset/types.go

import type { SchemaStats } from '#apiserver/flowcontrol/level-stats.ts'
import { seatsOf, type WorkEstimate } from '#apiserver/flowcontrol/work-estimate.ts'
import type { RequestInfo, UserInfo } from '#apiserver/request.ts'

/** Requests that are to be treated alike: those of one schema with one distinguisher. */
export interface Flow {
  readonly schema: string
  readonly distinguisher: string
  /** The numbers of the queues that it may use; empty in a level without queues. */
  readonly hand: readonly number[]
  readonly stats: SchemaStats
}

/** A request on its way through a level. Times are monotonic milliseconds, work is in seat-seconds. */
export class FairRequest {
  readonly flow: Flow
  readonly work: WorkEstimate
  readonly seats: number
  readonly totalWork: number
  readonly arrivedAt: number
  readonly arrivalR: number
  readonly queue: FairQueue | undefined
  state: 'waiting' | 'executing' | 'finished' | 'refused' = 'waiting'
  startedAt = 0
  /** Called when it leaves its queue to be executed. */
  onExecute: (() => void) | undefined
  /** For the dump of requests only. */
  readonly asked: { readonly user: UserInfo; readonly info: RequestInfo }

  constructor(options: {
    readonly flow: Flow
    readonly work: WorkEstimate
    readonly now: number
    readonly arrivalR: number
    readonly queue: FairQueue | undefined
    readonly asked: { readonly user: UserInfo; readonly info: RequestInfo }
  }) {
    this.flow = options.flow
    this.work = options.work
    this.seats = seatsOf(options.work)
    this.totalWork = workOf(options.work)
    this.arrivedAt = options.now
    this.arrivalR = options.arrivalR
    this.queue = options.queue
    this.asked = options.asked
  }
}

/** Before it has run, every request is taken to last so long. */
export const SERVICE_SECONDS = 0.003

function workOf({ initialSeats, finalSeats, lingerMs }: WorkEstimate): number {
  return initialSeats * SERVICE_SECONDS + (finalSeats * lingerMs) / 1000
}

export class FairQueue {
  /** In the order of arrival; leaving from the middle costs nothing. */
  readonly waiting = new Set<FairRequest>()
  readonly executing = new Set<FairRequest>()
  nextDispatchR = 0
  seatsInUse = 0
  /** Sums over the waiting requests. */
  waitingWork = 0
  index: number

  constructor(index: number) {
    this.index = index
  }

  get oldest(): FairRequest | undefined {
    for (const request of this.waiting) return request
    return undefined
  }

  get isActive(): boolean {
    return this.waiting.size > 0 || this.executing.size > 0
  }

  enqueue(request: FairRequest): void {
    this.waiting.add(request)
    this.waitingWork += request.totalWork
  }

  remove(request: FairRequest): void {
    this.waiting.delete(request)
    // sums of fractions leave dust behind
    this.waitingWork = this.waiting.size === 0 ? 0 : this.waitingWork - request.totalWork
  }

  /** Nothing is dispatched before it has arrived: a queue that used little must not save up a claim. */
  catchUp(): void {
    const { oldest } = this
    if (oldest && this.nextDispatchR < oldest.arrivalR) this.nextDispatchR = oldest.arrivalR
  }
}
