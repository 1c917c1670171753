import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeProtobuf } from '#api/codec/protobuf.ts'
import { readEncryptionConfiguration } from '#apiserver/encryption/configuration.ts'
import { TransformError } from '#apiserver/encryption/value-transformer.ts'
import { UPSTREAM_KEYS, UPSTREAM_VALUES } from '#apiserver/encryption/written-by-upstream.ts'
import { systemRandom } from '#sys/random.ts'

const FILE = '/etc/keys.yaml'
const HEAD = 'apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n'
const KEY = UPSTREAM_KEYS.secretbox
const read = (text: string) => readEncryptionConfiguration(text, FILE, systemRandom)

/** A file of rules, each `resources` → `providers`, both in YAML's flow style. */
const config = (...rules: readonly (readonly [resources: string, providers: string])[]): string =>
  `${HEAD}resources:\n${rules.map(([names, providers]) => `- {resources: ${names}, providers: ${providers}}\n`).join('')}`
const provider = (name: string, secret: string = KEY, key = 'key1') =>
  `[{${name}: {keys: [{name: ${key}, secret: ${secret}}]}}]`

describe('what kube-apiserver wrote is read', () => {
  for (const { cipher, key, password, value } of UPSTREAM_VALUES) {
    test(cipher, () => {
      const transformer = read(config(['[secrets]', provider(cipher, UPSTREAM_KEYS[cipher])])).of(
        '',
        'secrets',
      )
      const { value: plain, isStale } = transformer.fromStorage(Buffer.from(value, 'base64'), key)
      assert.equal(isStale, false)
      const { data } = decodeProtobuf(plain) as unknown as { data: { pass: string } }
      assert.equal(Buffer.from(data.pass, 'base64').toString(), password)
    })
  }
})

describe('what is written can be read again, and by nobody else', () => {
  const rows: readonly (readonly [cipher: string, refusal: string])[] = [
    ['aescbc', 'inval'],
    ['aesgcm', 'cipher: message authentication failed'],
    ['secretbox', 'output array was not large enough for encryption'],
  ]
  for (const [cipher, refusal] of rows) {
    test(cipher, () => {
      const secrets = read(config(['[secrets]', provider(cipher)])).of('', 'secrets')
      const other = Buffer.alloc(32, 7).toString('base64')
      const others = read(config(['[secrets]', provider(cipher, other)])).of('', 'secrets')
      for (const size of [0, 1, 15, 16, 17, 100_000]) {
        const plain = Buffer.alloc(size, 'x')
        const stored = secrets.toStorage(plain, '/a')
        assert.ok(Buffer.from(stored).toString('latin1').startsWith(`k8s:enc:${cipher}:v1:key1:`))
        assert.ok(!Buffer.from(stored).includes('xxxxxxxx'))
        assert.deepEqual(Buffer.from(secrets.fromStorage(stored, '/a').value), plain)
        // one padding in 256 is right by chance, without authentication
        if (cipher !== 'aescbc')
          assert.throws(() => others.fromStorage(stored, '/a'), new TransformError(refusal))
      }
      assert.throws(
        () => secrets.fromStorage(Buffer.from(`k8s:enc:${cipher}:v1:key1:abc`), '/a'),
        /shorter than the required size/,
      )
    })
  }
  test('a value that was moved to another key', () => {
    const secrets = read(config(['[secrets]', provider('aesgcm')])).of('', 'secrets')
    assert.throws(
      () => secrets.fromStorage(secrets.toStorage(Buffer.from('x'), '/a'), '/b'),
      /authentication failed/,
    )
  })
})

describe('which rule counts', () => {
  const transformers = read(
    config(
      ['[events]', '[{identity: {}}]'],
      ['[secrets, pandas.bears.example]', provider('aesgcm', KEY, 'first')],
      ["['*.apps']", provider('aesgcm', KEY, 'second')],
      ["['*.*']", provider('aesgcm', KEY, 'third')],
    ),
  )
  const rows: readonly (readonly [group: string, resource: string, key: string])[] = [
    ['', 'events', '{}'],
    ['', 'secrets', 'k8s:enc:aesgcm:v1:first:'],
    ['bears.example', 'pandas', 'k8s:enc:aesgcm:v1:first:'],
    ['apps', 'deployments', 'k8s:enc:aesgcm:v1:second:'],
    ['', 'configmaps', 'k8s:enc:aesgcm:v1:third:'],
  ]
  for (const [group, resource, prefix] of rows) {
    test(`${resource}.${group}`, () => {
      const stored = transformers.of(group, resource).toStorage(Buffer.from('{}'), '/key')
      assert.ok(Buffer.from(stored).toString('latin1').startsWith(prefix))
    })
  }
  test('a resource that no rule names', () => {
    const secrets = read(config(['[secrets]', provider('aesgcm')]))
    assert.deepEqual(secrets.of('', 'pods').toStorage(Buffer.from('{}'), '/key'), Buffer.from('{}'))
  })
})

