import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unauthorized } from '#api/meta/status.ts'
import { cachedTokens } from '#apiserver/authentication/cached-token.ts'
import { fakeClock } from '#sys/fake-clock.ts'
import { systemRandom } from '#sys/random.ts'

test('a verdict is given again for a while, by token and audiences; a failure to ask never', async () => {
  const clock = fakeClock()
  const asked: string[] = []
  const inner = {
    name: 'inner',
    async authenticateToken(token: string, audiences: readonly string[]) {
      asked.push(token)
      if (token === 'bad') throw unauthorized('expired')
      if (token === 'broken') throw new Error('nobody answers')
      return { user: { name: token, groups: [] }, audiences }
    },
  }
  const options = { clock, random: systemRandom, successTtlMs: 10_000, failureTtlMs: 2_000 }
  const tokens = cachedTokens(inner, options)
  const ask = (token: string, audience = 'here') => tokens.authenticateToken(token, [audience])
  const found = await Promise.all([ask('good'), ask('good')])
  assert.deepEqual(
    found.map((identity) => identity?.user.name),
    ['good', 'good'],
  )
  assert.deepEqual((await ask('good', 'there'))?.audiences, ['there'])
  assert.deepEqual(asked, ['good', 'good'])
  for (let i = 0; i < 2; i++) await assert.rejects(ask('bad'), { message: 'expired' })
  for (let i = 0; i < 2; i++) await assert.rejects(ask('broken'), { message: 'nobody answers' })
  assert.deepEqual(asked.slice(2), ['bad', 'broken', 'broken'])
  await clock.advance(2_000)
  await assert.rejects(ask('bad'))
  await ask('good')
  await clock.advance(8_000)
  await ask('good')
  assert.deepEqual(asked.slice(5), ['bad', 'good'])
})
