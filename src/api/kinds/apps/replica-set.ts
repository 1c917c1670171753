// ReplicaSet: keeps a number of equal pods alive; usually made by a Deployment.
//
// Upstream: pkg/registry/apps/replicaset/strategy.go, pkg/apis/apps/validation/validation.go

import {
  changedWorkloadWarnings,
  dropDisabledTemplateFields,
  newWorkloadWarnings,
  nonnegativeFields,
  ordered,
  replicaSetTemplate,
  requiredSelector,
} from '#api/kinds/apps/workload.ts'
import {
  ageColumn,
  column,
  field,
  integer,
  nameColumn,
  selectorColumn,
  templateColumns,
} from '#api/kinds/columns.ts'
import { defaultPodTemplate } from '#api/kinds/core/pod/defaults.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { formatSelector } from '#api/kinds/scale-selector.ts'
import { keepField } from '#api/kinds/status-metadata.ts'
import { Path } from '#api/meta/field-error.ts'
import { type FieldErrors, immutable } from '#api/meta/validation.ts'
import type { ReplicaSet } from '#api/types/apps.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')
const STATUS = new Path('status')

const SELECTOR_DESCRIPTION =
  "Selector is a label query over pods that should match the replica count. Label keys and values that must match in order to be controlled by this replica set. It must match the pod template's labels. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors"

export const replicaSet = defineKind<Draft<ReplicaSet>>({
  group: 'apps',
  kind: 'ReplicaSet',
  resource: 'replicasets',
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: true,
  defaults({ spec }) {
    if (!spec) return
    spec.replicas ??= 1
    defaultPodTemplate(spec.template)
  },
  prepareForCreate(draft) {
    draft.status = { replicas: 0 }
    dropDisabledTemplateFields(draft.spec?.template, undefined)
  },
  prepareForUpdate(draft, old) {
    keepField(draft, old, 'status')
    dropDisabledTemplateFields(draft.spec?.template, old.spec?.template)
  },
  *validate(object) {
    yield* namespacedMetadata(object)
    yield* validateSpec(object, undefined)
  },
  *validateUpdate(object, old) {
    yield* metadataUpdate(object, old)
    yield* validateSpec(object, old)
    yield* immutable(SPEC.child('selector'), object.spec?.selector, old.spec?.selector)
  },
  warnings: newWorkloadWarnings,
  warningsOnUpdate: changedWorkloadWarnings,
  status: {
    prepareForUpdate: (draft, old) => keepField(draft, old, 'spec'),
    *validateUpdate(object, old) {
      yield* metadataUpdate(object, old)
      yield* validateReplicaStatus(object.status ?? {}, [
        'replicas',
        'fullyLabeledReplicas',
        'readyReplicas',
        'availableReplicas',
        'observedGeneration',
        'terminatingReplicas',
      ])
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
      'Desired',
      field('apps.v1.ReplicaSetSpec', 'replicas'),
      ({ spec }) => spec?.replicas ?? 0,
      integer,
    ),
    column(
      'Current',
      field('apps.v1.ReplicaSetStatus', 'replicas'),
      ({ status }) => status?.replicas ?? 0,
      integer,
    ),
    column(
      'Ready',
      field('apps.v1.ReplicaSetStatus', 'readyReplicas'),
      ({ status }) => status?.readyReplicas ?? 0,
      integer,
    ),
    ageColumn(),
    ...templateColumns<Draft<ReplicaSet>>((object) => object.spec?.template),
    selectorColumn(SELECTOR_DESCRIPTION, ({ spec }) => spec?.selector),
  ],
})

function* validateSpec({ spec }: ReplicaSet, old: ReplicaSet | undefined): FieldErrors {
  if (!spec) return
  yield* nonnegativeFields(spec, SPEC, ['replicas', 'minReadySeconds'])
  yield* requiredSelector(spec.selector, 'deployment', SPEC.child('selector'))
  yield* replicaSetTemplate(spec, old)
}

/** ReplicaSets and ReplicationControllers count alike. */
export function* validateReplicaStatus(status: object, counts: readonly string[]): FieldErrors {
  yield* nonnegativeFields(status, STATUS, counts)
  yield* ordered(status, STATUS, [
    ['fullyLabeledReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['readyReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['availableReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['availableReplicas', 'readyReplicas', 'cannot be greater than readyReplicas'],
  ])
}
