// Deployment: a number of equal pods, renewed gradually through ReplicaSets.
//
// Upstream: pkg/registry/apps/deployment/strategy.go, pkg/apis/apps/validation/validation.go

import {
  atMost100Percent,
  changedWorkloadWarnings,
  countOf,
  dropDisabledTemplateFields,
  intOrPercent,
  newWorkloadWarnings,
  nonnegativeFields,
  notDecremented,
  ordered,
  replicaSetTemplate,
  requiredSelector,
} from '#api/kinds/apps/workload.ts'
import { ageColumn, column, field, nameColumn, selectorColumn, templateColumns } from '#api/kinds/columns.ts'
import { defaultPodTemplate } from '#api/kinds/core/pod/defaults.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { formatSelector } from '#api/kinds/scale-selector.ts'
import { keepField } from '#api/kinds/status-metadata.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { forbidden, invalid, notSupported, Path, required } from '#api/meta/field-error.ts'
import { type FieldErrors, immutable, nonnegative } from '#api/meta/validation.ts'
import type { Deployment, DeploymentSpec, DeploymentStrategy } from '#api/types/apps.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')
const STATUS = new Path('status')
/** The annotation by which extensions/v1beta1 asked for a rollback; nothing acts on it any more. */
const ROLLBACK_ANNOTATION = 'deprecated.deployment.rollback.to'

const SELECTOR_DESCRIPTION =
  "Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment. It must match the pod template's labels."

export const deployment = defineKind<Draft<Deployment>>({
  group: 'apps',
  kind: 'Deployment',
  resource: 'deployments',
  singular: 'deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: true,
  defaults,
  prepareForCreate(draft) {
    draft.status = {}
    dropDisabledTemplateFields(draft.spec?.template, undefined)
  },
  prepareForUpdate(draft, old) {
    keepField(draft, old, 'status')
    dropDisabledTemplateFields(draft.spec?.template, old.spec?.template)
    const isChanged =
      !semanticEqual(draft.spec, old.spec) ||
      !semanticEqual(draft.metadata?.annotations ?? {}, old.metadata?.annotations ?? {})
    if (isChanged && draft.metadata) draft.metadata.generation = (old.metadata?.generation ?? 0) + 1
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
    prepareForUpdate(draft, old) {
      keepField(draft, old, 'spec')
      if (draft.metadata) keepField(draft.metadata, old.metadata ?? {}, 'labels')
    },
    *validateUpdate(object, old) {
      yield* metadataUpdate(object, old)
      yield* validateStatus(object)
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
    column(
      'Up-to-date',
      field('apps.v1.DeploymentStatus', 'updatedReplicas'),
      ({ status }) => status?.updatedReplicas ?? 0,
    ),
    column(
      'Available',
      field('apps.v1.DeploymentStatus', 'availableReplicas'),
      ({ status }) => status?.availableReplicas ?? 0,
    ),
    ageColumn(),
    ...templateColumns<Draft<Deployment>>((object) => object.spec?.template),
    selectorColumn(SELECTOR_DESCRIPTION, ({ spec }) => spec?.selector),
  ],
})

function defaults(draft: Draft<Deployment>): void {
  const spec = draft.spec
  if (!spec) return
  spec.replicas ??= 1
  spec.strategy ??= {}
  spec.strategy.type ||= 'RollingUpdate'
  if (spec.strategy.type === 'RollingUpdate') {
    spec.strategy.rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%', ...spec.strategy.rollingUpdate }
  }
  spec.revisionHistoryLimit ??= 10
  spec.progressDeadlineSeconds ??= 600
  defaultPodTemplate(spec.template)
  if (draft.metadata?.annotations?.[ROLLBACK_ANNOTATION] === '') {
    delete draft.metadata.annotations[ROLLBACK_ANNOTATION]
  }
}

function* validateSpec(object: Deployment, old: Deployment | undefined): FieldErrors {
  const { spec } = object
  if (!spec) return
  yield* nonnegative(SPEC.child('replicas'), spec.replicas)
  yield* requiredSelector(spec.selector, 'deployment', SPEC.child('selector'))
  yield* replicaSetTemplate(spec, old)
  yield* validateStrategy(spec.strategy ?? {}, SPEC.child('strategy'))
  yield* nonnegativeFields(spec, SPEC, ['minReadySeconds', 'revisionHistoryLimit'])
  yield* validateDeadline(spec)
}

function* validateDeadline({ progressDeadlineSeconds, minReadySeconds }: DeploymentSpec): FieldErrors {
  if (progressDeadlineSeconds === undefined) return
  const path = SPEC.child('progressDeadlineSeconds')
  yield* nonnegative(path, progressDeadlineSeconds)
  if (progressDeadlineSeconds <= (minReadySeconds ?? 0)) {
    yield invalid(path, progressDeadlineSeconds, 'must be greater than minReadySeconds')
  }
}

function* validateStrategy(strategy: DeploymentStrategy, path: Path): FieldErrors {
  const { type, rollingUpdate } = strategy
  const at = path.child('rollingUpdate')
  if (type === 'Recreate') {
    if (rollingUpdate) yield forbidden(at, "may not be specified when strategy `type` is 'Recreate'")
  } else if (type !== 'RollingUpdate') {
    yield notSupported(path, internalForm('DeploymentStrategy', strategy), ['Recreate', 'RollingUpdate'])
  } else if (!rollingUpdate) {
    yield required(at, 'this should be defaulted and never be nil')
  } else {
    const { maxUnavailable, maxSurge } = rollingUpdate
    yield* intOrPercent(at.child('maxUnavailable'), maxUnavailable)
    yield* intOrPercent(at.child('maxSurge'), maxSurge)
    if (countOf(maxUnavailable) === 0 && countOf(maxSurge) === 0) {
      yield invalid(at.child('maxUnavailable'), maxUnavailable ?? 0, 'may not be 0 when `maxSurge` is 0')
    }
    yield* atMost100Percent(at.child('maxUnavailable'), maxUnavailable)
  }
}

const COUNTS = [
  'observedGeneration',
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
  'terminatingReplicas',
  'collisionCount',
]

function* validateStatus({ status = {} }: Deployment): FieldErrors {
  yield* nonnegativeFields(status, STATUS, COUNTS)
  yield* ordered(status, STATUS, [
    ['updatedReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['readyReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['availableReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['availableReplicas', 'readyReplicas', 'cannot be greater than readyReplicas'],
  ])
}
