// What authentication, authorization, admission and bootstrap need of the server around them.
//
// They read through informers on the server's own watch cache (the in-process transport hands out the same
// frozen objects, so a copy costs a reference), and fall back to a live read through the loopback client where a
// cache that is some milliseconds old would give a wrong answer. Both act as system:apiserver, who may do all.

import type { AdmissionMeasure } from '#apiserver/admission/chain.ts'
import type { Client } from '#client/client.ts'
import type { InformerFactory } from '#client/informer-factory.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import type { Random } from '#sys/random.ts'

export interface ServerAccess {
  /** The loopback client. */
  readonly client: Client
  /** Started by the server once its registry answers; the server is ready when all of them have synced. */
  readonly informers: InformerFactory
  /** Where admission reports how long it takes; absent: nowhere. */
  readonly admissionMeasure?: AdmissionMeasure
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}
