// One structured logger for every component: pino, as JSON lines on stderr.
//
// A component gets its logger handed in and adds its own fields with `child`. It logs an error once, where
// it decides what to do about it. Invariant: a log that cannot be written harms nobody.

import { pino } from 'pino'

export type LogFields = Readonly<Record<string, unknown>>

export interface Logger {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
  child(fields: LogFields): Logger
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Lines wait while they cannot be written; what is more is lost. */
const MAX_WAITING_BYTES = 1 << 20

/** A logger for `component`; `level` defaults to `info`. */
export function createLogger(component: string, level: LogLevel = 'info'): Logger {
  // Written at once: there are few lines, the last before a crash are those that count, and no exit has to wait for any.
  const destination = pino.destination({ dest: 2, sync: true, maxLength: MAX_WAITING_BYTES })
  // The next line tries again. Nobody is there to be told, and a full disk is no reason to end.
  destination.on('error', () => undefined)
  return pino(
    { name: component, level, base: { component }, timestamp: pino.stdTimeFunctions.isoTime },
    destination,
  )
}

/** A logger that says nothing: for tests. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
}
