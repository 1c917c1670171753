// DaemonSet: one pod on every node that fits.
//
// The generation of its template, once a field of the spec, lives on in an annotation of every object.
// Upstream: pkg/registry/apps/daemonset/strategy.go, pkg/apis/apps/validation/validation.go

import {
  atMost100Percent,
  countOf,
  dropDisabledTemplateFields,
  intOrPercent,
  lastingTemplate,
  matchingTemplate,
  nonnegativeFields,
  notDecremented,
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
  selectorColumn,
  templateColumns,
} from '#api/kinds/columns.ts'
import { defaultPodTemplate } from '#api/kinds/core/pod/defaults.ts'
import { podTemplateWarnings } from '#api/kinds/core/pod/warnings.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { keepField } from '#api/kinds/status-metadata.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { goQuote, invalid, notSupportedInOrder, Path, required } from '#api/meta/field-error.ts'
import { isLabelValue } from '#api/meta/names.ts'
import { badRequest } from '#api/meta/status.ts'
import { type FieldErrors, immutable, nonnegative, validateLabelSelector } from '#api/meta/validation.ts'
import type { DaemonSet, DaemonSetUpdateStrategy, RollingUpdateDaemonSet } from '#api/types/apps.ts'
import type { LabelSelector } from '#api/types/meta.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')
const STATUS = new Path('status')
const GENERATION_ANNOTATION = 'deprecated.daemonset.template.generation'

const COUNTS = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
]

const EMPTY_STATUS = {
  currentNumberScheduled: 0,
  numberMisscheduled: 0,
  desiredNumberScheduled: 0,
  numberReady: 0,
}

const statusColumn = (
  name: string,
  count:
    | 'desiredNumberScheduled'
    | 'currentNumberScheduled'
    | 'numberReady'
    | 'updatedNumberScheduled'
    | 'numberAvailable',
) =>
  column<Draft<DaemonSet>>(
    name,
    field('apps.v1.DaemonSetStatus', count),
    ({ status }) => status?.[count] ?? 0,
    integer,
  )

const SELECTOR_DESCRIPTION =
  "A label query over pods that are managed by the daemon set. Must match in order to be controlled. It must match the pod template's labels. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors"

