// A process for the crash test: it writes as fast as it can, says what was acknowledged, and waits to be killed.

import { writeSync } from 'node:fs'
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts'
import { systemClock } from '#sys/clock.ts'

const [, , directory = ''] = process.argv
const store = await openEmbeddedStore({ path: directory, clock: systemClock })
const start = await store.currentRevision()

/** Changes its own key forever; each line says that a value is on the disk. */
async function writeOn(name: string): Promise<never> {
  for (let count = 1; ; count++) {
    const value = Buffer.from(`${start}.${count}`)
    const { revision } = await store.txn({
      compare: [],
      success: [{ type: 'put', key: `/crash/${name}`, value }],
    })
    // synchronously, so that no acknowledgement is lost in a buffer of this process
    writeSync(1, `${name} ${value.toString()} ${revision}\n`)
  }
}

await Promise.all(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(writeOn))
