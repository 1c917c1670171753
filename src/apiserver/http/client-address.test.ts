import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { connect } from 'node:tls'
import { makeCertificate, type TestCertificate } from '#api/codec/testing-certificates.ts'
import { encodePem } from '#api/codec/x509.ts'
import { clientCertificatesOf } from '#apiserver/http/client-address.ts'
import { listen } from '#apiserver/http/listener.ts'
import { systemClock } from '#sys/clock.ts'

const from = systemClock.now() - 60_000
const root = makeCertificate('root', undefined, { isCa: true, from })
const middle = makeCertificate('middle', root, { isCa: true, from })
const foreign = makeCertificate('foreign', undefined, { isCa: true, from })

const pem = ({ der }: TestCertificate): string => encodePem(der, 'CERTIFICATE')
const keyOf = ({ key }: TestCertificate): string => key.export({ type: 'pkcs8', format: 'pem' }) as string

type Chain = readonly Uint8Array[] | undefined

/** A listener, and a client that connects to it anew and gives the chain that the listener saw. */
async function seenBy(context: TestContext): Promise<(...chain: TestCertificate[]) => Promise<Chain>> {
  const server = makeCertificate('server', root, { usages: ['serverAuth'], from })
  let seen: Chain
  const listener = await listen({
    host: '127.0.0.1',
    port: 0,
    tls: { cert: pem(server), key: keyOf(server), clientCa: pem(root) },
    clock: systemClock,
    onRequest(request, reply) {
      seen = clientCertificatesOf(request)
      reply.writeHead(200)
      reply.end()
    },
    onUpgrade: (_request, socket) => socket.destroy(),
  })
  context.after(() => listener.close(0))
  return async (...chain) => {
    seen = undefined
    const credentials = chain[0] ? { cert: chain.map(pem).join(''), key: keyOf(chain[0]) } : {}
    const address = { host: '127.0.0.1', port: listener.address.port }
    // it is the client that is looked at here
    const socket = connect({ ...address, ...credentials, rejectUnauthorized: false })
    socket.write('GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n')
    socket.resume()
    await once(socket, 'close')
    return seen
  }
}

const names = (chain: Chain, ...known: TestCertificate[]): readonly (string | undefined)[] | undefined =>
  chain?.map((der) => known.find((one) => Buffer.from(one.der).equals(der))?.name)

test('a client without a certificate shows none', async (context) => {
  const see = await seenBy(context)
  assert.equal(await see(), undefined)
})

test('a client that comes back is recognised', async (context) => {
  const see = await seenBy(context)
  const client = makeCertificate('client', root, { from })
  const first = await see(client)
  assert.equal(names(first, client)?.[0], 'client')
  assert.equal(await see(client), first)
})

test('what was missing from a chain the first time is seen the second time', async (context) => {
  const see = await seenBy(context)
  const client = makeCertificate('client', middle, { from })
  assert.deepEqual(names(await see(client), client, middle), ['client'])
  const whole = await see(client, middle)
  assert.deepEqual(names(whole, client, middle)?.slice(0, 2), ['client', 'middle'])
  assert.equal(await see(client, middle), whole)
})

test('a stranger is not taken for somebody known', async (context) => {
  const see = await seenBy(context)
  const client = makeCertificate('client', root, { from })
  const stranger = makeCertificate('client', foreign, { from })
  const known = await see(client)
  const unknown = await see(stranger)
  assert.equal(names(unknown, stranger)?.[0], 'client')
  assert.notEqual(unknown, known)
  assert.notEqual(await see(stranger), unknown)
})
