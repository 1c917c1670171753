// What processes have used, from /proc.

import { readFile, writeFile } from 'node:fs/promises'

/** The kernel counts processor time in hundredths of a second. */
const TICK_MS = 10

/** Processor time of all threads of all of them. */
export async function cpuMs(pids: readonly number[]): Promise<number> {
  const each = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return (Number(fields[11]) + Number(fields[12])) * TICK_MS
    }),
  )
  return each.reduce((sum, value) => sum + value, 0)
}

/** Forgets the largest resident sizes so far. */
export async function resetPeaks(pids: readonly number[]): Promise<void> {
  await Promise.all(pids.map((pid) => writeFile(`/proc/${pid}/clear_refs`, '5')))
}

/** The sum of the largest resident sizes since then, in MiB. */
export async function peakMebibytes(
  pids: readonly number[],
  field: 'VmHWM' | 'VmRSS' = 'VmHWM',
): Promise<number> {
  const each = await Promise.all(
    pids.map(async (pid) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8')
      return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1024
    }),
  )
  return each.reduce((sum, value) => sum + value, 0)
}
