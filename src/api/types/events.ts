// Types of the API group events, in wire form. The fields come from @kubernetes/client-node.

import type { EventsV1Event, EventsV1EventSeries } from '@kubernetes/client-node'
import type { Wire } from '#api/types/wire.ts'

export type Event = Wire<EventsV1Event>
export type EventSeries = Wire<EventsV1EventSeries>
