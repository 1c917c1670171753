// What the original's kubelet wrote about 19 pods, replayed: statuses and events have to agree.
//
// Set aside: times, ids and addresses, and two things that only the moment of looking decides (how often a crashing
// container has come back, and the "no limit" that upstream reads back from cgroup v1). Skipped where the recordings
// are not at hand.

import { after, before, test } from 'node:test'
import { startCluster, type TestCluster } from '#cluster/start-cluster.ts'
import { type Kubectl, kubectlFor } from '#test/e2e/kubectl.ts'
import { type Json, playScene, type Recorded, sceneNames, settled } from '#test/e2e/recorded-scene.ts'

const scenes = sceneNames((name) => name.startsWith('pod-'))

/** Events that a slow machine or a crash loop adds or leaves out. */
const CHANCE = /BackOff|FailedMount|connection refused/

let cluster: TestCluster
let kubectl: Kubectl

before(async () => {
  if (scenes.length === 0) return
  cluster = await startCluster({ nodes: 1 })
  kubectl = await kubectlFor(cluster.kubeconfig)
})

after(async () => {
  await cluster?.stop()
})

/** Of each pod its status, of the kubelet each event once. */
function facts(objects: readonly Recorded[]): Json {
  const found: Record<string, unknown> = {}
  for (const object of objects) {
    if (object.kind === 'Pod') found[`pod ${object.metadata.name}`] = statusFacts(object.status ?? {})
    const isOurs = object.kind === 'Event' && object.source?.component === 'kubelet'
    if (!isOurs || object.involvedObject?.kind !== 'Pod' || CHANCE.test(`${object.reason} ${object.message}`))
      continue
    const place = object.involvedObject.fieldPath ?? ''
    found[`event ${object.type} ${object.reason} ${place} ${String(settled(object.message))}`] = true
  }
  return found
}

function statusFacts(status: Json): unknown {
  const limits = (status['resources'] as { limits?: { memory?: string } } | undefined)?.limits
  const { resources: _unlimited, ...rest } = status
  return settled(
    limits?.memory === '9007199254740988Ki' || Object.keys(limits ?? {}).length === 0 ? rest : status,
  )
}

const podFacts = (objects: readonly Recorded[]): Json => withoutCrashPhase(facts(objects))

/** A crashing container is now waiting, now ended, now running: either is right. */
function withoutCrashPhase(found: Json): Json {
  const text = JSON.stringify(found, (key, value: unknown) => {
    if (key !== 'containerStatuses' || !Array.isArray(value)) return value
    return value.map((one: Json) => (isCrashing(one) ? { name: one['name'] } : one))
  })
  return JSON.parse(text) as Json
}

function isCrashing(status: Json): boolean {
  return JSON.stringify(status['lastState'] ?? {}) !== '{}'
}

test('pods come to the states that the original has recorded', {
  skip: scenes.length === 0,
  timeout: 280_000,
}, async (t) => {
  // Together, since most of their time is waiting.
  await Promise.all(
    scenes.map((name) =>
      t.test(name, () =>
        playScene({ kubectl, name, kinds: 'pods,events', compared: 'last', facts: podFacts }),
      ),
    ),
  )
})
