import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import { accessOptions } from '#cluster/processes/access-options.ts'
import { readServerArgs, type ServerFlags } from '#cluster/server-flags.ts'

const OWN = 'https://own'

test('the short form of one issuer', async () => {
  const read = async (...args: readonly string[]) => {
    const flags = readServerArgs(['oidc-issuer-url=https://i', 'oidc-client-id=k8ts', ...args])
    const { authentication } = await accessOptions(flags, OWN)
    return authentication?.compiled.jwt[0]
  }
  const plain = await read()
  assert.deepEqual(plain?.issuer, { url: 'https://i', audiences: ['k8ts'] })
  assert.deepEqual(plain.mappings.username, { claim: 'sub', prefix: 'https://i#' })
  const rows: readonly (readonly [args: readonly string[], prefix: string])[] = [
    [['oidc-username-prefix=-'], ''],
    [['oidc-username-prefix=p:'], 'p:'],
    [['oidc-username-claim=email'], ''],
    [['oidc-username-claim=name'], 'https://i#'],
  ]
  for (const [args, prefix] of rows) {
    const { username } = (await read(...args))!.mappings
    assert.equal(username?.program === undefined && username?.prefix, prefix, args.join())
  }
  const full = await read('oidc-groups-claim=g', 'oidc-groups-prefix=o:', 'oidc-required-claim=a=b,c=d=e')
  assert.deepEqual(full?.mappings.groups, { claim: 'g', prefix: 'o:' })
  assert.deepEqual(
    [...full.rules.required],
    [
      ['a', 'b'],
      ['c', 'd=e'],
    ],
  )
})

test('nothing is configured where nothing is said', async () => {
  assert.deepEqual(await accessOptions({}, OWN), {})
  const { authentication } = await accessOptions(readServerArgs(['anonymous-auth=false']), OWN)
  assert.deepEqual(authentication?.compiled.anonymous, { enabled: false })
})

test('modes are asked in their order', async () => {
  const { authorization } = await accessOptions(readServerArgs(['authorization-mode=RBAC,Node']), OWN)
  assert.deepEqual(authorization?.authorizers, [{ type: 'RBAC' }, { type: 'Node' }])
})

describe('flags that do not go together', () => {
  const rows: readonly (readonly [args: readonly string[], error: RegExp])[] = [
    [['oidc-issuer-url=https://i'], /must be specified together when any oidc-\* flags are set/],
    [
      ['oidc-issuer-url=https://i', 'oidc-client-id=a', 'oidc-signing-algs=none'],
      /unsupported signing alg: "none"/,
    ],
    [
      ['oidc-issuer-url=http://i', 'oidc-client-id=a'],
      /invalid authentication configuration: .*scheme must be https/,
    ],
    [['authentication-config=FILE', 'oidc-client-id=a'], /mutually exclusive/],
    [['authentication-config=FILE', 'anonymous-auth=false'], /--anonymous-auth flag cannot be set/],
    [
      ['authorization-config=FILE', 'authorization-mode=RBAC'],
      /can not be specified when --authorization-mode/,
    ],
    [['authorization-mode=Webhook'], /authorization config file not passed/],
    [['authorization-webhook-config-file=/x'], /without mode Webhook/],
    [['authorization-mode=RBAC,RBAC'], /Duplicate value: "RBAC"/],
    [['authorization-config=/nowhere'], /ENOENT/],
  ]
  for (const [args, error] of rows) {
    test(args.join(' '), async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'k8ts-flags-'))
      const file = path.join(folder, 'config.yaml')
      await writeFile(
        file,
        'apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\nanonymous: {enabled: true}\n',
      )
      const flags: ServerFlags = readServerArgs(args.map((arg) => arg.replace('FILE', file)))
      await assert.rejects(accessOptions(flags, OWN), error)
      await rm(folder, { recursive: true })
    })
  }
})