describe('rotation', () => {
  const both = `[{aescbc: {keys: [{name: new, secret: ${KEY}}, {name: old, secret: ${UPSTREAM_KEYS.aescbc}}]}}, {identity: {}}]`
  const secrets = read(config(['[secrets]', both])).of('', 'secrets')
  const rows: readonly (readonly [behaviour: string, stored: Uint8Array, isStale: boolean])[] = [
    ['the first key writes', secrets.toStorage(Buffer.from('{}'), '/a'), false],
    [
      'the second only reads',
      read(config(['[secrets]', provider('aescbc', UPSTREAM_KEYS.aescbc, 'old')]))
        .of('', 'secrets')
        .toStorage(Buffer.from('{}'), '/a'),
      true,
    ],
    ['as does the second provider', Buffer.from('{}'), true],
  ]
  for (const [behaviour, stored, isStale] of rows) {
    test(behaviour, () => {
      const read = secrets.fromStorage(stored, '/a')
      assert.deepEqual([Buffer.from(read.value).toString(), read.isStale], ['{}', isStale])
    })
  }
  test('two providers of one kind with one name of a key', () => {
    const [first, second] = [
      provider('secretbox'),
      provider('secretbox', Buffer.alloc(32, 7).toString('base64')),
    ]
    const old = read(config(['[secrets]', second]))
      .of('', 'secrets')
      .toStorage(Buffer.from('{}'), '/a')
    const chain = read(config(['[secrets]', `${first.slice(0, -1)}, ${second.slice(1)}`])).of('', 'secrets')
    assert.equal(chain.fromStorage(old, '/a').isStale, true)
  })
})

describe('what is refused', () => {
  const decoding = `error while parsing file: error decoding encryption provider configuration file "${FILE}": `
  const rows: readonly (readonly [text: string, message: string])[] = [
    [
      '',
      `error while parsing file: error while loading file: encryption provider configuration file "${FILE}" is empty`,
    ],
    [
      'kind: EncryptionConfiguration',
      `${decoding}Object 'apiVersion' is missing in 'kind: EncryptionConfiguration'`,
    ],
    [`${HEAD}resource: []`, `${decoding}strict decoding error: unknown field "resource"`],
    [HEAD, 'error while parsing file: resources: Required value: at least one resources is required'],
    [
      config(['[]', '[]']),
      'error while parsing file: [resources[0].resources: Required value: at least one resources[0].resources is required, resources[0].providers: Required value: at least one resources[0].providers is required]',
    ],
    [
      config(['[Secrets]', '[{identity: {}}]']),
      'error while parsing file: resources[0].resources[0]: Invalid value: "Secrets": resource name should not contain capital letters',
    ],
    [
      config(["['*']", '[{identity: {}}]']),
      'error while parsing file: resources[0].resources[0]: Invalid value: "*": use \'*.\' to encrypt all the resources from core API group or *.* to encrypt all resources',
    ],
    [
      config(["[secrets, '*.']", '[{identity: {}}]']),
      'error while parsing file: resources[0].resources: Invalid value: ["secrets","*."]: using overlapping resources such as \'secrets\' and \'*.\' in the same resource list is not allowed as they will be masked',
    ],
    [
      config(['[secrets, secrets]', '[{identity: {}}]']),
      'error while parsing file: resources[0].resources: Invalid value: ["secrets","secrets"]: the same resource cannot be specified multiple times',
    ],
    [
      config(['[secrets]', '[{}]']),
      'error while parsing file: resources[0].providers[0]: Invalid value: {}: provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity',
    ],
    [
      config(['[secrets]', provider('aescbc', 'c2hvcnQ=')]),
      'error while parsing file: resources[0].providers[0].aescbc.keys[0].secret: Invalid value: "REDACTED": secret is not of the expected length, got 5, expected one of [16 24 32]',
    ],
    [
      config(['[secrets]', provider('secretbox', 'no-base64')]),
      'error while parsing file: resources[0].providers[0].secretbox.keys[0].secret: Invalid value: "REDACTED": secrets must be base64 encoded',
    ],
    [
      config(["['*.apps']", '[{identity: {}}]'], ['[deployments.apps]', '[{identity: {}}]']),
      'error while building transformers: resource "deployments.apps" is masked by earlier rule "*.apps"',
    ],
    [
      config(["['*.*']", '[{identity: {}}]'], ['[secrets]', '[{identity: {}}]']),
      'error while building transformers: resource "secrets" is masked by earlier rule "*.*"',
    ],
  ]
  for (const [text, message] of rows) test(message, () => assert.throws(() => read(text), { message }))
})
