// Flow control in a real server: who floods waits and is refused, who does not is served, who is exempt is not limited.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isTooManyRequests } from '#api/meta/status.ts'
import { configMaps, flowSchemas, priorityLevelConfigurations } from '#api/resources.ts'
import type { FlowSchema } from '#api/types/flowcontrol.ts'
import { createAdmission } from '#apiserver/admission/chain.ts'
import { createAuthentication } from '#apiserver/authentication/chain.ts'
import { createAuthorization } from '#apiserver/authorization/chain.ts'
import type { HandledResponse } from '#apiserver/exchange.ts'
import { limitedLevel } from '#apiserver/flowcontrol/testing.ts'
import type { UserInfo } from '#apiserver/request.ts'
import { startTestApiServer, type TestApiServer } from '#apiserver/testing.ts'
import { createInformer } from '#client/informer.ts'
import { systemClock } from '#sys/clock.ts'
import { silentLogger } from '#sys/log.ts'
import { systemRandom } from '#sys/random.ts'

const person = (name: string): UserInfo => ({ name, groups: ['system:authenticated'] })
const MASTER: UserInfo = { name: 'root', groups: ['system:masters', 'system:authenticated'] }
const PATH = '/api/v1/namespaces/default/configmaps/slow'

/** A server with few seats, whose authorizer holds requests for `slow` until the test opens the gate. */
async function startGated(t: TestContext) {
  let open: () => void = () => undefined
  const gate = new Promise<void>((resolve) => (open = resolve))
  let held = 0
  const authorizer = {
    name: 'gate',
    authorize: async (_user: UserInfo, info: { readonly name: string }) => {
      if (info.name === 'slow') {
        held++
        await gate
      }
      return { decision: 'allow', reason: '' } as const
    },
  }
  const nobody = { name: 'nobody', authenticate: async () => undefined }
  const server = await startTestApiServer({
    maxRequestsInFlight: 10,
    accessControl: () => ({
      authentication: createAuthentication({ authenticators: [nobody], anonymous: true }),
      authorization: createAuthorization([authorizer]),
      admission: createAdmission([]),
    }),
  })
  t.after(() => server.stop())
  await server.client.resource(configMaps).create({ metadata: { namespace: 'default', name: 'slow' } })
  return { server, open, held: () => held }
}

const ask = (server: TestApiServer, user: UserInfo, path = PATH): Promise<HandledResponse> =>
  server.server.handle({
    head: { method: 'GET', path, query: new URLSearchParams(), headers: {}, remoteAddress: '127.0.0.1' },
    rawUrl: path,
    user,
    body: { type: 'none' },
    signal: new AbortController().signal,
  })

const codeOf = ({ response }: HandledResponse): number => ('code' in response ? response.code : 200)

test('without a level of its own, what exceeds the seats gets 429 at once; exempt users get through', async (t) => {
  const { server, open, held } = await startGated(t)
  const flood = Array.from({ length: 30 }, () => ask(server, person('mallory')))
  const refused: HandledResponse[] = []
  await new Promise<void>((resolve) => {
    for (const answer of flood)
      void answer.then((handled) => {
        if (codeOf(handled) === 429) refused.push(handled)
        if (refused.length === 20) resolve()
      })
  })
  assert.equal(held(), 10)
  const { response, trail } = refused[0]!
  assert.ok(response.type === 'raw')
  assert.equal(response.body, 'Too many requests, please try again later.\n')
  assert.equal(response.headers['retry-after'], '1')
  assert.ok(trail.headers.has('x-kubernetes-pf-flowschema-uid'))
  await assert.rejects(
    server.clientAs(person('mallory')).resource(configMaps).get('default', 'other'),
    isTooManyRequests,
  )
  const list = await ask(server, MASTER, '/api/v1/namespaces/default/configmaps')
  assert.equal(codeOf(list), 200)
  list.finished()
  open()
  for (const handled of await Promise.all(flood)) handled.finished()
  assert.equal(codeOf(await ask(server, person('mallory'))), 200)
})

