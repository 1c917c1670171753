// Together, apart, and evenly spread: the two plugins that look at other pods.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, PodSpec } from '#api/types/core.ts'
import type { PodDisruptionBudget } from '#api/types/policy.ts'
import { createDecider, describe } from '#scheduler/decide.ts'
import { interPodAffinity } from '#scheduler/plugins/inter-pod-affinity.ts'
import { nodeAffinity } from '#scheduler/plugins/node-affinity.ts'
import { podTopologySpread } from '#scheduler/plugins/pod-topology-spread.ts'
import { findPreemption } from '#scheduler/preemption.ts'
import { SchedulerCache } from '#scheduler/snapshot.ts'
import { seededRandom } from '#sys/random.ts'

const PLUGINS = [nodeAffinity, podTopologySpread, interPodAffinity]
const ZONES: Readonly<Record<string, string>> = { n1: 'a', n2: 'a', n3: 'b' }

type Placed = readonly [node: string, app: string, spec?: Partial<PodSpec>]

/** Nobody was promised room. */
const NOBODY = { on: () => [], nodeOf: () => undefined }

let count = 0
const pod = (app: string, spec: Partial<PodSpec> = {}, namespace = 'default'): Pod => ({
  metadata: { name: `${app}-${++count}`, namespace, uid: `${count}`, labels: { app } },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
})

function cluster(placed: readonly Placed[], namespace = 'default'): SchedulerCache {
  const cache = new SchedulerCache()
  cache.setNamespace({ metadata: { name: 'default' } })
  cache.setNamespace({ metadata: { name: 'team', labels: { team: 'blue' } } })
  for (const [name, zone] of Object.entries(ZONES)) {
    cache.setNode({ metadata: { name, labels: { 'kubernetes.io/hostname': name, host: name, zone } } })
  }
  for (const [nodeName, app, spec] of placed) cache.setPod(pod(app, { ...spec, nodeName }, namespace))
  return cache
}

/** Where it goes, or why nowhere. */
function place(candidate: Pod, cache: SchedulerCache): string {
  const decision = createDecider(PLUGINS, seededRandom(1), NOBODY)(candidate, cache.snapshot())
  return decision.nodeName ?? describe(decision.diagnosis, '')
}

const term = (app: string, topologyKey: string, more: object = {}) => ({
  topologyKey,
  labelSelector: { matchLabels: { app } },
  ...more,
})
const near = (...terms: ReturnType<typeof term>[]): Partial<PodSpec> => ({
  affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
})
const apart = (...terms: ReturnType<typeof term>[]): Partial<PodSpec> => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
})
const spread = (topologyKey: string, more: object = {}): Partial<PodSpec> => ({
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'web' } },
      ...more,
    },
  ],
})
const none = (reason: string, nodes = 3) => `0/3 nodes are available: ${nodes} ${reason}.`

const rows: readonly [name: string, candidate: Pod, placed: readonly Placed[], expected: string][] = [
  ['together in a zone', pod('web', near(term('db', 'zone'))), [['n3', 'db']], 'n3'],
  [
    'together, but nobody is there',
    pod('web', near(term('db', 'zone'))),
    [],
    none("node(s) didn't match pod affinity rules"),
  ],
  ['together with its like, as the first', pod('web', near(term('web', 'zone'))), [], 'any'],
  [
    'together with two that are apart',
    pod('web', near(term('db', 'host'), term('cache', 'host'))),
    [
      ['n1', 'db'],
      ['n2', 'cache'],
    ],
    none("node(s) didn't match pod affinity rules"),
  ],
  [
    'apart from a host',
    pod('web', apart(term('web', 'host'))),
    [
      ['n1', 'web'],
      ['n2', 'web'],
    ],
    'n3',
  ],
  [
    'apart, and all are taken',
    pod('web', apart(term('web', 'zone'))),
    [
      ['n1', 'web'],
      ['n3', 'web'],
    ],
    none("node(s) didn't match pod anti-affinity rules"),
  ],
  [
    'others want to be alone',
    pod('web'),
    [
      ['n1', 'shy', apart(term('web', 'zone'))],
      ['n3', 'shy', apart(term('web', 'host'))],
    ],
    none("node(s) didn't satisfy existing pods anti-affinity rules"),
  ],
  [
    'evenly over zones',
    pod('web', spread('zone')),
    [
      ['n1', 'web'],
      ['n2', 'other'],
    ],
    'n3',
  ],
  [
    'evenly over hosts',
    pod('web', spread('host')),
    [
      ['n1', 'web'],
      ['n3', 'web'],
    ],
    'n2',
  ],
  [
    'evenly over a label that no node has',
    pod('web', spread('rack')),
    [],
    none("node(s) didn't match pod topology spread constraints (missing required label)"),
  ],
  [
    'evenly over more zones than there are',
    pod('web', spread('zone', { minDomains: 3 })),
    [
      ['n1', 'web'],
      ['n3', 'web'],
    ],
    none("node(s) didn't match pod topology spread constraints"),
  ],
  [
    'evenly over those nodes only that it may use',
    pod('web', { ...spread('host'), nodeSelector: { zone: 'a' } }),
    [['n1', 'web']],
    'n2',
  ],
]

