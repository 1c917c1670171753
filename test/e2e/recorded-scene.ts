// Plays a scene that was recorded on a cluster of the original, and asks that the same facts come out of it.
//
// A scene is a list of objects and of kubectl commands with waits between them; what the original had made of it is
// kept. The wait for each state ends as soon as ours is the same, and not when it took the original.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kubectl } from '#test/e2e/kubectl.ts'

const STATES = path.join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'upstream', 'states')

export type Json = { readonly [key: string]: unknown }

export interface Recorded extends Json {
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly generation?: number
    readonly labels?: Json
    readonly annotations?: Json
    readonly finalizers?: readonly string[]
    readonly ownerReferences?: readonly Json[]
  }
  readonly spec?: Json
  readonly status?: Json
  readonly type?: string
  readonly reason?: string
  readonly message?: string
  readonly source?: { readonly component?: string }
  readonly reportingComponent?: string
  readonly involvedObject?: { readonly kind?: string; readonly name?: string; readonly fieldPath?: string }
}

interface Scene {
  readonly objects: readonly Json[]
  readonly steps: readonly (readonly [seconds: number, ...command: readonly string[]])[]
  /** Before each step, and at the end. */
  readonly states: readonly (readonly Recorded[])[]
}

/** What differs from run to run. */
const ASIDE: ReadonlySet<string> = new Set(
  (
    'uid startTime completionTime lastTransitionTime lastUpdateTime lastProbeTime startedAt finishedAt containerID ' +
    'imageID podIP podIPs hostIP hostIPs clusterIP clusterIPs user restartCount nodeName nodePort creationTimestamp ' +
    'resourceVersion addresses lastScheduleTime lastSuccessfulTime lastScaleTime endpoints.kubernetes.io/last-change-trigger-time'
  ).split(' '),
)

/** The scenes that are at hand; none where there are no recordings. */
export function sceneNames(isWanted: (name: string) => boolean): readonly string[] {
  if (!existsSync(STATES)) return []
  return readdirSync(STATES)
    .map((file) => path.basename(file, '.json'))
    .filter(isWanted)
}

/** Lists whose order says nothing. */
const UNORDERED: ReadonlySet<string> = new Set(['conditions', 'endpoints'])

/** Without times, ids and addresses; names that are drawn by lot made equal. */
export function settled(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => settled(item))
    if (!UNORDERED.has(key)) return items
    return items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([name, item]) => !ASIDE.has(name) && item !== null)
    const items = entries.sort().map(([name, item]) => [name, settled(item, name)] as const)
    return Object.fromEntries(
      items.filter(([name, item]) => name !== 'annotations' || JSON.stringify(item) !== '{}'),
    )
  }
  if (typeof value !== 'string') return value
  return value
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID')
    .replace(/kube-api-access-\w+/g, 'kube-api-access')
    .replace(/^10\.2\d\d\.\d+\.\d+$/, 'ADDRESS')
    .replace(/scene-[\w-]+/g, 'NAMESPACE')
    .replace(/back-off \w+ restarting/, 'back-off restarting')
}

export interface SceneOptions {
  readonly kubectl: Kubectl
  readonly name: string
  /** What to look at: `pods,events`. */
  readonly kinds: string
  /** Which states have to come: those before a step may be of a moment that passes. */
  readonly compared: 'all' | 'last'
  /** What of the objects has to agree. */
  facts(objects: readonly Recorded[]): Json
}

const AGREE_MS = 60_000

/** In a namespace of its own. Rejects when one of the states, in the end, is not that of the original. */
export async function playScene({ kubectl, name, kinds, compared, facts }: SceneOptions): Promise<void> {
  const scene = JSON.parse(readFileSync(path.join(STATES, `${name}.json`), 'utf8')) as Scene
  const namespace = `scene-${name}`
  await kubectl('create', 'namespace', namespace)
  await kubectl.create(
    scene.objects.map((object) => ({
      ...object,
      metadata: { ...(object['metadata'] as object), namespace },
    })),
  )
  const look = async (): Promise<Json> => {
    const text = await kubectl('get', kinds, '-n', namespace, '-o', 'json')
    return facts((JSON.parse(text) as { items: readonly Recorded[] }).items)
  }
  for (const [i, state] of scene.states.entries()) {
    const [seconds, ...command] = scene.steps[i] ?? [0]
    const isCompared = compared === 'all' || command.length === 0
    if (isCompared) await untilAgreed(look, facts(state), i)
    else await sleep(seconds * 1000)
    if (command.length > 0) await kubectl.try('-n', namespace, ...command)
  }
  await kubectl('delete', 'namespace', namespace, '--wait=false')
}

async function untilAgreed(look: () => Promise<Json>, wanted: Json, position: number): Promise<void> {
  let seen: Json = {}
  for (const until = Date.now() + AGREE_MS; Date.now() < until; await sleep(500)) {
    seen = await look()
    if (JSON.stringify(seen) === JSON.stringify(wanted)) return
  }
  assert.deepEqual(seen, wanted, `state ${position}`)
}
