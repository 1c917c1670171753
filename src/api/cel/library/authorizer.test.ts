import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compileCel } from '#api/cel/compile.ts'
import { celEnvironment } from '#api/cel/environment.ts'
import { type AccessQuestion, AUTHORIZER, celAuthorizer } from '#api/cel/library/authorizer.ts'

const environment = celEnvironment({ variables: { authorizer: AUTHORIZER, names: 'list<string>' } })

function ask(source: string, allows: (question: AccessQuestion) => boolean = () => true) {
  const { program, problem } = compileCel(source, environment)
  assert.ok(program, problem)
  const asked: AccessQuestion[] = []
  const decide = async (question: AccessQuestion) => {
    asked.push(question)
    return {
      allowed: allows(question),
      reason: 'because',
      ...(question.verb === 'fail' && { error: 'broken' }),
    }
  }
  const requested = { group: 'apps', resource: 'deployments', namespace: 'a', name: 'web' }
  const variables = { authorizer: celAuthorizer(decide, requested), names: ['a', 'b'] }
  return { asked, result: program.evaluateAsync(variables) }
}

describe('what is asked, and what comes of the answer', () => {
  const rows: readonly (readonly [source: string, asked: AccessQuestion, result: unknown])[] = [
    [
      "authorizer.group('apps').resource('deployments').subresource('scale').namespace('n').name('x').check('update').allowed()",
      {
        group: 'apps',
        resource: 'deployments',
        subresource: 'scale',
        namespace: 'n',
        name: 'x',
        verb: 'update',
      },
      true,
    ],
    ["authorizer.path('/healthz').check('get').reason()", { path: '/healthz', verb: 'get' }, 'because'],
    [
      "authorizer.serviceAccount('default', 'robot').group('').resource('pods').labelSelector('app=a').check('list').allowed()",
      {
        serviceAccount: { namespace: 'default', name: 'robot' },
        group: '',
        resource: 'pods',
        labelSelector: 'app=a',
        verb: 'list',
      },
      true,
    ],
    [
      "authorizer.requestResource.check('fail').errored() ? authorizer.requestResource.check('fail').error() : ''",
      { group: 'apps', resource: 'deployments', namespace: 'a', name: 'web', verb: 'fail' },
      'broken',
    ],
  ]
  for (const [source, question, expected] of rows) {
    test(source, async () => {
      const { asked, result } = ask(source)
      assert.equal(await result, expected)
      assert.deepEqual(asked[0], question)
    })
  }
})

test('within macros and logic, as far as it is needed', async () => {
  const source =
    "names.all(n, authorizer.group('').resource('pods').name(n).check('get').allowed()) || names.size() == 2"
  const { asked, result } = ask(source, ({ name }) => name === 'a')
  assert.equal(await result, true)
  assert.deepEqual(
    asked.map(({ name }) => name),
    ['a', 'b'],
  )
})

test('what cannot be asked', async () => {
  await assert.rejects(ask("authorizer.path(' ').check('get').allowed()").result, {
    message: 'path must not be empty',
  })
  await assert.rejects(ask("authorizer.serviceAccount('a', 'B').path('/x').check('get').allowed()").result, {
    message: 'Invalid service account name',
  })
})
