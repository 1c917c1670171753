// Tokens of a real issuer and verdicts of real webhooks over TLS, with the real kubectl in front.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { createTestPki, type TestPki } from '#apiserver/testing-pki.ts'
import {
  startTestIssuer,
  startTestService,
  type TestIssuer,
  type TestService,
} from '#apiserver/testing-services.ts'
import { accessOptions } from '#cluster/processes/access-options.ts'
import { writeFileAtomically } from '#sys/files.ts'
import type { Logger } from '#sys/log.ts'
import { silentLogger } from '#sys/log.ts'
import { systemRandom } from '#sys/random.ts'

const ISSUER = 'https://kubernetes.default.svc.cluster.local'

let folder: string
let pki: TestPki
let issuer: TestIssuer

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'k8ts-access-'))
  pki = createTestPki(systemRandom)
  issuer = await startTestIssuer(pki, () => Date.now())
})

after(async () => {
  await issuer.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Runs kubectl with a token in place of the administrator's certificate. */
function kubectl(
  api: TestApiServer,
  token: string,
  ...args: readonly string[]
): Promise<{ code: number; text: string }> {
  const server = [
    '--server',
    api.url,
    '--certificate-authority',
    path.join(folder, 'api-ca.crt'),
    '--token',
    token,
  ]
  const all = ['--kubeconfig', '/dev/null', '--cache-dir', path.join(folder, 'cache'), ...server, ...args]
  return new Promise((resolve) => {
    execFile('kubectl', all, { timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, text: `${stdout}${stderr}` })
    })
  })
}

/** A log that tells of its lines, so that a test can wait for one. */
function listeningLog(): { log: Logger; said(text: string): Promise<void> } {
  const waiting: { text: string; resolve: () => void }[] = []
  const hear = (_fields: unknown, text?: string) => {
    for (const one of waiting) if (text?.includes(one.text)) one.resolve()
  }
  const log: Logger = { ...silentLogger, info: hear, warn: hear, error: hear }
  return { log, said: (text) => new Promise((resolve) => waiting.push({ text, resolve })) }
}

const indented = (pem: string): string => pem.trim().replaceAll('\n', '\n      ')

const authenticationConfig = (userExpression: string) => `
apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
- issuer:
    url: ${issuer.url}
    audiences: [k8ts, other]
    audienceMatchPolicy: MatchAny
    certificateAuthority: |
      ${indented(pki.ca)}
  claimMappings:
    username: {expression: ${JSON.stringify(userExpression)}}
    groups: {claim: groups, prefix: "oidc:"}
    uid: {claim: sub}
    extra: [{key: acme.io/team, valueExpression: "claims.?team.orValue('')"}]
  claimValidationRules:
  - {expression: "claims.level >= 2", message: level is too low}
  userValidationRules:
  - {expression: "!user.username.startsWith('system:')", message: reserved}
anonymous: {enabled: true, conditions: [{path: /livez}]}
`

describe('tokens of an issuer', () => {
  let api: TestApiServer
  const heard = listeningLog()
  const file = () => path.join(folder, 'authentication.yaml')

  before(async () => {
    await writeFile(file(), authenticationConfig("'oidc:' + claims.sub"))
    const access = await accessOptions({ 'authentication-config': file() }, ISSUER)
    api = await startTestApiServer({ tls: true, secured: true, access, log: heard.log })
    await writeFile(path.join(folder, 'api-ca.crt'), api.caCertificate)
  })
  after(() => api.stop())

  test('say who the bearer is', async () => {
    const token = await issuer.token({
      sub: 'jane',
      groups: ['dev', 'ops'],
      level: 2,
      team: 'blue',
      jti: 'one',
    })
    const { text } = await kubectl(api, token, 'auth', 'whoami', '-o', 'json')
    assert.deepEqual(JSON.parse(text).status.userInfo, {
      username: 'oidc:jane',
      uid: 'jane',
      groups: ['oidc:dev', 'oidc:ops', 'system:authenticated'],
      extra: { 'acme.io/team': ['blue'], 'authentication.kubernetes.io/credential-id': ['JTI=one'] },
    })
    const pods = await kubectl(api, token, 'get', 'pods')
    assert.match(pods.text, /User "oidc:jane" cannot list resource "pods"/)
  })

  test('are refused where a rule, the audience, the time or the signature does not hold', async () => {
    const seconds = Math.floor(Date.now() / 1000)
    const good = { sub: 'jane', level: 2 }
    const rows = [
      ['a claim rule', await issuer.token({ ...good, level: 1 })],
      ['a claim that is missing', await issuer.token({ sub: 'jane' })],
      ['the audience', await issuer.token({ ...good, aud: 'nobody' })],
      ['the time', await issuer.token({ ...good, exp: seconds - 1 })],
      ['not yet', await issuer.token({ ...good, nbf: seconds + 3600 })],
      ['the signature', `${(await issuer.token(good)).slice(0, -8)}AAAAAAAA`],
      ['the issuer', await issuer.token({ ...good, iss: 'https://elsewhere' })],
    ] as const
    for (const [name, token] of rows) {
      const { text } = await kubectl(api, token, 'auth', 'whoami')
      assert.match(text, /must be logged in|Unauthorized/, name)
    }
    const review = await api.transport.request({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/tokenreviews',
      query: {},
      body: { spec: { token: rows[0][1] } },
    })
    assert.equal(
      (review['status'] as { error: string }).error,
      "oidc: error evaluating claim validation expression: validation expression 'claims.level >= 2' failed: level is too low",
    )
  })

  test('survive a change of keys', async () => {
    await issuer.rotate()
    const token = await issuer.token({ sub: 'joe', level: 3 })
    assert.match((await kubectl(api, token, 'auth', 'whoami')).text, /oidc:joe/)
  })

  test('a changed file is taken over; a wrong one is not', async () => {
    const refused = heard.said('is not taken over')
    await writeFileAtomically(file(), authenticationConfig('nothing'))
    await refused
    const token = await issuer.token({ sub: 'jim', level: 3 })
    assert.match((await kubectl(api, token, 'auth', 'whoami')).text, /oidc:jim/)
    const taken = heard.said('reloaded authentication config')
    await writeFileAtomically(file(), authenticationConfig("'new:' + claims.sub"))
    await taken
    assert.match((await kubectl(api, token, 'auth', 'whoami')).text, /new:jim/)
  })

  test('anonymous requests are let in where the file says so', async () => {
    assert.equal(await code(api, '/livez'), 200)
    assert.equal(await code(api, '/version'), 401)
  })
})

