// One line of a CRI log file: `2026-01-02T03:04:05.678901234Z stdout F text`. Pure.
//
// `F` ends a line; `P` is a part of one that was longer than the runtime's buffer, so no newline belongs to it.
// Upstream: staging/src/k8s.io/cri-client/pkg/logs/logs.go (parseCRILog)

export interface LogLine {
  /** RFC 3339 with nanoseconds, as the runtime wrote it. */
  readonly time: string
  readonly stream: 'stdout' | 'stderr'
  /** With its newline, unless it is a part. */
  readonly text: string
}

const LINE = /^(\S+) (stdout|stderr) (\S+) ?([\s\S]*)$/

/** Undefined for what is no such line (an empty rest, a cut). */
export function parseLogLine(line: string): LogLine | undefined {
  const [, time, stream, tags, text] = LINE.exec(line) ?? []
  if (time === undefined || tags === undefined) return undefined
  const isPart = tags.split(':')[0] === 'P'
  return { time, stream: stream as LogLine['stream'], text: isPart ? (text ?? '') : `${text ?? ''}\n` }
}
