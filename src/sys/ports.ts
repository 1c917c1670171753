// TCP ports of this machine: whether one is free, and a free one for whoever needs any.

import net from 'node:net'
import { type Random, systemRandom } from '#sys/random.ts'

/**
 * Below both the node ports of Services and the ports that the kernel gives to outgoing connections: one of those
 * could take a port between its choice and its use, and keep it for as long as a watch lasts.
 */
const FIRST = 20_000
const COUNT = 10_000
const TRIES = 100

export async function isPortFree(port: number): Promise<boolean> {
  const server = net.createServer()
  const isFree = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    })
    server.listen(port, () => resolve(true))
  })
  if (isFree) await new Promise((resolve) => server.close(resolve))
  return isFree
}

/** A port that nobody listens on now. */
export async function freePort(random: Random = systemRandom): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = FIRST + Math.floor(random.next() * COUNT)
    if (await isPortFree(port)) return port
  }
  throw new Error(`no free port between ${FIRST} and ${FIRST + COUNT} was found`)
}
