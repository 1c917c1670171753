import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Secret } from '#api/types/core.ts'
import { credentialsFor } from '#kubelet/images/pull-secrets.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const secret = (auths: object): Secret => ({
  data: { '.dockerconfigjson': base64(JSON.stringify({ auths })) },
})
const login = (user: string) => ({ auth: base64(`${user}:pass:word`) })

const secrets = [
  secret({
    'https://index.docker.io/v1/': login('hub'),
    'registry.example.com': login('host'),
    'registry.example.com/team': login('team'),
    '*.example.org': login('star'),
  }),
  { data: { '.dockercfg': base64('no json') } },
]

const rows: Readonly<Record<string, readonly string[]>> = {
  'docker.io/library/busybox': ['hub'],
  'registry.example.com/other/app': ['host'],
  'registry.example.com/team/app': ['team', 'host'],
  'registry.example.com/teams/app': ['host'],
  'eu.example.org/app': ['star'],
  'quay.io/app': [],
}

for (const [repository, users] of Object.entries(rows)) {
  test(`credentials for ${repository}`, () => {
    const found = credentialsFor(repository, secrets)
    assert.deepEqual(
      found.map(({ username }) => username),
      users,
    )
    assert.ok(found.every(({ password }) => password === 'pass:word'))
  })
}
