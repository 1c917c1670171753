// API Priority and Fairness: every request belongs to a flow, every flow to a priority level, every level has seats.
//
// authenticate ▶ impersonate ▶ **admit** ▶ authorize ▶ route … delivered ▶ release. The configuration is in the API's
// own objects (FlowSchema, PriorityLevelConfiguration), followed by watch; without any, the mandatory ones hold.
// Invariant: whoever is admitted releases exactly once; whoever is refused has cost next to nothing.
// Upstream: staging/src/k8s.io/apiserver/pkg/util/flowcontrol/{apf_controller,apf_filter}.go

import type { FlowSchema, PriorityLevelConfiguration } from '#api/types/flowcontrol.ts'
import { adjustLimits } from '#apiserver/flowcontrol/borrowing.ts'
import { configurationOf, type SchemaConfiguration } from '#apiserver/flowcontrol/configuration.ts'
import { dealHand, flowHash } from '#apiserver/flowcontrol/dealer.ts'
import type { FairRequest, Flow } from '#apiserver/flowcontrol/fair-queue.ts'
import { configuredLimits } from '#apiserver/flowcontrol/limits.ts'
import { type FlowMatcher, flowMatcher } from '#apiserver/flowcontrol/match.ts'
import { PriorityLevel } from '#apiserver/flowcontrol/priority-level.ts'
import { WatchCounts } from '#apiserver/flowcontrol/watch-counts.ts'
import { estimateWork, type ResourceSize } from '#apiserver/flowcontrol/work-estimate.ts'
import type { RequestInfo, UserInfo } from '#apiserver/request.ts'
import type { Clock } from '#sys/clock.ts'
import type { Abortable } from '#sys/lazy-abort.ts'

export interface FlowControlOptions {
  readonly clock: Clock
  /** How many seats all levels have together. */
  readonly serverLimit: number
  /** What is stored of a resource; undefined where that is not known. */
  sizeOf(group: string, resource: string): ResourceSize | undefined
}

export interface FlowRequest {
  readonly user: UserInfo
  readonly info: RequestInfo
  readonly query: URLSearchParams
  /** Its place in the queue is given up when it aborts. */
  readonly asked: Abortable
  /** It may wait in its queue for so long. */
  readonly waitMs: number
}

/** How it was classified: names for logs, UIDs for clients, who should not learn the names. */
export interface Classification {
  readonly schemaUid: string
  readonly levelUid: string
}

export type Admission =
  /** `release` when the answer is delivered, or a watch has sent its initial state; idempotent. */
  | { readonly type: 'admitted'; readonly classification: Classification; release(): void }
  | { readonly type: 'refused'; readonly classification: Classification; readonly retryAfterSeconds: number }

/** A schema with what is known of its flows. */
interface Schema extends Classification {
  readonly name: string
  readonly matches: FlowMatcher
  readonly level: PriorityLevel
  readonly distinguish: (request: FlowRequest) => string
  /** By distinguisher. */
  readonly flows: Map<string, Flow>
}

/** Hands of so many flows of a schema are remembered; others are dealt again when they come. */
const MAX_KNOWN_FLOWS = 1_000

export class FlowControl {
  readonly watches = new WatchCounts()
  readonly #options: FlowControlOptions
  readonly #levels = new Map<string, PriorityLevel>()
  #schemas: readonly Schema[] = []
  fairFraction = 0

  constructor(options: FlowControlOptions) {
    this.#options = options
    this.configure([], [])
  }

  get levels(): ReadonlyMap<string, PriorityLevel> {
    return this.#levels
  }