/** The code of an answer to a request without credentials. */
async function code(api: TestApiServer, where: string): Promise<number> {
  const { text } = await new Promise<{ text: string }>((resolve) => {
    const args = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '--cacert', path.join(folder, 'api-ca.crt')]
    execFile('curl', [...args, `${api.url}${where}`], { timeout: 10_000 }, (_error, stdout) =>
      resolve({ text: stdout }),
    )
  })
  return Number(text)
}

/** A kubeconfig of a webhook. */
async function webhookFile(name: string, service: TestService): Promise<string> {
  const file = path.join(folder, `${name}.kubeconfig`)
  const ca = Buffer.from(pki.ca).toString('base64')
  await writeFile(
    file,
    JSON.stringify({
      'current-context': 'hook',
      clusters: [
        { name: 'hook', cluster: { server: `${service.url}/ask`, 'certificate-authority-data': ca } },
      ],
      users: [{ name: 'api', user: { token: 'secret' } }],
      contexts: [{ name: 'hook', context: { cluster: 'hook', user: 'api' } }],
    }),
  )
  return file
}

test('tokens that a webhook knows', async () => {
  const asked: string[] = []
  const service = await startTestService(pki, (_path, body) => {
    const review = JSON.parse(body) as { spec: { token: string }; apiVersion: string }
    asked.push(review.spec.token)
    const user = { username: 'hooked', uid: '7', groups: ['dev'], extra: { 'acme.io/x': ['y'] } }
    const status = review.spec.token === 'good' ? { authenticated: true, user } : { authenticated: false }
    return { json: { apiVersion: review.apiVersion, kind: 'TokenReview', status } }
  })
  const access = await accessOptions(
    {
      'authentication-token-webhook-config-file': await webhookFile('tokens', service),
      'authentication-token-webhook-version': 'v1',
    },
    ISSUER,
  )
  const api = await startTestApiServer({ tls: true, secured: true, access })
  try {
    await writeFile(path.join(folder, 'api-ca.crt'), api.caCertificate)
    const { text } = await kubectl(api, 'good', 'auth', 'whoami', '-o', 'json')
    assert.deepEqual(JSON.parse(text).status.userInfo, {
      username: 'hooked',
      uid: '7',
      groups: ['dev', 'system:authenticated'],
      extra: { 'acme.io/x': ['y'] },
    })
    assert.match((await kubectl(api, 'bad', 'auth', 'whoami')).text, /must be logged in|Unauthorized/)
    await kubectl(api, 'good', 'auth', 'whoami')
    assert.deepEqual([...new Set(asked)].sort(), ['bad', 'good'])
    assert.equal(asked.filter((token) => token === 'good').length, 1)
  } finally {
    await api.stop()
    await service.stop()
  }
})

interface AskedReview {
  readonly spec: {
    readonly user: string
    readonly resourceAttributes?: Readonly<Record<string, unknown>>
  }
}

