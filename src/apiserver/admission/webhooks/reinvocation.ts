// Which webhooks are asked again in the second round: those that want it, were asked before, and whose object has
// changed since.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/mutating/reinvocationcontext.go

import type { AdmissionRequest, MutationRound } from '#apiserver/admission/plugin.ts'

const KEY = 'MutatingAdmissionWebhook'

export class ReinvocationState {
  readonly #invoked = new Set<string>()
  readonly #due = new Set<string>()
  #left = ''

  /** The state of this request, as the first round has left it. */
  static of(round: MutationRound, request: AdmissionRequest): ReinvocationState {
    const known = round.memory.get(KEY) as ReinvocationState | undefined
    if (known) {
      // plugins of the server have changed the object in between
      if (round.isSecond && known.#left !== JSON.stringify(request.object)) known.changed()
      return known
    }
    const state = new ReinvocationState()
    round.memory.set(KEY, state)
    return state
  }

  isDue(id: string): boolean {
    return this.#due.has(id)
  }

  /** The object is not what those who were asked so far have seen. */
  changed(): void {
    for (const id of this.#invoked) this.#due.add(id)
  }

  /** A webhook that wants to be asked again has been asked. */
  invoked(id: string): void {
    this.#invoked.add(id)
  }

  /** The round ends with this object. */
  leave(request: AdmissionRequest): void {
    this.#left = JSON.stringify(request.object)
  }
}
