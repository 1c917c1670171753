import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allWords, detailWords, rpcWords } from '#kubelet/cri/error-words.ts'

const DIAL = 'connection error: desc = "transport: Error while dialing: dial unix /run/c.sock: connect: '

const rows: Readonly<Record<string, readonly [details: string, words: string]>> = {
  'a runtime that is down': [
    'No connection established. Last error: Error: connect ECONNREFUSED /run/c.sock. Resolution note: ',
    `${DIAL}connection refused"`,
  ],
  'a socket that is not there': [
    'No connection established. Last error: Error: connect ENOENT /run/c.sock. Resolution note: ',
    `${DIAL}no such file or directory"`,
  ],
  'a runtime that ends during a call': ['read ECONNRESET', 'error reading from server: EOF'],
  'its own words': ['failed to setup network for sandbox', 'failed to setup network for sandbox'],
}

for (const [name, [details, words]] of Object.entries(rows)) {
  test(`details of a failure: ${name}`, () => assert.equal(detailWords(details, 'unix:/run/c.sock'), words))
}

test('a failure as a whole has its code in the words of Go', () => {
  assert.equal(rpcWords(14, 'gone'), 'rpc error: code = Unavailable desc = gone')
  assert.equal(rpcWords(99, 'odd'), 'rpc error: code = Code(99) desc = odd')
})

test('the same failure twice is told once', () => {
  assert.equal(allWords(['a', 'a']), 'a')
  assert.equal(allWords(['a', 'b']), '[a, b]')
})