export const daemonSet = defineKind<Draft<DaemonSet>>({
  group: 'apps',
  kind: 'DaemonSet',
  resource: 'daemonsets',
  singular: 'daemonset',
  shortNames: ['ds'],
  categories: ['all'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: true,
  fieldAnnotations: [GENERATION_ANNOTATION],
  defaults,
  prepareForCreate(draft) {
    draft.status = { ...EMPTY_STATUS }
    setTemplateGeneration(draft, Math.max(templateGeneration(draft), 1))
    dropDisabledTemplateFields(draft.spec?.template, undefined)
  },
  prepareForUpdate(draft, old) {
    dropDisabledTemplateFields(draft.spec?.template, old.spec?.template)
    keepField(draft, old, 'status')
    const isSame = semanticEqual(draft.spec?.template, old.spec?.template)
    setTemplateGeneration(draft, templateGeneration(old) + (isSame ? 0 : 1))
  },
  *validate(object) {
    yield* namespacedMetadata(object)
    yield* validateSpec(object, undefined)
  },
  *validateUpdate(object, old) {
    yield* metadataUpdate(object, old)
    yield* immutable(SPEC.child('selector'), object.spec?.selector, old.spec?.selector)
    yield* validateSpec(object, old)
  },
  warnings: (object) => [...podTemplateWarnings(object.spec?.template, TEMPLATE)],
  warningsOnUpdate: (object, old) =>
    templateGeneration(object) === templateGeneration(old)
      ? []
      : [...podTemplateWarnings(object.spec?.template, TEMPLATE)],
  status: {
    prepareForUpdate(draft, old) {
      keepField(draft, old, 'spec')
      setTemplateGeneration(draft, templateGeneration(old))
    },
    *validateUpdate(object, old) {
      yield* metadataUpdate(object, old)
      yield* nonnegativeFields(object.status ?? {}, STATUS, COUNTS)
      yield* notDecremented(object.status, old.status)
    },
  },
  columns: [
    nameColumn(),
    statusColumn('Desired', 'desiredNumberScheduled'),
    statusColumn('Current', 'currentNumberScheduled'),
    statusColumn('Ready', 'numberReady'),
    statusColumn('Up-to-date', 'updatedNumberScheduled'),
    statusColumn('Available', 'numberAvailable'),
    column('Node Selector', field('core.v1.PodSpec', 'nodeSelector'), ({ spec }) =>
      formatLabelMap(spec?.template?.spec?.nodeSelector),
    ),
    ageColumn(),
    ...templateColumns<Draft<DaemonSet>>((object) => object.spec?.template),
    selectorColumn(SELECTOR_DESCRIPTION, ({ spec }) => spec?.selector),
  ],
})

const templateGeneration = (object: DaemonSet): number =>
  Number(object.metadata?.annotations?.[GENERATION_ANNOTATION] ?? 0)

function setTemplateGeneration(draft: Draft<DaemonSet>, generation: number): void {
  if (!draft.metadata) return
  draft.metadata.annotations = { ...draft.metadata.annotations, [GENERATION_ANNOTATION]: String(generation) }
}

function defaults(draft: Draft<DaemonSet>): void {
  refuseBadGeneration(draft)
  if (draft.metadata?.annotations?.[GENERATION_ANNOTATION] === undefined) setTemplateGeneration(draft, 0)
  const { spec } = draft
  if (!spec) return
  spec.updateStrategy ??= {}
  const strategy = spec.updateStrategy
  strategy.type ||= 'RollingUpdate'
  if (strategy.type === 'RollingUpdate') {
    strategy.rollingUpdate = { maxUnavailable: 1, maxSurge: 0, ...strategy.rollingUpdate }
  }
  spec.revisionHistoryLimit ??= 10
  defaultPodTemplate(spec.template)
}

/** The annotation is a number or no DaemonSet can be made of it. */
function refuseBadGeneration({ metadata }: DaemonSet): void {
  const text = metadata?.annotations?.[GENERATION_ANNOTATION]
  if (text === undefined || /^[+-]?[0-9]+$/.test(text)) return
  const reason = `strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax`
  throw badRequest(`DaemonSet in version "v1" cannot be handled as a DaemonSet: ${reason}`)
}

const hasInvalidValue = (selector: LabelSelector | undefined): boolean =>
  (selector?.matchExpressions ?? []).some(({ values }) =>
    (values ?? []).some((value) => isLabelValue(value).length > 0),
  )

function* validateSpec(object: DaemonSet, old: DaemonSet | undefined): FieldErrors {
  const { spec } = object
  if (!spec) return
  const path = SPEC.child('selector')
  const allowInvalidValues = hasInvalidValue(old?.spec?.selector)
  yield* validateLabelSelector(spec.selector, path, { allowInvalidValues })
  yield* matchingTemplate(spec, TEMPLATE)
  const { matchLabels = {}, matchExpressions = [] } = spec.selector ?? {}
  if (spec.selector && Object.keys(matchLabels).length + matchExpressions.length === 0) {
    yield invalid(path, spec.selector, 'empty selector is invalid for daemonset')
  }
  yield* validateTemplate(spec.template, old, TEMPLATE)
  yield* lastingTemplate(spec.template, 'DaemonSet', TEMPLATE)
  yield* nonnegative(SPEC.child('minReadySeconds'), spec.minReadySeconds)
  yield* nonnegative(SPEC.child('templateGeneration'), templateGeneration(object))
  yield* validateStrategy(spec.updateStrategy ?? {}, SPEC.child('updateStrategy'))
  yield* nonnegative(SPEC.child('revisionHistoryLimit'), spec.revisionHistoryLimit)
}

function* validateStrategy(strategy: DaemonSetUpdateStrategy, path: Path): FieldErrors {
  const { type, rollingUpdate } = strategy
  if (type === 'OnDelete') return
  if (type !== 'RollingUpdate') {
    const shown = internalForm('DaemonSetUpdateStrategy', strategy)
    yield notSupportedInOrder(path, shown, ['RollingUpdate', 'OnDelete'])
  } else if (!rollingUpdate) yield required(path.child('rollingUpdate'))
  else yield* validateRollingUpdate(rollingUpdate, path.child('rollingUpdate'))
}

function* validateRollingUpdate(update: RollingUpdateDaemonSet, path: Path): FieldErrors {
  const { maxUnavailable, maxSurge } = update
  const unavailablePath = path.child('maxUnavailable')
  const surgePath = path.child('maxSurge')
  yield* intOrPercent(unavailablePath, maxUnavailable)
  yield* intOrPercent(surgePath, maxSurge)
  yield* atMost100Percent(unavailablePath, maxUnavailable)
  yield* atMost100Percent(surgePath, maxSurge)
  const hasUnavailable = countOf(maxUnavailable) !== 0
  const hasSurge = countOf(maxSurge) !== 0
  if (hasUnavailable && hasSurge) {
    yield invalid(surgePath, maxSurge, 'may not be set when maxUnavailable is non-zero')
  } else if (!hasUnavailable && !hasSurge) yield required(unavailablePath, 'cannot be 0 when maxSurge is 0')
}
