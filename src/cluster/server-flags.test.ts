import assert from 'node:assert/strict'
import path from 'node:path'
import { describe, test } from 'node:test'
import { keepServerArgs, readServerArgs } from '#cluster/server-flags.ts'

test('arguments become the values of flags, the last of a name counts', () => {
  const args = [
    'encryption-provider-config=/a',
    '--encryption-provider-config=/b=c',
    'encryption-provider-config-automatic-reload',
  ]
  assert.deepEqual(readServerArgs(args), {
    'encryption-provider-config': '/b=c',
    'encryption-provider-config-automatic-reload': true,
  })
})

test('a path is kept as an absolute one', () => {
  assert.deepEqual(keepServerArgs(['encryption-provider-config=keys.yaml']), [
    `encryption-provider-config=${path.resolve('keys.yaml')}`,
  ])
})

describe('what is refused', () => {
  const rows: readonly (readonly [arg: string, message: RegExp])[] = [
    ['no-such-flag=1', /has no flag "no-such-flag"/],
    ['encryption-provider-config-automatic-reload=perhaps', /takes true or false, not "perhaps"/],
  ]
  for (const [arg, message] of rows) test(arg, () => assert.throws(() => keepServerArgs([arg]), message))
})
