import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { compileAuthorization } from '#apiserver/authorization/configuration/compile.ts'
import {
  type AuthorizerConfiguration,
  readAuthorizationConfiguration,
} from '#apiserver/authorization/configuration/file.ts'
import { matchConditionCompiler } from '#apiserver/authorization/match-conditions.ts'

const conditions = matchConditionCompiler()
const RBAC = { type: 'RBAC', name: 'rbac' }
let folder: string
let kubeConfigFile: string

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'k8ts-authorization-'))
  kubeConfigFile = path.join(folder, 'kubeconfig')
  const clusters = [{ name: 'hook', cluster: { server: 'https://hook' } }]
  await writeFile(kubeConfigFile, JSON.stringify({ clusters }))
})
after(() => rm(folder, { recursive: true, force: true }))

const hook = (more: object = {}): AuthorizerConfiguration => ({
  type: 'Webhook',
  name: 'hook',
  webhook: {
    timeout: '3s',
    subjectAccessReviewVersion: 'v1',
    failurePolicy: 'Deny',
    connectionInfo: { type: 'KubeConfigFile', kubeConfigFile },
    ...more,
  },
})
const conditioned = (...expressions: readonly string[]) =>
  hook({
    matchConditionSubjectAccessReviewVersion: 'v1',
    matchConditions: expressions.map((expression) => ({ expression })),
  })

test('times have defaults, and what is not to be remembered is not', async () => {
  const [first] = await compileAuthorization({ authorizers: [hook()] }, conditions)
  assert.ok(first?.type === 'Webhook')
  const { target, timeoutMs, authorizedTtlMs, unauthorizedTtlMs, onFailure } = first.webhook
  assert.deepEqual(
    [target.url, timeoutMs, authorizedTtlMs, unauthorizedTtlMs, onFailure],
    ['https://hook', 3_000, 300_000, 30_000, 'deny'],
  )
  const quick = hook({ authorizedTTL: '1m', cacheUnauthorizedRequests: false })
  const [second] = await compileAuthorization({ authorizers: [quick] }, conditions)
  assert.ok(second?.type === 'Webhook')
  assert.deepEqual([second.webhook.authorizedTtlMs, second.webhook.unauthorizedTtlMs], [60_000, 0])
})

describe("what is refused, in upstream's words", () => {
  const rows: readonly (readonly [
    name: string,
    authorizers: () => AuthorizerConfiguration[],
    error: string,
  ])[] = [
    ['nobody', () => [], 'authorizers: Required value: at least one authorization mode must be defined'],
    ['no type', () => [{ name: 'x' }], 'authorizers[0].type: Required value'],
    [
      'another type',
      () => [{ type: 'Foo', name: 'x' }],
      'authorizers[0].type: Unsupported value: "Foo": supported values: "ABAC", "AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"',
    ],
    ['a type twice', () => [RBAC, RBAC], 'authorizers[1].type: Duplicate value: "RBAC"'],
    ['a name twice', () => [hook(), hook()], 'authorizers[1].name: Duplicate value: "hook"'],
    [
      'another name',
      () => [{ type: 'RBAC', name: 'foo' }],
      'expected name rbac for authorizer RBAC instead of foo',
    ],
    [
      'no webhook',
      () => [{ type: 'Webhook', name: 'x' }],
      'authorizers[0].webhook: Required value: required when type=Webhook',
    ],
    [
      'a webhook of RBAC',
      () => [{ ...RBAC, webhook: {} }],
      'authorizers[0].webhook: Invalid value: "non-null": may only be specified when type=Webhook',
    ],
    [
      'too patient',
      () => [hook({ timeout: '31s' })],
      'authorizers[0].timeout: Invalid value: "31s": must be > 0s and <= 30s',
    ],
    [
      'another policy',
      () => [hook({ failurePolicy: 'Bad' })],
      'authorizers[0].failurePolicy: Unsupported value: "Bad": supported values: "NoOpinion", "Deny"',
    ],
    [
      'a relative path',
      () => [hook({ connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: 'x' } })],
      'authorizers[0].connectionInfo.kubeConfigFile: Invalid value: "x": must be an absolute path',
    ],
    [
      'no file',
      () => [hook({ connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: '/nowhere' } })],
      'authorizers[0].connectionInfo.kubeConfigFile: Invalid value: "/nowhere": error loading file: stat /nowhere: no such file or directory',
    ],
    [
      'conditions of no version',
      () => [hook({ matchConditions: [{ expression: 'true' }] })],
      'authorizers[0].matchConditionSubjectAccessReviewVersion: Required value: required if match conditions are specified',
    ],
    [
      'no question',
      () => [conditioned('request.user')],
      'authorizers[0].matchConditions[0].expression: Invalid value: "request.user": must evaluate to bool but got string',
    ],
    [
      'an unknown field, deep down',
      () => [conditioned("request.resourceAttributes.fieldSelector.requirements.all(r, r.nope == '')")],
      "authorizers[0].matchConditions[0].expression: Invalid value: \"request.resourceAttributes.fieldSelector.requirements.all(r, r.nope == '')\": compilation failed: ERROR: <input>:1:63: undefined field 'nope'\n | request.resourceAttributes.fieldSelector.requirements.all(r, r.nope == '')\n | ..............................................................^",
    ],
  ]
  for (const [name, authorizers, message] of rows) {
    test(name, () =>
      assert.rejects(compileAuthorization({ authorizers: authorizers() }, conditions), { message }),
    )
  }
})

test('what the server started with has to stay', async () => {
  const compiling = compileAuthorization({ authorizers: [RBAC] }, conditions, ['RBAC', 'Node'])
  await assert.rejects(compiling, { message: 'missing required types: [Node]' })
})

test('the file is read strictly', () => {
  const head = 'apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\n'
  const text = `${head}authorizers: [{type: RBAC, name: rbac, mode: x}]`
  assert.throws(() => readAuthorizationConfiguration(text), {
    message:
      'failed to load AuthorizationConfiguration from file: strict decoding error: unknown field "authorizers[0].mode"',
  })
})
