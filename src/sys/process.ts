// Processes of the machine: running a command to its end, and telling a living process from a reused pid.
//
// Invariant: whatever is started here ends by itself, by its timeout or by its signal, and its output is
// bounded: a command that prints without end is cut, not swallowed into memory.

import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface RunOptions {
  /** Written to standard input, which is closed afterwards. */
  readonly input?: string | Uint8Array
  /** Default 30 s; then SIGKILL. */
  readonly timeoutMs?: number
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal
  /** Bytes kept of each of stdout and stderr; default 16 MiB. */
  readonly maxOutputBytes?: number
  /** Called with each piece of stdout or stderr as it comes. */
  readonly onOutput?: (text: string) => void
}

export interface RunResult {
  /** The exit code; 128 + the signal's number is not used: a killed command has `code` -1. */
  readonly code: number
  readonly killedBy?: NodeJS.Signals
  readonly stdout: string
  readonly stderr: string
}

/** A command that ended with another code than 0, or could not be started. */
export class CommandError extends Error {
  readonly command: string
  readonly result: RunResult

  constructor(command: string, result: RunResult, options?: ErrorOptions) {
    const said = lastLines(result.stderr || result.stdout)
    const end = result.killedBy ? `killed by ${result.killedBy}` : `exit code ${result.code}`
    super(`${command}: ${said === '' ? end : `${said} (${end})`}`, options)
    this.name = 'CommandError'
    this.command = command
    this.result = result
  }
}

const DEFAULT_TIMEOUT_MS = 30_000
const DEFAULT_MAX_OUTPUT_BYTES = 16 * 1024 * 1024

/** Runs a command to its end. Rejects with CommandError when it fails, or cannot be started. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const result = await tryRun(command, args, options)
  if (result.code !== 0) throw new CommandError(describe(command, args), result)
  return result
}

/** As `run`, but a failure is a result: for commands whose exit code is an answer. */
export function tryRun(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      killSignal: 'SIGKILL',
      ...(options.signal && { signal: options.signal }),
    })
    const limit = options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES
    const stdout = collect(child.stdout, limit, options.onOutput)
    const stderr = collect(child.stderr, limit, options.onOutput)
    child.once('error', (error) => {
      const result = { code: -1, stdout: stdout(), stderr: error.message }
      reject(new CommandError(describe(command, args), result, { cause: error }))
    })
    child.once('close', (code, killedBy) =>
      resolve({ code: code ?? -1, ...(killedBy && { killedBy }), stdout: stdout(), stderr: stderr() }),
    )
    // A command that ends without reading its input is no error of ours.
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input)
  })
}

function collect(
  stream: NodeJS.ReadableStream,
  limit: number,
  onOutput: ((text: string) => void) | undefined,
): () => string {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    onOutput?.(chunk.toString())
    if (size >= limit) return
    chunks.push(chunk.subarray(0, limit - size))
    size += chunk.length
  })
  return () => Buffer.concat(chunks).toString('utf8')
}

function describe(command: string, args: readonly string[]): string {
  const text = [command, ...args].join(' ')
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' | ').slice(0, 500)
}

/** A process, told apart from a later one with the same pid by the time of its start. */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks since boot (field 22 of /proc/PID/stat). */
  readonly startTicks: number
}

/** What /proc tells of a process. */
export interface ProcessStat extends ProcessIdentity {
  readonly parentPid: number
  /** `Z` is a zombie: it has ended, its parent did not look yet. */
  readonly state: string
  /** User and system time in ticks of 10 ms. */
  readonly cpuTicks: number
  readonly residentBytes: number
}

const PAGE_BYTES = 4096

/** Reads /proc/PID/stat; undefined when there is no such process. */
export function readProcess(pid: number): ProcessStat | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  return parseProcessStat(pid, text)
}

/** The name of a process may hold spaces and brackets: the fields are counted from the last bracket. */
export function parseProcessStat(pid: number, text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const number = (index: number): number => Number(fields[index] ?? 0)
  return {
    pid,
    state: fields[0] ?? '?',
    parentPid: number(1),
    cpuTicks: number(11) + number(12),
    startTicks: number(19),
    residentBytes: number(21) * PAGE_BYTES,
  }
}

/** The identity of a running process; undefined when it is gone or a zombie. */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readProcess(pid)
  return stat && stat.state !== 'Z' ? { pid, startTicks: stat.startTicks } : undefined
}

/** Whether this very process still runs; a later one with the same pid does not count. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTicks === identity.startTicks
}

/** Sends a signal to this very process; false when it is gone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(identity)) return false
  try {
    process.kill(identity.pid, signal)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

export interface DetachedOptions {
  /** File descriptor that takes stdout and stderr. */
  readonly outputFd: number
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
}

/** Starts a process that outlives this one, in a session of its own (no Ctrl-C of the terminal reaches it). */
export function spawnDetached(
  command: string,
  args: readonly string[],
  options: DetachedOptions,
): ChildProcess {
  return spawn(command, args, {
    cwd: options.cwd ?? '/',
    env: { ...process.env, ...options.env },
    detached: true,
    stdio: ['ignore', options.outputFd, options.outputFd],
  })
}
