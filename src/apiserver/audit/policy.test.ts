import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { evaluatePolicy, type PolicyRule } from '#apiserver/audit/policy.ts'
import { readPolicy } from '#apiserver/audit/policy-file.ts'
import { parseRequestInfo } from '#apiserver/http/request-info.ts'

const JANE = { name: 'jane', groups: ['dev', 'system:authenticated'] }

describe('a rule matches', () => {
  const rows: readonly (readonly [rule: Omit<PolicyRule, 'level'>, request: string, matches: boolean])[] = [
    [{}, 'GET /api/v1/pods', true],
    [{}, 'GET /version', true],
    [{ users: ['jane'] }, 'GET /version', true],
    [{ users: ['bob'] }, 'GET /version', false],
    [{ userGroups: ['ops', 'dev'] }, 'GET /version', true],
    [{ userGroups: ['ops'] }, 'GET /version', false],
    [{ verbs: ['list'] }, 'GET /api/v1/pods', true],
    [{ verbs: ['list'] }, 'GET /api/v1/pods?watch=1', false],
    [{ verbs: ['get'] }, 'GET /version', true],
    [{ namespaces: ['a'] }, 'GET /api/v1/namespaces/a/pods', true],
    [{ namespaces: ['a'] }, 'GET /api/v1/namespaces/b/pods', false],
    [{ namespaces: [''] }, 'GET /api/v1/nodes', true],
    [{ namespaces: [''] }, 'GET /version', false],
    [{ resources: [{ group: '' }] }, 'GET /api/v1/pods', true],
    [{ resources: [{ group: '' }] }, 'GET /apis/apps/v1/deployments', false],
    [{ resources: [{ group: '*' }] }, 'GET /apis/apps/v1/deployments', true],
    [{ resources: [{ resources: ['pods'] }] }, 'GET /api/v1/pods', true],
    [{ resources: [{ resources: ['pods'] }] }, 'GET /api/v1/namespaces/a/pods/x/log', false],
    [{ resources: [{ resources: ['pods/log'] }] }, 'GET /api/v1/namespaces/a/pods/x/log', true],
    [{ resources: [{ resources: ['pods/*'] }] }, 'GET /api/v1/namespaces/a/pods/x/log', true],
    [{ resources: [{ resources: ['pods/*'] }] }, 'GET /api/v1/pods', true],
    [{ resources: [{ resources: ['*/log'] }] }, 'GET /api/v1/namespaces/a/pods/x/log', true],
    [{ resources: [{ resources: ['*/log'] }] }, 'GET /api/v1/pods', false],
    [{ resources: [{ resources: ['*'] }] }, 'GET /api/v1/namespaces/a/pods/x/log', true],
    [{ resources: [{ resources: ['pods'], resourceNames: ['x'] }] }, 'GET /api/v1/namespaces/a/pods/x', true],
    [
      { resources: [{ resources: ['pods'], resourceNames: ['y'] }] },
      'GET /api/v1/namespaces/a/pods/x',
      false,
    ],
    [{ nonResourceURLs: ['/version'] }, 'GET /version', true],
    [{ nonResourceURLs: ['/healthz*'] }, 'GET /healthz/etcd', true],
    [{ nonResourceURLs: ['*'] }, 'GET /version', true],
    [{ nonResourceURLs: ['*'] }, 'GET /api/v1/pods', false],
    [{ nonResourceURLs: ['/api'] }, 'GET /version', false],
  ]
  for (const [rule, request, matches] of rows) {
    test(`${JSON.stringify(rule)} ${request}: ${matches}`, () => {
      const [method = '', url = ''] = request.split(' ')
      const [path = '', query] = url.split('?')
      const info = parseRequestInfo(method, path, new URLSearchParams(query))
      const { level } = evaluatePolicy({ rules: [{ ...rule, level: 'Metadata' }] }, JANE, info)
      assert.equal(level, matches ? 'Metadata' : 'None')
    })
  }
})

test('the first rule counts, and adds to what the policy leaves out', () => {
  const policy = {
    omitStages: ['RequestReceived'],
    omitManagedFields: true,
    rules: [
      { level: 'Request', users: ['bob'] },
      { level: 'Metadata', omitStages: ['Panic'], omitManagedFields: false },
      { level: 'None' },
    ],
  } as const
  const info = parseRequestInfo('GET', '/version', new URLSearchParams())
  assert.deepEqual(evaluatePolicy(policy, undefined, info), {
    level: 'Metadata',
    omitStages: ['RequestReceived', 'Panic'],
    omitManagedFields: false,
  })
})

describe('what is no policy', () => {
  const head = 'apiVersion: audit.k8s.io/v1\nkind: Policy\n'
  const rows: readonly (readonly [text: string, why: string])[] = [
    ['kind: Policy', "failed decoding: Object 'apiVersion' is missing in 'kind: Policy'"],
    [head, 'loaded illegal policy with 0 rules'],
    [`${head}rules: [{}]`, 'rules[0].level: Required value'],
    [
      `${head}rules: [{level: All}]`,
      'rules[0].level: Unsupported value: "All": supported values: "None", "Metadata", "Request", "RequestResponse"',
    ],
    [
      `${head}rules: [{level: None, nonResourceURLs: [healthz]}]`,
      'rules[0].nonResourceURLs[0]: Invalid value: "healthz": non-resource URL rules must begin with a \'/\' character',
    ],
    [
      `${head}rules: [{level: None, nonResourceURLs: ['/a*b']}]`,
      'rules[0].nonResourceURLs[0]: Invalid value: "/a*b": non-resource URL wildcards \'*\' must be the final character of the rule',
    ],
    [
      `${head}rules: [{level: None, nonResourceURLs: ['*'], namespaces: [a]}]`,
      'rules[0].nonResourceURLs: Invalid value: ["*"]: rules cannot apply to both regular resources and non-resource URLs',
    ],
    [
      `${head}rules: [{level: None, resources: [{resourceNames: [a]}]}]`,
      'rules[0].resources.resourceNames: Invalid value: ["a"]: using resourceNames requires at least one resource',
    ],
    [
      `${head}omitStages: [Later]\nrules: [{level: None}]`,
      'omitStages[0]: Invalid value: "Later": allowed stages are RequestReceived,ResponseStarted,ResponseComplete,Panic',
    ],
  ]
  for (const [text, why] of rows) {
    test(why, () => {
      const message = `loading audit policy file: ${why}: from file p.yaml`
      assert.throws(() => readPolicy(text, 'p.yaml', assert.fail), { message })
    })
  }
})

test('a field that nobody knows is told and passed over', () => {
  const problems: string[] = []
  const text = 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: None, userz: [a]}]'
  const policy = readPolicy(text, 'p.yaml', (problem) => problems.push(problem))
  assert.deepEqual(problems, ['strict decoding error: unknown field "rules[0].userz"'])
  assert.equal(policy.rules[0]?.level, 'None')
})