for (const [name, candidate, placed, expected] of rows) {
  test(name, () => {
    const found = place(candidate, cluster(placed))
    if (expected === 'any') assert.match(found, /^n[123]$/)
    else assert.equal(found, expected)
  })
}

test('namespaces are named, selected by labels, or that of the pod', () => {
  const others = cluster([['n3', 'db']], 'team')
  const nowhere = none("node(s) didn't match pod affinity rules")
  assert.equal(place(pod('web', near(term('db', 'host'))), others), nowhere)
  assert.equal(place(pod('web', near(term('db', 'host', { namespaces: ['team'] }))), others), 'n3')
  const blue = { namespaceSelector: { matchLabels: { team: 'blue' } } }
  assert.equal(place(pod('web', near(term('db', 'host', blue))), others), 'n3')
})

test('what is preferred decides where everything is allowed', () => {
  const likes = (podAffinityTerm: ReturnType<typeof term>): Partial<PodSpec> => ({
    affinity: {
      podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, podAffinityTerm }] },
    },
  })
  assert.equal(place(pod('web', likes(term('db', 'host'))), cluster([['n2', 'db']])), 'n2')
  // It is liked by one that is there.
  assert.equal(place(pod('web'), cluster([['n3', 'db', likes(term('web', 'host'))]])), 'n3')
  const anyway = spread('host', { whenUnsatisfiable: 'ScheduleAnyway' })
  assert.equal(
    place(
      pod('web', anyway),
      cluster([
        ['n1', 'web'],
        ['n2', 'web'],
      ]),
    ),
    'n3',
  )
})

test('one that is in the way may be preempted, one that stands elsewhere does not help', () => {
  const cache = cluster([
    ['n1', 'web', { priority: 1 }],
    ['n2', 'web', { priority: 100 }],
    ['n3', 'web', { priority: 100 }],
  ])
  const candidate = pod('web', { ...apart(term('web', 'host')), priority: 50 })
  const snapshot = cache.snapshot()
  const decision = createDecider(PLUGINS, seededRandom(1), NOBODY)(candidate, snapshot)
  assert.ok(decision.diagnosis)
  const result = findPreemption(PLUGINS, candidate, snapshot, decision.diagnosis, decision.state)
  assert.equal('nodeName' in result ? result.nodeName : result.message, 'n1')
})

test('of two that could go, the one goes that no budget protects', () => {
  const cache = cluster([
    ['n1', 'web', { priority: 1 }],
    ['n2', 'web', { priority: 2 }],
    ['n3', 'web', { priority: 100 }],
  ])
  const candidate = pod('web', { ...apart(term('web', 'host')), priority: 50 })
  const snapshot = cache.snapshot()
  const decision = createDecider(PLUGINS, seededRandom(1), NOBODY)(candidate, snapshot)
  assert.ok(decision.diagnosis)
  const [first] = snapshot.nodes[0]?.pods.values() ?? []
  const budget = {
    metadata: { name: 'b', namespace: 'default' },
    spec: { selector: { matchLabels: { app: 'web' } } },
    status: {
      currentHealthy: 0,
      desiredHealthy: 0,
      disruptionsAllowed: 0,
      expectedPods: 0,
      disruptedPods: {},
    },
  }
  const { diagnosis, state } = decision
  const chosen = (budgets: readonly PodDisruptionBudget[]) => {
    const result = findPreemption(PLUGINS, candidate, snapshot, diagnosis, state, budgets)
    return 'nodeName' in result ? result.nodeName : result.message
  }
  assert.equal(chosen([]), 'n1')
  // Both are protected: the less important one.
  assert.equal(chosen([budget]), 'n1')
  const granted = { [first?.metadata?.name ?? '']: '2026-01-01T00:00:00Z' }
  assert.equal(chosen([{ ...budget, status: { ...budget.status, disruptedPods: granted } }]), 'n1')
  const others = Object.fromEntries(
    snapshot.nodes
      .slice(1)
      .flatMap((node) => [...node.pods.values()])
      .map(({ metadata }) => [metadata?.name ?? '', '2026-01-01T00:00:00Z']),
  )
  assert.equal(chosen([{ ...budget, status: { ...budget.status, disruptedPods: others } }]), 'n2')
})
