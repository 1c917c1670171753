// An AbortController whose signal is made when somebody asks for it.
//
// Node's signals are event targets: to make one and to link it to another costs more than the rest of a small request.
// Most requests are answered without anybody who waits, so nobody ever looks.

/** What gives a signal on demand: a request, or anything else that can be given up. */
export interface Abortable {
  readonly signal: AbortSignal
}

export class LazyAbort implements Abortable {
  readonly #outer: Abortable | undefined
  #controller: AbortController | undefined
  #unlink: (() => void) | undefined
  #isAborted = false
  #reason: unknown

  /** Aborts when `outer` does, too; whoever makes one with an `outer` that lives longer releases it at the end. */
  constructor(outer?: Abortable) {
    this.#outer = outer
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#isAborted) this.#controller.abort(this.#reason)
      else if (this.#outer) this.#follow(this.#outer.signal)
    }
    return this.#controller.signal
  }

  abort(reason: unknown): void {
    if (this.#isAborted) return
    this.#isAborted = true
    this.#reason = reason
    this.#controller?.abort(reason)
  }

  /** Hears no longer of the outer one. */
  release(): void {
    this.#unlink?.()
    this.#unlink = undefined
  }

  #follow(outer: AbortSignal): void {
    const onAbort = () => this.abort(outer.reason)
    if (outer.aborted) onAbort()
    else {
      outer.addEventListener('abort', onAbort, { once: true })
      this.#unlink = () => outer.removeEventListener('abort', onAbort)
    }
  }
}
