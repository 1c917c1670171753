// What the probes found last, by container. Written by the probe workers, read by status and by the pod workers.
//
// Upstream: pkg/kubelet/prober/results/results_manager.go

export type ProbeType = 'startup' | 'liveness' | 'readiness'
export type ProbeResult = 'success' | 'failure'

export interface ProbeResults {
  /** Undefined while the container's probe has not come to a result. */
  get(containerId: string, type: ProbeType): ProbeResult | undefined
}

export class ProbeResultStore implements ProbeResults {
  readonly #results = new Map<string, ProbeResult>()

  get(containerId: string, type: ProbeType): ProbeResult | undefined {
    return this.#results.get(`${type}/${containerId}`)
  }

  /** True when this is news. */
  set(containerId: string, type: ProbeType, result: ProbeResult): boolean {
    const key = `${type}/${containerId}`
    if (this.#results.get(key) === result) return false
    this.#results.set(key, result)
    return true
  }

  forget(containerId: string, type: ProbeType): void {
    this.#results.delete(`${type}/${containerId}`)
  }
}
