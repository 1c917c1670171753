// How the objects of a kind live and end, where that differs from the common case.
//
// The common case: an object lives until it is deleted, its dependents are then collected in the background, and the
// client gets a Status. Upstream: the strategies and storages under pkg/registry (DefaultGarbageCollectionPolicy,
// ReturnDeletedObject, ShouldDeleteDuringUpdate)

import type { KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject } from '#api/meta/object.ts'

export interface Lifecycle {
  /** What a deletion without a propagation policy does to dependents; `unsupported`: no finalizer is ever set. */
  readonly defaultPropagation?: 'orphan' | 'unsupported'
  /** What a client is told that leaves this to the kind. */
  readonly orphanWarning?: string
  /** The first deletion only sets the time, and the finalizer that is the kind's own. */
  readonly marksOnly?: boolean
  /** DELETE answers with the last state instead of a Status. */
  readonly returnsDeletedObject?: boolean
  /** Whether a deleted object without metadata.finalizers may go. */
  isFinalized?(object: JsonObject): boolean
}

const COMMON: Lifecycle = {}
const RETURNED: Lifecycle = { returnsDeletedObject: true }
const EVENTS: Lifecycle = { defaultPropagation: 'unsupported' }
const ORPHANING: Lifecycle = { defaultPropagation: 'orphan' }

const JOBS: Lifecycle = {
  ...ORPHANING,
  orphanWarning:
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
}

/** A namespace ends when its own finalizers, in the spec, are gone too. */
const NAMESPACE: Lifecycle = {
  returnsDeletedObject: true,
  isFinalized: (object) =>
    ((object['spec'] as { finalizers?: unknown[] } | undefined)?.finalizers ?? []).length === 0,
}

const LIFECYCLES: Readonly<Record<string, Lifecycle>> = {
  '/events': EVENTS,
  'events.k8s.io/events': EVENTS,
  '/namespaces': NAMESPACE,
  'apiextensions.k8s.io/customresourcedefinitions': { marksOnly: true },
  '/replicationcontrollers': ORPHANING,
  'batch/jobs': JOBS,
  '/persistentvolumeclaims': RETURNED,
  '/persistentvolumes': RETURNED,
  '/pods': RETURNED,
  '/podtemplates': RETURNED,
  '/resourcequotas': RETURNED,
  '/serviceaccounts': RETURNED,
  '/services': RETURNED,
  'resource.k8s.io/deviceclasses': RETURNED,
  'resource.k8s.io/devicetaintrules': RETURNED,
  'resource.k8s.io/resourceclaims': RETURNED,
  'resource.k8s.io/resourceclaimtemplates': RETURNED,
  'resource.k8s.io/resourcepoolstatusrequests': RETURNED,
  'resource.k8s.io/resourceslices': RETURNED,
  'storage.k8s.io/csidrivers': RETURNED,
  'storage.k8s.io/csinodes': RETURNED,
  'storage.k8s.io/storageclasses': RETURNED,
  'storage.k8s.io/volumeattachments': RETURNED,
  'storage.k8s.io/volumeattributesclasses': RETURNED,
}

export const lifecycleOf = (kind: KindDefinition): Lifecycle =>
  LIFECYCLES[`${kind.group}/${kind.resource}`] ?? COMMON
