// The queues of one priority level: who runs now, who waits, who is refused.
//
// ```
//   start ─▶ a queue of its hand ─▶ waits ─▶ dispatched ─▶ finish ─▶ seats linger ─▶ free
//              full: refused          │ too long: refused
// ```
// Fair queuing: the progress R of virtual time grows as fast as an active queue would get seat-seconds if all were
// served in turn. Each queue remembers the R at which its next request would begin; the one that would *finish* first
// is next. So a queue with much to do waits for itself and not for its neighbours.
// Invariant: seats in use never exceed the limit, except for one request that is wider than the whole level.
// Upstream: staging/src/k8s.io/apiserver/pkg/util/flowcontrol/fairqueuing/queueset (doc.go has the theory)
// Left out: epochs; R is a double here and does not overflow.

import type { DemandIntegrator } from '#apiserver/flowcontrol/demand-integrator.ts'
import { FairQueue, FairRequest, type Flow, SERVICE_SECONDS } from '#apiserver/flowcontrol/fair-queue.ts'
import type { LevelStats } from '#apiserver/flowcontrol/level-stats.ts'
import type { WorkEstimate } from '#apiserver/flowcontrol/work-estimate.ts'
import type { Clock } from '#sys/clock.ts'

/** `exempt` has no limit; `reject` no queues: what finds no seat is refused. */
export type Queuing =
  | { readonly type: 'exempt' | 'reject' }
  | { readonly type: 'queue'; readonly queues: number; readonly lengthLimit: number }

export interface QueueSetOptions {
  readonly clock: Clock
  readonly stats: LevelStats
  readonly demand: DemandIntegrator
}

export class QueueSet {
  readonly #options: QueueSetOptions
  #queuing: Queuing = { type: 'reject' }
  #limit = 0
  /** May be longer than configured while those that are too many still have requests. */
  #queues: FairQueue[] = []
  readonly #waitingQueues = new Set<FairQueue>()
  readonly #queueless = new Set<FairRequest>()
  #activeQueues = 0
  #r = 0
  #rAt: number
  /** The queue that was served last. */
  #robin = 0
  #enqueued = 0
  waiting = 0
  executing = 0
  seatsInUse = 0
  seatsWaiting = 0
  readonly totals = { dispatched: 0, rejected: 0, cancelled: 0 }

  constructor(options: QueueSetOptions) {
    this.#options = options
    this.#rAt = options.clock.monotonic()
  }

  get isIdle(): boolean {
    return this.waiting === 0 && this.executing === 0
  }

  get r(): number {
    return this.#r
  }

  get queues(): readonly FairQueue[] {
    return this.#queues
  }

  get queueless(): ReadonlySet<FairRequest> {
    return this.#queueless
  }

