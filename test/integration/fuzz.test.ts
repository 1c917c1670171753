// Thousands of broken requests: each gets an answer that blames the client, soon; the server goes on as before.
//
// Repeatable: the same seed draws the same requests. `node dist/test/integration/fuzz.test.js 50000 7` draws fifty
// thousand from the seed 7.

import assert from 'node:assert/strict'
import http2 from 'node:http2'
import { after, before, test } from 'node:test'
import { configMaps, serviceAccounts } from '#api/resources.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { systemClock } from '#sys/clock.ts'
import { type Logger, silentLogger } from '#sys/log.ts'
import { seededRandom } from '#sys/random.ts'
import { Chooser } from '#test/integration/fuzzing/mutations.ts'
import { type FuzzedRequest, nextRequest } from '#test/integration/fuzzing/requests.ts'
import { SAMPLES } from '#test/integration/fuzzing/samples.ts'

const COUNT = Number(process.argv[2] ?? 1_500)
const SEED = Number(process.argv[3] ?? 1)
/** Longer than a read waits for a revision that never comes. */
const SLOW_MS = 10_000
/** It tells of so many and stops. */
const MAX_PROBLEMS = 20
const MAX_GROWTH_BYTES = 400 * 1024 * 1024

let server: TestApiServer
let session: http2.ClientHttp2Session
const faults: string[] = []

/** Keeps what the server says of faults of its own. */
const log: Logger = {
  ...silentLogger,
  error: (details, message) => void faults.push(`${message}: ${JSON.stringify(details)}`),
  child: () => log,
}

before(async () => {
  server = await startTestApiServer({ tls: true, secured: true, log })
  // pods need an account, and requests something to hit
  await server.client
    .resource(serviceAccounts)
    .create({ metadata: { namespace: 'default', name: 'default' } })
  for (const { path, object } of SAMPLES.filter(({ object }) => object['kind'] !== 'SubjectAccessReview'))
    await server.client.request({ method: 'POST', path, query: {}, body: object })
  const { cert, key } = server.sign('fuzz', ['system:masters'])
  session = http2.connect(server.url, { ca: server.caCertificate, cert, key, servername: 'localhost' })
})

after(async () => {
  session?.close()
  await server?.stop()
})

interface Answer {
  readonly code: number
  /** Of an error, the first of it. */
  readonly text: string
}

/** Sends one; a watch is let go after its head. */
function send({ method, url, headers, body }: FuzzedRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request(
      { ...headers, ':method': method, ':path': url },
      { endStream: body === undefined },
    )
    let code = 0
    let text = ''
    stream.on('response', (answer) => {
      code = Number(answer[':status'])
      if (code === 200 && /[?&]watch=(?!0|false)/.test(url)) stream.close()
    })
    stream.setTimeout(SLOW_MS, () => stream.close(http2.constants.NGHTTP2_CANCEL))
    stream.on('error', reject)
    stream.on('data', (chunk: Buffer) => {
      if (code >= 500 && text.length < 1_000) text += chunk.toString()
    })
    stream.on('close', () => resolve({ code, text }))
    if (body) stream.end(body)
  })
}

/** kube-apiserver answers these with 500 as well, though the client is to blame; clients know the answers. */
const KNOWN_500 = [
  /failed to create typed patch object/,
  /unknown patch type: /,
  /expected a (?:\[\]|map\[string\])interface \{\}, but received a /,
  /list element types are not identical: /,
  /merging lists cannot yet be specified in the patch/,
  /does not contain declared merge key: /,
  /cannot merge lists without merge key for /,
  /failed to convert new object /,
  /unable to determine kind and namespace from url/,
  /unable to find api field in struct /,
  /The order in patch list:/,
]

/** 501 is for what is known and not offered, 503 for nodes that do not exist, 504 for revisions that never come. */
function isFault({ code, text }: Answer): boolean {
  if (code === 500) return !KNOWN_500.some((known) => known.test(text))
  return code === 0 || (code > 500 && ![501, 503, 504].includes(code))
}

const describe = ({ method, url, headers, body }: FuzzedRequest): string =>
  `${method} ${url} ${JSON.stringify(headers)} ${body ? JSON.stringify(body.toString('latin1')).slice(0, 3_000) : ''}`

test(`${COUNT} broken requests from seed ${SEED}`, { timeout: 3_600_000 }, async () => {
  const choose = new Chooser(seededRandom(SEED))
  const memoryBefore = process.memoryUsage().rss
  const codes = new Map<number, number>()
  const problems: string[] = []
  for (let index = 0; index < COUNT; index++) {
    const request = nextRequest(choose)
    const since = systemClock.monotonic()
    const answer = await send(request)
    const { code, text } = answer
    const took = systemClock.monotonic() - since
    codes.set(code, (codes.get(code) ?? 0) + 1)
    if (!isFault(answer) && faults.length === 0 && took < SLOW_MS) continue
    const what = `request ${index}: ${code} after ${Math.round(took)} ms: ${describe(request)} ${text}`
    problems.push([what, ...faults.splice(0)].join('\n'))
    if (problems.length >= MAX_PROBLEMS) break
  }
  assert.equal(problems.length, 0, problems.join('\n\n'))
  // the requests were not all refused for the same reason
  for (const code of [200, 201, 400, 404, 409, 422])
    assert.ok((codes.get(code) ?? 0) > 0, `no ${code} at all`)
  const growth = process.memoryUsage().rss - memoryBefore
  assert.ok(growth < MAX_GROWTH_BYTES, `memory grew by ${growth >> 20} MiB`)
  const { metadata } = await server.client
    .resource(configMaps)
    .create({ metadata: { namespace: 'default', name: 'still-here' } })
  assert.ok(metadata?.uid)
})
