import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

test('a process goes on when the disk of its log is full', { timeout: 20_000 }, async () => {
  const script = `
    import { createLogger } from '${import.meta.resolve('#sys/log.ts')}'
    const log = createLogger('test')
    log.info({}, 'one')
    setTimeout(() => log.info({}, 'two'), 50)
    setTimeout(() => console.log('still here'), 100)`
  const full = await open('/dev/full', 'w')
  try {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', full.fd],
    })
    const [said] = await Promise.all([text(child.stdout!), once(child, 'close')])
    assert.equal(said, 'still here\n')
  } finally {
    await full.close()
  }
})
