// What a process measures of itself, for whichever registry it serves: memory, CPU, open files, garbage collection.
//
// All of it is read when somebody asks, but for the delays of the event loop, which are sampled by a timer. The library's own
// period wakes a process a hundred times a second, which was most of what an idle one used.

import { collectDefaultMetrics, type Registry } from 'prom-client'

const DELAY_SAMPLE_MS = 1000

/** Adds `process_*` and `nodejs_*`. */
export function measureProcess(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: DELAY_SAMPLE_MS })
}
