// ReplicationController: the oldest way to keep a number of equal pods alive.
//
// Upstream: pkg/registry/core/replicationcontroller/strategy.go, pkg/apis/core/validation/validation.go

import { validateReplicaStatus } from '#api/kinds/apps/replica-set.ts'
import {
  dropDisabledTemplateFields,
  lastingTemplate,
  newWorkloadWarnings,
  selectedTemplate,
  TEMPLATE,
  validateTemplate,
} from '#api/kinds/apps/workload.ts'
import {
  ageColumn,
  column,
  field,
  formatLabelMap,
  integer,
  nameColumn,
  templateColumns,
  wide,
} from '#api/kinds/columns.ts'
import { defaultPodTemplate } from '#api/kinds/core/pod/defaults.ts'
import { podTemplateWarnings } from '#api/kinds/core/pod/warnings.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { formatLabels } from '#api/kinds/scale-selector.ts'
import { keepField } from '#api/kinds/status-metadata.ts'
import { Path, required } from '#api/meta/field-error.ts'
import { selectorOfLabels } from '#api/meta/selectors.ts'
import { type FieldErrors, nonnegative } from '#api/meta/validation.ts'
import type { ReplicationController } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')

export const replicationController = defineKind<Draft<ReplicationController>>({
  group: '',
  kind: 'ReplicationController',
  resource: 'replicationcontrollers',
  singular: 'replicationcontroller',
  shortNames: ['rc'],
  categories: ['all'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  storagePrefix: '/registry/controllers',
  hasGeneration: true,
  defaults,
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
  },
  warnings: newWorkloadWarnings,
  // Upstream looks at the template that was, not at the one that comes.
  warningsOnUpdate: (object, old) =>
    object.metadata?.generation === old.metadata?.generation
      ? []
      : [...podTemplateWarnings(old.spec?.template, TEMPLATE)],
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
      ])
    },
  },
  scale: {
    specReplicasPath: '.spec.replicas',
    statusReplicasPath: '.status.replicas',
    selector: (object) => formatLabels(object.spec?.selector),
  },
  selectableFields: { 'status.replicas': (object) => String(object.status?.replicas ?? 0) },
  columns: [
    nameColumn(),
    column(
      'Desired',
      field('core.v1.ReplicationControllerSpec', 'replicas'),
      ({ spec }) => spec?.replicas ?? 0,
      integer,
    ),
    column(
      'Current',
      field('core.v1.ReplicationControllerStatus', 'replicas'),
      ({ status }) => status?.replicas ?? 0,
      integer,
    ),
    column(
      'Ready',
      field('core.v1.ReplicationControllerStatus', 'readyReplicas'),
      ({ status }) => status?.readyReplicas ?? 0,
      integer,
    ),
    ageColumn(),
    ...templateColumns<Draft<ReplicationController>>((object) => object.spec?.template),
    column(
      'Selector',
      field('core.v1.ReplicationControllerSpec', 'selector'),
      ({ spec }) => formatLabelMap(spec?.selector),
      wide,
    ),
  ],
})

/** The labels of the template stand in for a selector, and for labels of its own. */
function defaults(draft: Draft<ReplicationController>): void {
  const { spec } = draft
  if (!spec) return
  const labels = spec.template?.metadata?.labels
  if (labels) {
    if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels }
    draft.metadata ??= {}
    if (Object.keys(draft.metadata.labels ?? {}).length === 0) draft.metadata.labels = { ...labels }
  }
  spec.replicas ??= 1
  defaultPodTemplate(spec.template)
}

function* validateSpec({ spec }: ReplicationController, old: ReplicationController | undefined): FieldErrors {
  yield* nonnegative(SPEC.child('minReadySeconds'), spec?.minReadySeconds)
  if (Object.keys(spec?.selector ?? {}).length === 0) yield required(SPEC.child('selector'))
  yield* nonnegative(SPEC.child('replicas'), spec?.replicas)
  if (!spec?.template) {
    yield required(TEMPLATE)
    return
  }
  yield* selectedTemplate(spec.template, selectorOfLabels(spec.selector), TEMPLATE)
  yield* validateTemplate(spec.template, old, TEMPLATE)
  yield* lastingTemplate(spec.template, 'ReplicationController', TEMPLATE)
}
