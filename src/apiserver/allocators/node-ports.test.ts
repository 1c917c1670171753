import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { nodePorts } from '#apiserver/allocators/node-ports.ts'
import { PortBitmap } from '#apiserver/allocators/port-bitmap.ts'
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts'
import { systemClock } from '#sys/clock.ts'
import { seededRandom } from '#sys/random.ts'

const store = await openEmbeddedStore({ clock: systemClock })
after(() => store.close())
const RANGE = { first: 30000, last: 30063 }

test('a bitmap survives its bytes, which are those of the original', () => {
  const range = { first: 30000, last: 32767 }
  assert.equal(new PortBitmap(range).encode().length, 0)
  assert.deepEqual([...new PortBitmap(range, [30000, 30001]).encode()], [3])
  assert.deepEqual([...new PortBitmap(range, [30008]).encode()], [1, 0])
  const ports = [30000, 30017, 32767]
  assert.deepEqual([...PortBitmap.decode(range, new PortBitmap(range, ports).encode()).ports()].sort(), ports)
})

test('the upper part goes first, the part for choice by hand last, then nothing', () => {
  const bitmap = new PortBitmap(RANGE)
  const random = seededRandom(3)
  const given = Array.from({ length: 64 }, () => bitmap.takeNext(random.next) ?? 0)
  assert.ok(given.slice(0, 48).every((port) => port >= 30016))
  assert.ok(given.slice(48).every((port) => port < 30016))
  assert.equal(new Set(given).size, 64)
  assert.equal(bitmap.takeNext(random.next), undefined)
})

test('servers that allocate at the same time never give one port twice', async () => {
  const servers = [1, 2, 3].map((seed) => nodePorts(store, seededRandom(seed), RANGE))
  const operations = Array.from({ length: 30 }, (_, i) => servers[i % 3]!.begin(false))
  const given = await Promise.all(operations.map((operation) => operation.allocateNext()))
  assert.equal(new Set(given).size, 30)
  await Promise.all(operations.map((operation) => operation.revert()))
  assert.deepEqual(await servers[0]!.taken(), [])
})

test('ports that were asked for, dry runs, releases', async () => {
  const ports = nodePorts(store, seededRandom(9), RANGE)
  const operation = ports.begin(false)
  await operation.allocate(30005)
  await assert.rejects(operation.allocate(30005), { message: 'provided port is already allocated' })
  await assert.rejects(operation.allocate(80), {
    message: 'provided port is not in the valid range. The range of valid ports is 30000-30063',
  })
  const dry = ports.begin(true)
  await assert.rejects(dry.allocate(30005), { message: 'provided port is already allocated' })
  await dry.allocate(30006)
  await assert.rejects(dry.allocate(30006), { message: 'provided port is already allocated' })
  assert.equal(await dry.allocateNext(), 30000)
  assert.deepEqual(await ports.taken(), [30005])
  operation.releaseLater(30005)
  assert.deepEqual(await ports.taken(), [30005])
  await operation.commit()
  assert.deepEqual(await ports.taken(), [])
  await ports.adopt([30001, 99])
  assert.deepEqual(await ports.taken(), [30001])
  await ports.release([30001])
})