describe('permission by a webhook', () => {
  let api: TestApiServer
  let service: TestService
  let asked: AskedReview['spec'][] = []
  let answer: (review: AskedReview) => { readonly code?: number; readonly json: unknown }
  const heard = listeningLog()
  const file = () => path.join(folder, 'authorization.yaml')
  const verdict = (status: object) => () => ({ json: { kind: 'SubjectAccessReview', status } })

  const config = (kubeconfig: string, condition: string) => `
apiVersion: apiserver.config.k8s.io/v1
kind: AuthorizationConfiguration
authorizers:
- type: Webhook
  name: ask
  webhook:
    timeout: 3s
    authorizedTTL: 1m
    cacheUnauthorizedRequests: false
    subjectAccessReviewVersion: v1
    matchConditionSubjectAccessReviewVersion: v1
    failurePolicy: Deny
    connectionInfo: {type: KubeConfigFile, kubeConfigFile: ${kubeconfig}}
    matchConditions:
    - {expression: "has(request.resourceAttributes)"}
    - {expression: ${JSON.stringify(condition)}}
- {type: Node, name: node}
- {type: RBAC, name: rbac}
`

  before(async () => {
    service = await startTestService(pki, (_path, body) => {
      const review = JSON.parse(body) as AskedReview
      asked.push(review.spec)
      return answer(review)
    })
    const kubeconfig = await webhookFile('authorize', service)
    await writeFile(file(), config(kubeconfig, "request.resourceAttributes.resource == 'pods'"))
    const access = await accessOptions({ 'authorization-config': file() }, ISSUER)
    api = await startTestApiServer({ tls: true, secured: true, access, log: heard.log })
  })
  after(async () => {
    await api.stop()
    await service.stop()
  })

  const list = (resource: string, query: Record<string, string> = {}, user = 'jane') =>
    api.server
      .transport({ name: user, groups: ['system:authenticated'] }, 'test')
      .request({ method: 'GET', path: `/api/v1/namespaces/default/${resource}`, query })

  test('allows, is told the selectors, and is not asked again', async () => {
    asked = []
    answer = verdict({ allowed: true })
    const query = { fieldSelector: 'spec.nodeName=n1', labelSelector: 'app in (a,b),!old' }
    await list('pods', query)
    await list('pods', query)
    assert.equal(asked.length, 1)
    assert.deepEqual(asked[0]?.resourceAttributes, {
      namespace: 'default',
      verb: 'list',
      version: 'v1',
      resource: 'pods',
      fieldSelector: { requirements: [{ key: 'spec.nodeName', operator: 'In', values: ['n1'] }] },
      labelSelector: {
        requirements: [
          { key: 'app', operator: 'In', values: ['a', 'b'] },
          { key: 'old', operator: 'DoesNotExist' },
        ],
      },
    })
  })

  test('denies with its reason, before RBAC is asked', async () => {
    answer = verdict({ allowed: false, denied: true, reason: 'not on Tuesdays' })
    await assert.rejects(list('pods', {}, 'jill'), { code: 403, message: /not on Tuesdays/ })
  })

  test('leaves to RBAC what it has no opinion on, and what no condition lets through', async () => {
    asked = []
    answer = verdict({ allowed: false })
    await assert.rejects(list('pods', {}, 'joan'), { code: 403 })
    await assert.rejects(list('secrets', {}, 'joan'), { code: 403 })
    assert.deepEqual(
      asked.map(({ resourceAttributes }) => resourceAttributes?.['resource']),
      ['pods'],
    )
  })

  test('a failing webhook is an error, and reviews tell of it', async () => {
    answer = () => ({ code: 400, json: {} })
    await assert.rejects(list('pods', {}, 'june'), {
      code: 500,
      message: /Internal Server Error: .* answered 400/,
    })
    const review = await api.client
      .resource({
        group: 'authorization.k8s.io',
        version: 'v1',
        resource: 'subjectaccessreviews',
        kind: 'SubjectAccessReview',
        namespaced: false,
      })
      .create({
        spec: {
          user: 'june',
          resourceAttributes: {
            verb: 'list',
            resource: 'pods',
            labelSelector: { requirements: [{ key: 'a', operator: 'Exists' }] },
          },
        },
      } as never)
    const { status } = review as unknown as {
      status: { allowed: boolean; denied: boolean; evaluationError: string }
    }
    assert.equal(status.allowed, false)
    assert.equal(status.denied, true)
    assert.match(status.evaluationError, /answered 400/)
    assert.deepEqual(asked.at(-1)?.resourceAttributes?.['labelSelector'], {
      requirements: [{ key: 'a', operator: 'Exists' }],
    })
  })

  test('an administrator is never asked for, and rules cannot be listed in full', async () => {
    asked = []
    await api.client
      .resource({ group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespaced: true })
      .list({ namespace: 'default' })
    assert.deepEqual(asked, [])
    const rules = await api.server
      .transport({ name: 'jane', groups: ['system:authenticated'] }, 'test')
      .request({
        method: 'POST',
        path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
        query: {},
        body: { spec: { namespace: 'default' } },
      })
    const { incomplete, evaluationError } = rules['status'] as {
      incomplete: boolean
      evaluationError: string
    }
    assert.equal(incomplete, true)
    assert.equal(evaluationError, 'webhook authorizer does not support user rule resolution')
  })

  test('a changed file is taken over; one without RBAC is not', async () => {
    answer = verdict({ allowed: true })
    const kubeconfig = await webhookFile('authorize', service)
    const refused = heard.said('is not taken over')
    await writeFileAtomically(file(), config(kubeconfig, 'true').replace('- {type: RBAC, name: rbac}', ''))
    await refused
    await assert.rejects(list('secrets', {}, 'judy'), { code: 403 })
    const taken = heard.said('reloaded authorization config')
    await writeFileAtomically(file(), config(kubeconfig, 'true'))
    await taken
    await list('secrets', {}, 'judy')
  })
})
