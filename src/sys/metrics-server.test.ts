import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseBindAddress } from '#sys/metrics-server.ts'

describe('where metrics are served', () => {
  const rows: readonly (readonly [text: string, host: string | undefined, port?: number])[] = [
    ['127.0.0.1:10249', '127.0.0.1', 10_249],
    ['[::1]:10249', '::1', 10_249],
    [':9100', '::', 9_100],
    ['localhost:1', 'localhost', 1],
    ['10249', undefined],
    ['[nope]:1', undefined],
    ['127.0.0.1:70000', undefined],
    ['127.0.0.1', undefined],
  ]
  for (const [text, host, port] of rows) {
    test(text, () =>
      assert.deepEqual(parseBindAddress(text), host === undefined ? undefined : { host, port }),
    )
  }
})
