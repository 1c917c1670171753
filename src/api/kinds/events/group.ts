// The kinds of the API group events.k8s.io.

import { event } from '#api/kinds/events/event.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'

export const eventsKinds: readonly KindDefinition[] = [event]
