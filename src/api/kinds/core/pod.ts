// Pod: containers that live and die together on one node.
//
// The subjects of its long spec each have a file in pod/. Subresources that are not stored into it (binding,
// eviction, exec, log, …) are the server's. Upstream: pkg/registry/core/pod/strategy.go

import { podColumns, podRowConditions } from '#api/kinds/core/pod/columns.ts'
import { defaultPod } from '#api/kinds/core/pod/defaults.ts'
import { podRules } from '#api/kinds/core/pod/options.ts'
import { keepOnlyResize, validatePodResize } from '#api/kinds/core/pod/resize.ts'
import { validatePodStatus } from '#api/kinds/core/pod/status.ts'
import {
  dropDisabledFields,
  dropDisabledStatus,
  keepObservedGenerations,
  preparePodForCreate,
} from '#api/kinds/core/pod/strategy.ts'
import { validateEphemeralUpdate, validatePodCreate, validatePodUpdate } from '#api/kinds/core/pod/update.ts'
import { podWarnings } from '#api/kinds/core/pod/warnings.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { keepField, keepMetadata } from '#api/kinds/status-metadata.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { Path } from '#api/meta/field-error.ts'
import { warningsForIp } from '#api/meta/validation-ip.ts'
import type { Pod } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const pod = defineKind<Draft<Pod>>({
  group: '',
  kind: 'Pod',
  resource: 'pods',
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: true,
  defaults: defaultPod,
  prepareForCreate: (draft, { now }) => preparePodForCreate(draft, now),
  prepareForUpdate(draft, old) {
    keepField(draft, old, 'status')
    if (draft.spec) dropDisabledFields(draft.spec, old.spec)
    countGeneration(draft, old)
  },
  validate: (object) => validatePodCreate(object, podRules(undefined, true)),
  validateUpdate: (object, old) => validatePodUpdate(object, old, podRules(old, true)),
  warnings: (object) => [...podWarnings(object)],
  gracePeriodSeconds,
  status: {
    prepareForUpdate(draft, old) {
      keepField(draft, old, 'spec')
      if (draft.metadata) {
        delete draft.metadata.deletionTimestamp
        keepField(draft.metadata, old.metadata ?? {}, 'ownerReferences')
      }
      const qosClass = draft.status?.qosClass || old.status?.qosClass
      if (draft.status && qosClass) draft.status.qosClass = qosClass
      keepObservedGenerations(draft, old)
      dropDisabledStatus(draft, old)
    },
    validateUpdate: (object, old) => validatePodStatus(object, old, podRules(old, true)),
    warningsOnUpdate: (object) => statusWarnings(object),
  },
  storedSubresources: {
    ephemeralcontainers: {
      prepareForUpdate(draft, old) {
        const containers = draft.spec?.ephemeralContainers
        draft.spec = { ...structuredClone(old.spec ?? { containers: [] }) }
        delete draft.spec.ephemeralContainers
        if (containers) draft.spec.ephemeralContainers = containers
        keepField(draft, old, 'status')
        keepMetadata(draft, old)
        dropDisabledFields(draft.spec, old.spec)
        countGeneration(draft, old)
      },
      validateUpdate: (object, old) => validateEphemeralUpdate(object, old, podRules(old, true)),
    },
    resize: {
      prepareForUpdate(draft, old) {
        keepOnlyResize(draft, old)
        keepMetadata(draft, old)
        if (draft.spec) dropDisabledFields(draft.spec, old.spec)
        countGeneration(draft, old)
      },
      validateUpdate: (object, old) => validatePodResize(object, old, podRules(old, true)),
    },
  },
  selectableFields: {
    'spec.nodeName': (object) => object.spec?.nodeName ?? '',
    // its name in the first clients
    'spec.host': (object) => object.spec?.nodeName ?? '',
    'spec.restartPolicy': (object) => object.spec?.restartPolicy ?? '',
    'spec.schedulerName': (object) => object.spec?.schedulerName ?? '',
    'spec.serviceAccountName': (object) => object.spec?.serviceAccountName ?? '',
    'spec.hostNetwork': (object) => String(object.spec?.hostNetwork ?? false),
    'status.phase': (object) => object.status?.phase ?? '',
    // known, but nobody fills it in
    'status.podIPs': () => '',
    'status.podIP': (object) => object.status?.podIPs?.[0]?.ip ?? '',
    'status.nominatedNodeName': (object) => object.status?.nominatedNodeName ?? '',
  },
  columns: podColumns,
  rowConditions: podRowConditions,
})

function countGeneration(draft: Draft<Pod>, old: Draft<Pod>): void {
  if (!draft.metadata || semanticEqual(draft.spec, old.spec)) return
  draft.metadata.generation = (old.metadata?.generation ?? 0) + 1
}

/** A pod that no node has taken, or that has ended, goes at once. */
function gracePeriodSeconds({ spec, status }: Draft<Pod>, requested: number | undefined): number {
  if (!spec?.nodeName || status?.phase === 'Failed' || status?.phase === 'Succeeded') return 0
  const seconds = requested ?? spec.terminationGracePeriodSeconds ?? 0
  return seconds < 0 ? 1 : seconds
}

function statusWarnings({ status }: Draft<Pod>): string[] {
  const path = new Path('status')
  return (['podIPs', 'hostIPs'] as const).flatMap((name) =>
    (status?.[name] ?? []).flatMap(({ ip }, i) => warningsForIp(path.child(name).index(i).child('ip'), ip)),
  )
}
