// A container's last words: the file that it may write, or the end of its log when it failed without one.
//
// Upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go (getTerminationMessage)

import { open } from 'node:fs/promises'
import type { ContainerStatus } from '#kubelet/cri/types.ts'
import { readContainerAnnotations } from '#kubelet/runtime/labels.ts'
import { parseLogLine } from '#kubelet/server/log-line.ts'
import { isMissing } from '#sys/files.ts'

/** Of a message file, and of what is taken from a log instead of it. */
const MAX_BYTES = 4096
const MAX_LOG_BYTES = 2048
const MAX_LOG_LINES = 80

/** '' when it said nothing. Never rejects: what cannot be read is itself the message. */
export async function terminationMessage(status: ContainerStatus): Promise<string> {
  const record = readContainerAnnotations(status.annotations)
  const mayUseLog =
    record.terminationMessagePolicy === 'FallbackToLogsOnError' &&
    status.exitCode !== 0 &&
    status.reason !== 'ContainerCannotRun'
  const file = messageFile(status, record.terminationMessagePath)
  let text = ''
  if (file !== undefined) {
    try {
      text = (await readEnd(file, MAX_BYTES)).toString('utf8')
    } catch (error) {
      if (!isMissing(error)) return `Error on reading termination log ${file}: ${String(error)}`
    }
  }
  if (text !== '' || !mayUseLog) return text
  return lastLogLines(status.logPath).catch(
    (error: unknown) => `Error on reading termination message from logs: ${String(error)}`,
  )
}

function messageFile(status: ContainerStatus, path: string): string | undefined {
  if (path === '') return undefined
  const absolute = path.startsWith('/') ? path : `/${path}`
  return status.mounts.find((mount) => mount.containerPath === absolute)?.hostPath
}

/** The last `limit` bytes of a file. */
async function readEnd(file: string, limit: number): Promise<Buffer> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    const length = Math.min(size, limit)
    const buffer = Buffer.alloc(length)
    const { bytesRead } = await handle.read(buffer, 0, length, Math.max(0, size - limit))
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

async function lastLogLines(file: string): Promise<string> {
  // Each line carries some forty bytes of time and stream beside its text.
  const end = await readEnd(file, MAX_LOG_BYTES + MAX_LOG_LINES * 64)
  const lines = end
    .toString('utf8')
    .split('\n')
    .slice(-MAX_LOG_LINES - 1)
  const text = lines.map((line) => parseLogLine(line)?.text ?? '').join('')
  return Buffer.from(text).subarray(-MAX_LOG_BYTES).toString('utf8')
}
