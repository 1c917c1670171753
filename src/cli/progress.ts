// Tells on stderr what is being done and how long it took: a line a step, with a sign of life on terminals.

import type { Progress } from '#cluster/up.ts'
import { systemClock } from '#sys/clock.ts'

export interface TerminalProgress extends Progress {
  /** Ends the last step and says what came of it. */
  done(text: string): void
  /** Ends without a word: an error message follows. */
  end(): void
}

/** A step that takes longer than this shows that it goes on. */
const LIFE_SIGN_MS = 1_000
const LINE_BOUND = 100

export function createProgress(output: NodeJS.WriteStream = process.stderr): TerminalProgress {
  const start = systemClock.monotonic()
  let current: { text: string; since: number } | undefined
  let detail = ''
  const seconds = (since: number) => `${((systemClock.monotonic() - since) / 1000).toFixed(1)}s`
  const clear = () => output.isTTY && output.write('\r\x1b[K')
  const timer = systemClock.every(LIFE_SIGN_MS, () => {
    if (!current || systemClock.monotonic() - current.since < LIFE_SIGN_MS) return
    const line = `… ${current.text} ${seconds(current.since)}${detail ? ` (${detail})` : ''}`.slice(
      0,
      LINE_BOUND,
    )
    if (output.isTTY) {
      clear()
      output.write(line)
    } else if (Math.round((systemClock.monotonic() - current.since) / LIFE_SIGN_MS) % 5 === 0)
      output.write(`${line}\n`)
  })
  function finish(): void {
    clear()
    if (current) output.write(`${current.text} ${seconds(current.since)}\n`)
    current = undefined
    detail = ''
  }
  return {
    step(text) {
      finish()
      current = { text, since: systemClock.monotonic() }
    },
    detail: (text) => {
      detail = text
    },
    done(text) {
      finish()
      timer.cancel()
      output.write(`${text} (${seconds(start)})\n`)
    },
    end() {
      clear()
      timer.cancel()
    },
  }
}