test('in a level with queues a flood of one user does not starve another', async (t) => {
  const { server, open } = await startGated(t)
  const { client } = server
  await client.resource(priorityLevelConfigurations).create({
    metadata: { name: 'people' },
    spec: limitedLevel(95, { queues: 64, handSize: 4, queueLengthLimit: 5 }),
  })
  const schema = await client.resource(flowSchemas).create({
    metadata: { name: 'people' },
    spec: {
      priorityLevelConfiguration: { name: 'people' },
      matchingPrecedence: 1000,
      distinguisherMethod: { type: 'ByUser' },
      rules: [
        {
          subjects: [{ kind: 'Group', group: { name: 'system:authenticated' } }],
          resourceRules: [
            { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true },
          ],
        },
      ],
    },
  })
  await reported(t, server, 'people')
  const order: string[] = []
  const asking = (name: string, path: string) =>
    ask(server, person(name), path).then((handled) => {
      if (codeOf(handled) === 200) order.push(name)
      handled.finished()
      return handled
    })
  const flood = Array.from({ length: 100 }, () => asking('mallory', PATH))
  const calm = Array.from({ length: 3 }, () => asking('jane', `${PATH}-other`.replace('slow-other', 'slow')))
  open()
  const answers = await Promise.all(flood)
  // ten run, and four queues of five wait
  const refused = answers.filter((handled) => codeOf(handled) === 429).length
  assert.ok(refused >= 65 && refused <= 75, `${refused} refused`)
  for (const handled of await Promise.all(calm)) {
    assert.equal(codeOf(handled), 200)
    assert.equal(handled.trail.headers.get('x-kubernetes-pf-flowschema-uid'), schema.metadata?.uid)
  }
  const janes = order.flatMap((name, index) => (name === 'jane' ? [index] : []))
  assert.ok(janes[0]! < 20, `jane was served at ${janes} of ${order.length}`)
})

/** Resolves when the server has taken a schema into account: it says in its status that its level exists. */
async function reported(t: TestContext, { client }: TestApiServer, name: string): Promise<FlowSchema> {
  const controller = new AbortController()
  const informer = createInformer(
    flowSchemas,
    {},
    { client, clock: systemClock, random: systemRandom, log: silentLogger },
  )
  const running = informer.run(controller.signal)
  t.after(async () => {
    controller.abort()
    await running
  })
  return new Promise((resolve) => {
    informer.onChange(({ object }) => {
      const isReported = object.status?.conditions?.some(
        ({ type, status }) => type === 'Dangling' && status === 'False',
      )
      if (object.metadata?.name === name && isReported) resolve(object)
    })
  })
}

test('the defaults are kept: mandatory ones always, suggested ones until they are taken over', async (t) => {
  const server = await startTestApiServer({ secured: true })
  t.after(() => server.stop())
  const schemas = server.client.resource(flowSchemas)
  const before = await schemas.get('', 'catch-all')
  await schemas.delete('', 'catch-all')
  const after = await reported(t, server, 'catch-all')
  assert.notEqual(after.metadata?.uid, before.metadata?.uid)

  const changed = await schemas.patch('', 'service-accounts', 'merge', { spec: { matchingPrecedence: 8000 } })
  assert.equal(changed.spec?.matchingPrecedence, 8000)
  const restored = await until(server, 'service-accounts', ({ spec }) => spec?.matchingPrecedence === 9000)
  assert.equal(restored.metadata?.annotations?.['apf.kubernetes.io/autoupdate-spec'], 'true')

  await schemas.patch('', 'service-accounts', 'merge', {
    metadata: { annotations: { 'apf.kubernetes.io/autoupdate-spec': 'false' } },
    spec: { matchingPrecedence: 8000 },
  })
  // a later change of another default has been dealt with, so this one has been seen and left alone
  await schemas.patch('', 'global-default', 'merge', { spec: { matchingPrecedence: 9800 } })
  await until(server, 'global-default', ({ spec }) => spec?.matchingPrecedence === 9900)
  assert.equal((await schemas.get('', 'service-accounts')).spec?.matchingPrecedence, 8000)
})

/** Watches a flow schema until it is as wanted. */
async function until(
  { client }: TestApiServer,
  name: string,
  isWanted: (schema: FlowSchema) => boolean,
): Promise<FlowSchema> {
  const controller = new AbortController()
  let found: FlowSchema | undefined
  await client.resource(flowSchemas).watch(
    { fieldSelector: `metadata.name=${name}` },
    ({ object }) => {
      if (!isWanted(object as FlowSchema)) return
      found = object as FlowSchema
      controller.abort()
    },
    controller.signal,
  )
  return found!
}

test('dumps tell what runs, metrics count it', async (t) => {
  const { server, open } = await startGated(t)
  const running = ask(server, person('jane'))
  const text = async (path: string) => {
    const { response, finished } = await ask(server, MASTER, path)
    finished()
    return response.type === 'raw' ? String(response.body) : ''
  }
  const levels = await text('/debug/api_priority_and_fairness/dump_priority_levels')
  assert.match(levels, /^PriorityLevelName, ActiveQueues, IsIdle, /)
  assert.match(levels, /\ncatch-all, +0, +false, +false, +0, +1, +1, +0, +0, +0\n/)
  const requests = await text('/debug/api_priority_and_fairness/dump_requests')
  assert.match(requests, /\ncatch-all, +catch-all, +-1, +-1, +, +20/)
  const metrics = await text('/metrics')
  assert.match(
    metrics,
    /apiserver_flowcontrol_current_executing_requests\{priority_level="catch-all",flow_schema="catch-all"\} 1/,
  )
  assert.match(metrics, /apiserver_flowcontrol_nominal_limit_seats\{priority_level="catch-all"\} 10/)
  open()
  const handled = await running
  handled.finished()
})
