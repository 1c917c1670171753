// StatefulSet: pods with an order, stable names and storage of their own.
//
// Upstream: pkg/registry/apps/statefulset/strategy.go, pkg/apis/apps/validation/validation.go

import { validateStatefulSetSpec } from '#api/kinds/apps/stateful-set-spec.ts'
import {
  changedWorkloadWarnings,
  dropDisabledTemplateFields,
  nonnegativeFields,
  notDecremented,
  ordered,
  TEMPLATE,
} from '#api/kinds/apps/workload.ts'
import { ageColumn, column, nameColumn, templateColumns } from '#api/kinds/columns.ts'
import { claimWarnings } from '#api/kinds/core/claim-warnings.ts'
import { defaultClaim } from '#api/kinds/core/persistent-volume-claim.ts'
import { defaultPodTemplate } from '#api/kinds/core/pod/defaults.ts'
import { podTemplateWarnings } from '#api/kinds/core/pod/warnings.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { formatSelector } from '#api/kinds/scale-selector.ts'
import { keepField } from '#api/kinds/status-metadata.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { forbidden, Path } from '#api/meta/field-error.ts'
import { nameIsDNSLabel } from '#api/meta/names.ts'
import type { StatefulSet, StatefulSetSpec } from '#api/types/apps.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')
const STATUS = new Path('status')

const MUTABLE = [
  'replicas',
  'template',
  'updateStrategy',
  'minReadySeconds',
  'ordinals',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
] as const

export const statefulSet = defineKind<Draft<StatefulSet>>({
  group: 'apps',
  kind: 'StatefulSet',
  resource: 'statefulsets',
  singular: 'statefulset',
  shortNames: ['sts'],
  categories: ['all'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: true,
  defaults,
  prepareForCreate(draft) {
    draft.status = { replicas: 0, availableReplicas: 0 }
    dropDisabledFields(draft, undefined)
  },
  prepareForUpdate(draft, old) {
    keepField(draft, old, 'status')
    dropDisabledFields(draft, old)
  },
  *validate(object) {
    yield* namespacedMetadata(object, nameIsDNSLabel)
    yield* validateStatefulSetSpec(object, undefined)
  },
  *validateUpdate(object, old) {
    yield* metadataUpdate(object, old)
    yield* validateStatefulSetSpec(object, old)
    if (!semanticEqual(withoutMutable(object.spec), withoutMutable(old.spec))) {
      const text =
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
      yield forbidden(SPEC, text)
    }
  },
  warnings: (object) => [
    ...podTemplateWarnings(object.spec?.template, TEMPLATE),
    ...specWarnings(object, (path) => path),
  ],
  warningsOnUpdate: (object, old) => [
    ...changedWorkloadWarnings(object, old),
    ...specWarnings(object, (path) => path.child('Spec')),
  ],
  status: {
    prepareForUpdate: (draft, old) => keepField(draft, old, 'spec'),
    *validateUpdate(object, old) {
      const status = object.status ?? {}
      yield* nonnegativeFields(status, STATUS, COUNTS)
      yield* ordered(status, STATUS, [
        ['readyReplicas', 'replicas', 'cannot be greater than status.replicas'],
        ['currentReplicas', 'replicas', 'cannot be greater than status.replicas'],
        ['updatedReplicas', 'replicas', 'cannot be greater than status.replicas'],
        ['availableReplicas', 'replicas', 'cannot be greater than status.replicas'],
        ['availableReplicas', 'readyReplicas', 'cannot be greater than status.readyReplicas'],
      ])
      yield* metadataUpdate(object, old)
      yield* notDecremented(object.status, old.status)
    },
  },
  scale: {
    specReplicasPath: '.spec.replicas',
    statusReplicasPath: '.status.replicas',
    selector: (object) => formatSelector(object.spec?.selector),
  },
  columns: [
    nameColumn(),
    column(
      'Ready',
      'Number of the pod with ready state',
      ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    ),
    ageColumn(),
    ...templateColumns<Draft<StatefulSet>>((object) => object.spec?.template),
  ],
})

const COUNTS = [
  'replicas',
  'readyReplicas',
  'currentReplicas',
  'updatedReplicas',
  'availableReplicas',
  'observedGeneration',
  'collisionCount',
]

function defaults({ spec }: Draft<StatefulSet>): void {
  if (!spec) return
  spec.podManagementPolicy ||= 'OrderedReady'
  spec.updateStrategy ??= {}
  const strategy = spec.updateStrategy
  if (!strategy.type) {
    strategy.type = 'RollingUpdate'
    strategy.rollingUpdate ??= {}
  }
  if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate) strategy.rollingUpdate.partition ??= 0
  spec.persistentVolumeClaimRetentionPolicy ??= {}
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain'
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain'
  spec.replicas ??= 1
  spec.revisionHistoryLimit ??= 10
  defaultPodTemplate(spec.template)
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion = 'v1'
    claim.kind = 'PersistentVolumeClaim'
    defaultClaim(claim)
  }
}

/** `maxUnavailable` is off by default. */
function dropDisabledFields(draft: Draft<StatefulSet>, old: StatefulSet | undefined): void {
  const update = draft.spec?.updateStrategy?.rollingUpdate
  if (update && old?.spec?.updateStrategy?.rollingUpdate?.maxUnavailable === undefined) {
    delete update.maxUnavailable
  }
  dropDisabledTemplateFields(draft.spec?.template, old?.spec?.template)
}

function withoutMutable(spec: StatefulSetSpec | undefined): object {
  const rest: Record<string, unknown> = { ...spec }
  for (const name of MUTABLE) delete rest[name]
  return rest
}

function* specWarnings({ spec }: StatefulSet, claimPath: (path: Path) => Path): Generator<string> {
  for (const [i, claim] of (spec?.volumeClaimTemplates ?? []).entries()) {
    const path = claimPath(SPEC.child('volumeClaimTemplates').index(i))
    yield* claimWarnings(claim.spec ?? {}, path)
  }
  if ((spec?.revisionHistoryLimit ?? 0) < 0) {
    yield 'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended'
  }
}