  /** Takes effect at once for what waits; what runs is not disturbed. */
  configure(queuing: Queuing, limit: number): void {
    const now = this.#advance()
    this.#queuing = queuing
    this.#limit = limit
    if (queuing.type === 'queue') {
      while (this.#queues.length < queuing.queues) this.#queues.push(new FairQueue(this.#queues.length))
    }
    for (const queue of [...this.#queues]) this.#dropSurplus(queue)
    const { waiting } = this.#options.stats
    waiting.setDenominator(queuing.type === 'queue' ? queuing.queues * queuing.lengthLimit : 1, now)
    this.#dispatchAll(now)
  }

  /** The request, executing or waiting; undefined when there is no room for it. */
  start(flow: Flow, work: WorkEstimate, asked: FairRequest['asked']): FairRequest | undefined {
    const now = this.#advance()
    flow.stats.estimatedSeats.observe(Math.max(work.initialSeats, work.finalSeats))
    if (this.#queuing.type !== 'queue') return this.#startWithoutQueue(flow, work, asked, now)
    const queue = this.#chooseQueue(flow)
    if (this.seatsInUse >= this.#limit && queue.waiting.size >= this.#queuing.lengthLimit) {
      this.#noteRejected(flow, 'queue-full')
      return undefined
    }
    const request = new FairRequest({ flow, work, now, arrivalR: this.#r, queue, asked })
    if (!queue.isActive) {
      queue.nextDispatchR = this.#r
      this.#activeQueues++
    }
    queue.enqueue(request)
    queue.catchUp()
    this.#waitingQueues.add(queue)
    this.#noteWaiting(request, 1)
    flow.stats.queueLength.observe(queue.waiting.size)
    this.#noteLoad(now)
    this.#dispatchAll(now)
    return request
  }

  /** Takes a request that waits out of its queue: its time is over, or its client is gone. */
  refuse(request: FairRequest): void {
    const { queue } = request
    if (request.state !== 'waiting' || !queue) return
    const now = this.#advance()
    request.state = 'refused'
    this.#leaveQueue(queue, request)
    if (!queue.isActive) this.#activeQueues--
    this.#noteRejected(request.flow, 'time-out')
    this.totals.cancelled++
    this.#noteLoad(now)
    this.#dropSurplus(queue)
  }

  /** The request has been answered. Its seats are free now, or after they have lingered. */
  finish(request: FairRequest): void {
    if (request.state !== 'executing') return
    const now = this.#advance()
    request.state = 'finished'
    this.executing--
    request.flow.stats.executing--
    const { queue, work } = request
    if (queue) {
      queue.executing.delete(request)
      if (!queue.isActive) this.#activeQueues--
      // it was charged for an estimate; now it is known how long it took
      const actual = (now - request.startedAt) / 1000
      queue.nextDispatchR -= work.initialSeats * (SERVICE_SECONDS - actual)
      queue.catchUp()
    } else this.#queueless.delete(request)
    this.#options.stats.executing.set(this.executing, now)
    if (work.lingerMs > 0) {
      this.#options.clock.after(work.lingerMs, () => this.#release(request, this.#advance()))
      this.#dispatchAll(now)
    } else this.#release(request, now)
  }

  #startWithoutQueue(
    flow: Flow,
    work: WorkEstimate,
    asked: FairRequest['asked'],
    now: number,
  ): FairRequest | undefined {
    const request = new FairRequest({ flow, work, now, arrivalR: this.#r, queue: undefined, asked })
    if (!this.#accommodates(request.seats)) {
      this.#noteRejected(flow, 'concurrency-limit')
      return undefined
    }
    this.#queueless.add(request)
    this.#execute(request, now)
    return request
  }

  /** The one of the hand with the least work waiting; begins each time at another, so that ties are spread. */
  #chooseQueue({ hand }: Flow): FairQueue {
    const offset = this.#enqueued++ % hand.length
    let best: FairQueue | undefined
    for (let index = 0; index < hand.length; index++) {
      const queue = this.#queues[hand[(offset + index) % hand.length]!]!
      if (!best || queue.waitingWork < best.waitingWork) best = queue
    }
    return best!
  }

  #dispatchAll(now: number): void {
    while (this.waiting > 0 && this.seatsInUse < this.#limit) {
      const queue = this.#nextQueue()
      const request = queue.oldest!
      if (!this.#accommodates(request.seats)) {
        request.flow.stats.notAccommodated++
        return
      }
      this.#robin = queue.index
      queue.executing.add(request)
      this.#leaveQueue(queue, request)
      queue.seatsInUse += request.seats
      queue.nextDispatchR += request.totalWork
      queue.catchUp()
      this.#execute(request, now)
    }
  }

  /** The queue whose oldest request would finish first; of equals, the next in turn. */
  #nextQueue(): FairQueue {
    const count = this.#queues.length
    const distance = (queue: FairQueue) => (queue.index - this.#robin - 1 + count) % count
    let best: FairQueue | undefined
    let bestFinish = 0
    for (const queue of this.#waitingQueues) {
      const finish = queue.nextDispatchR + queue.oldest!.totalWork
      if (best && (finish > bestFinish || (finish === bestFinish && distance(queue) > distance(best))))
        continue
      best = queue
      bestFinish = finish
    }
    return best!
  }

  /** A request that is wider than the level runs alone. */
  #accommodates(seats: number): boolean {
    if (this.#queuing.type === 'exempt') return true
    if (seats > this.#limit) return this.executing === 0
    return this.seatsInUse + seats <= this.#limit
  }

  #execute(request: FairRequest, now: number): void {
    request.state = 'executing'
    request.startedAt = now
    this.executing++
    this.seatsInUse += request.seats
    this.totals.dispatched++
    const { stats } = request.flow
    stats.executing++
    stats.executingSeats += request.seats
    stats.dispatched++
    this.#options.stats.executing.set(this.executing, now)
    this.#noteLoad(now)
    request.onExecute?.()
  }

  #release(request: FairRequest, now: number): void {
    this.seatsInUse -= request.seats
    request.flow.stats.executingSeats -= request.seats
    const { queue } = request
    if (queue) {
      queue.seatsInUse -= request.seats
      this.#dropSurplus(queue)
    }
    this.#noteLoad(now)
    this.#dispatchAll(now)
  }

  #leaveQueue(queue: FairQueue, request: FairRequest): void {
    queue.remove(request)
    queue.catchUp()
    if (queue.waiting.size === 0) this.#waitingQueues.delete(queue)
    this.#noteWaiting(request, -1)
  }

  /** Removes a queue that is no longer configured once it is empty; those behind it move up. */
  #dropSurplus(queue: FairQueue): void {
    const wanted = this.#queuing.type === 'queue' ? this.#queuing.queues : 0
    if (this.#queues.length <= wanted || queue.isActive || queue.seatsInUse > 0) return
    if (this.#queues[queue.index] !== queue) return
    this.#queues.splice(queue.index, 1)
    for (let index = queue.index; index < this.#queues.length; index++) this.#queues[index]!.index = index
    if (this.#robin >= queue.index) this.#robin--
  }

  #advance(): number {
    const now = this.#options.clock.monotonic()
    if (this.#activeQueues > 0) {
      const seats = Math.min(this.seatsInUse + this.seatsWaiting, this.#limit)
      this.#r += ((now - this.#rAt) / 1000) * (seats / this.#activeQueues)
    }
    this.#rAt = now
    return now
  }

  #noteWaiting(request: FairRequest, delta: 1 | -1): void {
    this.waiting += delta
    this.seatsWaiting += delta * request.seats
    request.flow.stats.waiting += delta
    request.flow.stats.waitingSeats += delta * request.seats
  }

  #noteRejected(flow: Flow, reason: 'queue-full' | 'time-out' | 'concurrency-limit'): void {
    this.totals.rejected++
    flow.stats.rejected[reason]++
  }

  #noteLoad(now: number): void {
    const { stats, demand } = this.#options
    const wanted = this.seatsInUse + this.seatsWaiting
    stats.waiting.set(this.waiting, now)
    stats.seats.set(this.seatsInUse, now)
    stats.demand.set(wanted, now)
    demand.set(wanted, now)
  }
}