  /** Takes over the stored configuration. */
  configure(levels: readonly PriorityLevelConfiguration[], schemas: readonly FlowSchema[]): void {
    const configuration = configurationOf(levels, schemas)
    const present = new Map(configuration.levels)
    for (const [name, level] of this.#levels) {
      level.isQuiescing = !present.has(name)
      if (!level.isQuiescing) continue
      if (level.queues.isIdle) this.#levels.delete(name)
      else present.set(name, level.configuration)
    }
    const specs = new Map([...present].map(([name, { spec }]) => [name, spec]))
    const limits = configuredLimits(specs, this.#options.serverLimit)
    for (const [name, level] of present) {
      const known = this.#levels.get(name)
      if (known) Object.assign(known, { configuration: level, limits: limits.get(name)! })
      else this.#levels.set(name, new PriorityLevel(level, limits.get(name)!, this.#options.clock))
    }
    this.#schemas = configuration.schemas.map((schema) => this.#schemaOf(schema))
    this.adjust()
  }

  /** Lends and borrows seats after what was wanted since the last call. */
  adjust(): void {
    const levels = [...this.#levels.values()]
    const serverSeats = levels.reduce((sum, { limits }) => sum + limits.nominal, 0)
    const demands = levels.map((level) => level.takeDemand())
    const { current, targets, fairFraction } = adjustLimits(demands, serverSeats)
    this.fairFraction = fairFraction
    levels.forEach((level, index) => {
      level.target = targets[index]!
      level.setLimit(current[index]!, this.#options.serverLimit)
    })
  }

  /** Gives a seat, now or when one is free, or refuses. */
  admit(request: FlowRequest): Admission | Promise<Admission> {
    const schema =
      this.#schemas.find(({ matches }) => matches(request.user, request.info)) ?? this.#catchAll()
    const { level } = schema
    const flow = this.#flowOf(schema, request)
    const { info, query } = request
    const work = estimateWork(info, query, {
      sizeOf: this.#options.sizeOf,
      watchesOf: (write) => {
        const count = this.watches.interestedIn(write)
        flow.stats.watches.observe(count)
        return count
      },
      maxSeats: level.limits.maxSeats,
    })
    const seat = level.queues.start(flow, work, request)
    if (!seat) return this.#refused(schema, undefined)
    if (seat.state === 'executing') return this.#admitted(schema, seat, info)
    return this.#wait(schema, seat, request)
  }

  #schemaOf({ name, uid, spec }: SchemaConfiguration): Schema {
    const level = this.#levels.get(spec.priorityLevelConfiguration.name)!
    const method = spec.distinguisherMethod?.type
    return {
      name,
      schemaUid: uid,
      levelUid: level.configuration.uid,
      matches: flowMatcher(spec),
      level,
      distinguish: ({ user, info }) =>
        method === 'ByUser' ? user.name : method === 'ByNamespace' ? info.namespace : '',
      flows: new Map(),
    }
  }

  /** Nobody comes here who is authenticated or anonymous; it is the last of all. */
  #catchAll(): Schema {
    return this.#schemas.find(({ name }) => name === 'catch-all')!
  }

  #flowOf(schema: Schema, request: FlowRequest): Flow {
    const queuing = schema.level.configuration.spec.limited?.limitResponse?.queuing
    const queues = queuing?.queues ?? 0
    const distinguisher = queues > 1 ? schema.distinguish(request) : ''
    const known = schema.flows.get(distinguisher)
    if (known) return known
    const hand =
      queues > 0 ? dealHand(flowHash(schema.name, distinguisher), queues, queuing?.handSize ?? 1) : []
    const flow = { schema: schema.name, distinguisher, hand, stats: schema.level.stats.schema(schema.name) }
    if (schema.flows.size >= MAX_KNOWN_FLOWS) {
      for (const oldest of schema.flows.keys()) {
        schema.flows.delete(oldest)
        break
      }
    }
    schema.flows.set(distinguisher, flow)
    return flow
  }

  async #wait(schema: Schema, seat: FairRequest, { asked, waitMs, info }: FlowRequest): Promise<Admission> {
    const { queues } = schema.level
    const { signal } = asked
    const isExecuting = await new Promise<boolean>((resolve) => {
      const giveUp = () => {
        queues.refuse(seat)
        resolve(false)
      }
      const timer = this.#options.clock.after(waitMs, giveUp)
      signal.addEventListener('abort', giveUp, { once: true })
      seat.onExecute = () => {
        timer.cancel()
        signal.removeEventListener('abort', giveUp)
        resolve(true)
      }
      if (signal.aborted) giveUp()
    })
    return isExecuting ? this.#admitted(schema, seat, info) : this.#refused(schema, seat)
  }

  #admitted(schema: Schema, seat: FairRequest, info: RequestInfo): Admission {
    const { queues, isExempt } = schema.level
    const { stats } = seat.flow
    if (!isExempt) stats.waitBeforeExecution.observe((seat.startedAt - seat.arrivedAt) / 1000)
    const release = (): void => {
      if (seat.state !== 'executing') return
      const seconds = (this.#options.clock.monotonic() - seat.startedAt) / 1000
      const histogram = info.verb === 'watch' ? stats.watchInitialization : stats.execution
      histogram.observe(seconds)
      queues.finish(seat)
      this.#reap(schema.level)
    }
    return { type: 'admitted', classification: schema, release }
  }

  #refused(schema: Schema, seat: FairRequest | undefined): Admission {
    const { clock } = this.#options
    const { level } = schema
    const waitedMs = seat ? clock.monotonic() - seat.arrivedAt : 0
    level.stats.schema(schema.name).waitBeforeRefusal.observe(waitedMs / 1000)
    level.retryAfter.noteRefusal(Math.floor(clock.now() / 1000))
    this.#reap(level)
    return { type: 'refused', classification: schema, retryAfterSeconds: level.retryAfter.seconds }
  }

  /** A level that nobody wants any more goes with its last request; its seats are divided at the next adjustment. */
  #reap(level: PriorityLevel): void {
    if (level.isQuiescing && level.queues.isIdle) this.#levels.delete(level.configuration.name)
  }
}
