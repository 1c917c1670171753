// One structured logger for every component: pino, as JSON lines on stderr.
//
// A component gets its logger handed in and adds its own fields with `child`. It logs an error once, where
// it decides what to do about it.

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

/** A logger for `component`; `level` defaults to `info`. */
export function createLogger(component: string, level: LogLevel = 'info'): Logger {
  return pino(
    { name: component, level, base: { component }, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: false }),
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
