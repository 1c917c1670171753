import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { freePort, isPortFree } from '#sys/ports.ts'
import { seededRandom } from '#sys/random.ts'

test('a free port is free until somebody listens, and is then passed over', async (t) => {
  const port = await freePort(seededRandom(7))
  assert.ok(await isPortFree(port))
  const server = net.createServer().listen(port)
  t.after(() => server.close())
  await once(server, 'listening')
  assert.equal(await isPortFree(port), false)
  assert.notEqual(await freePort(seededRandom(7)), port)
})
