// Why a container could not be started: what its `waiting` state shows, and when to try again.

export class StartError extends Error {
  /** `ErrImagePull`, `CreateContainerConfigError`, … */
  readonly reason: string
  /** Wall time in milliseconds before which another try is of no use. */
  readonly retryAt: number | undefined

  constructor(reason: string, message: string, retryAt?: number, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StartError'
    this.reason = reason
    this.retryAt = retryAt
  }
}
