// What the original's kubelet wrote about 19 pods, replayed: statuses and events have to agree.
//
// Set aside: times, ids and addresses, and two things that only the moment of looking decides (how often a crashing
// container has come back, and the "no limit" that upstream reads back from cgroup v1). Skipped where the recordings
// are not at hand.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startCluster, type TestCluster } from '#cluster/start-cluster.ts'
import { type Kubectl, kubectlFor } from '#test/e2e/kubectl.ts'

const STATES = path.join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'upstream', 'states')
const scenes = existsSync(STATES) ? readdirSync(STATES).filter((file) => file.startsWith('pod-')) : []

type Json = { readonly [key: string]: unknown }

interface Recorded extends Json {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly status?: Json
  readonly type?: string
  readonly reason?: string
  readonly message?: string
  readonly source?: { readonly component?: string }
  readonly involvedObject?: { readonly kind?: string; readonly fieldPath?: string }
}

interface Scene {
  readonly objects: readonly Json[]
  readonly steps: readonly (readonly [seconds: number, ...command: readonly string[]])[]
  readonly states: Readonly<Record<string, readonly Recorded[]>>
}

/** What differs from run to run. */
const ASIDE: ReadonlySet<string> = new Set(
  (
    'uid startTime lastTransitionTime lastProbeTime startedAt finishedAt containerID imageID podIP podIPs hostIP ' +
    'hostIPs user restartCount'
  ).split(' '),
)
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

function settled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(settled)
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([key, item]) => !ASIDE.has(key) && item !== null)
    return Object.fromEntries(entries.sort().map(([key, item]) => [key, settled(item)]))
  }
  if (typeof value !== 'string') return value
  return value
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID')
    .replace(/kube-api-access-\w+/g, 'kube-api-access')
    .replace(/scene-[\w-]+/g, 'NAMESPACE')
    .replace(/back-off \w+ restarting/, 'back-off restarting')
}

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

async function look(namespace: string): Promise<Json> {
  const text = await kubectl('get', 'pods,events', '-n', namespace, '-o', 'json')
  return facts((JSON.parse(text) as { items: readonly Recorded[] }).items)
}

async function play(file: string): Promise<void> {
  const scene = JSON.parse(readFileSync(path.join(STATES, file), 'utf8')) as Scene
  const namespace = `scene-${path.basename(file, '.json')}`
  const wanted = withoutCrashPhase(facts(Object.values(scene.states).at(-1) ?? []))
  await kubectl('create', 'namespace', namespace)
  const objects = scene.objects.map((object) => ({
    ...object,
    metadata: { ...(object['metadata'] as object), namespace },
  }))
  await kubectl.apply(objects)
  for (const [seconds, ...command] of scene.steps) {
    await sleep(seconds * 1000)
    await kubectl.try('-n', namespace, ...command)
  }
  let seen: Json = {}
  for (const until = Date.now() + 60_000; Date.now() < until; await sleep(500)) {
    seen = withoutCrashPhase(await look(namespace))
    if (JSON.stringify(seen) === JSON.stringify(wanted)) break
  }
  await kubectl('delete', 'namespace', namespace, '--wait=false')
  assert.deepEqual(seen, wanted)
}

test('pods come to the states that the original has recorded', {
  skip: scenes.length === 0,
  timeout: 280_000,
}, async (t) => {
  // Together, since most of their time is waiting.
  await Promise.all(scenes.map((file) => t.test(path.basename(file, '.json'), () => play(file))))
})
