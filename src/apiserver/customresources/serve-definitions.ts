// From definitions to served resources: the loop that accepts names, puts kinds into the catalog, and takes them out.
//
// informer of definitions ──key──▶ queue ──▶ reconcile: catalog first, then the status, so that who reads `Established`
// finds the resource served. A definition that goes takes its objects with it; then its finalizer falls.
// Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/{apiserver/customresource_handler.go,controller}

import { customKinds } from '#api/custom/custom-kind.ts'
import { setDefinitionCondition } from '#api/kinds/apiextensions/conditions.ts'
import { CLEANUP_FINALIZER } from '#api/kinds/apiextensions/custom-resource-definition.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { isConflict, isNotFound } from '#api/meta/status.ts'
import { customResourceDefinitions } from '#api/resources.ts'
import type { CustomResourceDefinition } from '#api/types/apiextensions.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import { isEstablished, statusOf } from '#apiserver/customresources/status.ts'
import type { Catalog } from '#apiserver/registry/catalog.ts'
import type { WatchCaches } from '#apiserver/watchcache/caches.ts'
import { createWorkQueue, type Requeue } from '#client/work-queue.ts'
import { formatTime } from '#sys/clock.ts'

/** Objects with finalizers of their own are looked for again after so long. */
const REMAINING_MS = 1_000

interface Served {
  /** Changes with all that the kinds are made from. */
  readonly fingerprint: string
  readonly kinds: readonly KindDefinition[]
}

export interface DefinitionServer {
  /** Serves all definitions that are there; resolves when it has. */
  start(): Promise<void>
  /** Follows changes until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>
}

export function serveDefinitions(
  access: ServerAccess,
  catalog: Catalog,
  caches: WatchCaches,
): DefinitionServer {
  const { client, clock, log } = access
  const informer = access.informers.informer(customResourceDefinitions)
  const definitions = client.resource(customResourceDefinitions)
  const served = new Map<string, Served>()

  const publish = (): void =>
    catalog.setCustomKinds([...served].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, { kinds }]) => kinds))

  function serve(definition: CustomResourceDefinition): void {
    const name = definition.metadata?.name ?? ''
    const fingerprint = fingerprintOf(definition)
    if (served.get(name)?.fingerprint === fingerprint) return
    withdraw(name)
    served.set(name, { fingerprint, kinds: customKinds(definition) })
    publish()
  }

  function withdraw(name: string): void {
    const known = served.get(name)
    if (!known) return
    served.delete(name)
    publish()
    for (const kind of known.kinds) caches.drop(kind)
  }

  async function reconcile(name: string): Promise<Requeue> {
    const definition = informer.get(name)
    if (!definition) {
      withdraw(name)
      return undefined
    }
    if (definition.metadata?.deletionTimestamp) return finalize(definition)
    const others = informer.list().filter((other) => other !== definition)
    const status = statusOf(definition, others, formatTime(clock.now()))
    const next = { ...definition, status }
    if (isEstablished(next)) serve(next)
    if (!semanticEqual(status, definition.status)) await definitions.updateStatus(next)
    return undefined
  }

  /** Deletes what the definition has defined; the last one gone, the definition may go. */
  async function finalize(definition: CustomResourceDefinition): Promise<Requeue> {
    const { metadata } = definition
    if (!metadata?.finalizers?.includes(CLEANUP_FINALIZER)) return undefined
    const [kind] = served.get(metadata.name ?? '')?.kinds ?? []
    const remaining = kind ? await deleteInstances(access, kind) : 0
    if (remaining > 0) return { afterMs: REMAINING_MS }
    // before the definition goes: who sees that it is gone finds nothing served
    withdraw(metadata.name ?? '')
    const done = {
      type: 'Terminating',
      status: 'False',
      reason: 'InstanceDeletionCompleted',
      message: 'removed all instances',
    }
    const conditions = setDefinitionCondition(
      definition.status?.conditions ?? [],
      done,
      formatTime(clock.now()),
    )
    const marked = await definitions.updateStatus({
      ...definition,
      status: { ...definition.status, conditions },
    })
    const finalizers = metadata.finalizers.filter((finalizer) => finalizer !== CLEANUP_FINALIZER)
    await definitions.update({ ...marked, metadata: { ...marked.metadata, finalizers } })
    return undefined
  }

  const queue = createWorkQueue({
    clock,
    work: async (name) => {
      try {
        return await reconcile(name)
      } catch (error) {
        // the informer brings the newer state, or tells that it is gone
        if (isNotFound(error)) return undefined
        throw error
      }
    },
    onError: (name, error) => {
      if (!isConflict(error))
        log.warn({ definition: name, error: String(error) }, 'a definition is not served yet')
    },
  })

  return {
    async start() {
      await informer.whenSynced()
      for (const definition of informer.list()) if (isEstablished(definition)) serve(definition)
    },
    async run(signal) {
      const stop = informer.onChange(({ object }) => {
        // names that have become free are given to who waits for them
        for (const { metadata, spec } of informer.list()) {
          if (spec.group === object.spec.group) queue.add(metadata?.name ?? '')
        }
        queue.add(object.metadata?.name ?? '')
      })
      await queue.run(signal)
      stop()
    },
  }
}

const fingerprintOf = ({ metadata, spec, status }: CustomResourceDefinition): string =>
  JSON.stringify([metadata?.uid, spec, status?.acceptedNames])

/** Asks for the deletion of all objects of a kind; gives how many are still there. */
async function deleteInstances({ client }: ServerAccess, kind: KindDefinition): Promise<number> {
  const { group, resource, namespaced } = kind
  const type = { group, version: kind.versions[0] ?? '', resource, kind: kind.kind, namespaced }
  const instances = client.resource(type)
  const { items } = await instances.list()
  const namespaces = new Set(items.map(({ metadata }) => metadata?.namespace ?? ''))
  for (const namespace of namespaces) await instances.deleteCollection(namespaced ? { namespace } : {})
  return namespaces.size === 0 ? 0 : (await instances.list()).items.length
}
