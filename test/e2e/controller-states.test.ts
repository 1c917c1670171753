// What the original's controllers and scheduler made of 23 scenes, replayed on two nodes: workloads that roll out, jobs
// that end in all their ways, services, quotas, disruption budgets. Specs, statuses, owners, hashes, events agree.
//
// Set aside: times, ids, addresses, and which node a pod came to. Skipped where the recordings are not at hand.

import { after, before, test } from 'node:test'
import { startCluster, type TestCluster } from '#cluster/start-cluster.ts'
import { type Kubectl, kubectlFor } from '#test/e2e/kubectl.ts'
import { type Json, playScene, type Recorded, sceneNames, settled } from '#test/e2e/recorded-scene.ts'

/** Scenes whose parts do not exist yet, and those that depend on the moment of looking. */
const NOT_SERVED: Readonly<Record<string, string>> = {
  quota: 'the original had counted a ConfigMap twice',
  cronjob: 'it looks at the turn of a minute',
}
const scenes = sceneNames((name) => !name.startsWith('pod-') && !(name in NOT_SERVED))
/** What every namespace has. */
const GIVEN: ReadonlySet<string> = new Set(['ConfigMap', 'ServiceAccount'])
const KINDS =
  'pods,events,deployments,replicasets,statefulsets,controllerrevisions,jobs,replicationcontrollers,services,' +
  'endpoints,endpointslices,poddisruptionbudgets,resourcequotas,horizontalpodautoscalers,persistentvolumeclaims'

let cluster: TestCluster
let kubectl: Kubectl

before(async () => {
  if (scenes.length === 0) return
  cluster = await startCluster({ nodes: 2 })
  kubectl = await kubectlFor(cluster.kubeconfig)
})

after(async () => {
  await cluster?.stop()
})

/** Objects by kind and name, events by what they say; of what is drawn by lot, how many there are. */
function facts(objects: readonly Recorded[]): Json {
  const found = new Map<string, string[]>()
  const add = (key: string, text: string) => found.set(key, [...(found.get(key) ?? []), text].sort())
  for (const object of objects) {
    if (object.kind === 'Event') {
      const line = eventLine(object)
      if (line !== undefined && !found.has(line)) add(line, '')
    } else if (!GIVEN.has(object.kind))
      add(`${object.kind} ${withoutLot(object.metadata.name)}`, JSON.stringify(objectFacts(object)))
  }
  return Object.fromEntries([...found].sort())
}

/** The kubelet's events have a test of their own. */
function eventLine({ type, reason, message, involvedObject, ...event }: Recorded): string | undefined {
  const component = event.source?.component ?? event.reportingComponent ?? ''
  // Whether a budget was seen before its pods came is luck.
  if (component === 'kubelet' || reason === 'NoPods') return undefined
  const about = `${involvedObject?.kind} ${withoutLot(involvedObject?.name ?? '')}`
  const text = withoutLot(String(settled(message))).replace(/ to \S+$/, ' to NODE')
  return `event ${component} ${type} ${reason} ${about}: ${text}`
}

function objectFacts({ kind, metadata, spec, status, ...rest }: Recorded): unknown {
  const { labels, annotations, finalizers, ownerReferences } = metadata
  // How often a slice was written depends on how fast its pods came up.
  const generation = kind === 'EndpointSlice' ? undefined : metadata.generation
  const { apiVersion: _version, ...others } = rest
  // What becomes of a container is the kubelet's business.
  const { resources: _resources, containerStatuses: _containers, ...ownStatus } = status ?? {}
  const text = JSON.stringify(
    settled({
      generation,
      labels,
      annotations,
      finalizers,
      ownerReferences,
      spec,
      status: ownStatus,
      ...others,
    }),
  )
  return JSON.parse(withoutLot(text))
}

/** Names that end with five letters by lot. */
function withoutLot(text: string): string {
  return text.replace(/-[bcdfghjklmnpqrstvwxz2456789]{5}(?=\W|$)/g, '-LOT')
}

test('controllers and scheduler come to the states that the original has recorded', {
  skip: scenes.length === 0,
  timeout: 400_000,
}, async (t) => {
  // A few together: most of their time is waiting, but all at once would wait for each other's pods.
  const waiting = [...scenes]
  const playNext = async (): Promise<void> => {
    for (let name = waiting.shift(); name; name = waiting.shift()) {
      const scene = name
      await t.test(scene, () => playScene({ kubectl, name: scene, kinds: KINDS, compared: 'all', facts }))
    }
  }
  await Promise.all(Array.from({ length: 6 }, playNext))
})
