// A failure that a person can do something about: one sentence that says what, why, and the way out.

/** The command line prints its message alone, without a stack, and ends with exit code 1. */
export class UserError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'UserError'
  }
}
