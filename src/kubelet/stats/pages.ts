// The pages of the kubelet's server that show numbers: /stats/summary and the metrics.

import type { Page } from '#kubelet/server/kubelet-server.ts'
import type { ServerContext } from '#kubelet/server/server-context.ts'
import { createMetrics } from '#kubelet/stats/metrics.ts'
import { createSummary } from '#kubelet/stats/summary.ts'

/** Undefined for a path that is none of these. */
export function createPages(context: ServerContext): (path: string) => Promise<Page | undefined> {
  const summary = createSummary(context)
  const metrics = createMetrics(context)
  return async (path) => {
    if (path === '/stats/summary') {
      return { contentType: 'application/json', body: JSON.stringify(await summary.read()) }
    }
    return await metrics.page(path)
  }
}
