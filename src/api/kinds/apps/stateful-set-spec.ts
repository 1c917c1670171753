// Whether a StatefulSet's spec is well formed. An update is judged more mildly: what it may not change, it may keep.
//
// Upstream: ValidateStatefulSetSpec in pkg/apis/apps/validation/validation.go

import {
  atMost100Percent,
  countOf,
  intOrPercent,
  lastingTemplate,
  nonnegativeFields,
  parsedSelector,
  requiredSelector,
  selectedTemplate,
  TEMPLATE,
} from '#api/kinds/apps/workload.ts'
import { claimSpec } from '#api/kinds/core/claim-spec.ts'
import { validatePodAnnotations } from '#api/kinds/core/pod/annotations.ts'
import { type PodRules, podRules } from '#api/kinds/core/pod/options.ts'
import { validatePodTemplateSpec } from '#api/kinds/core/pod/spec.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { invalid, notSupportedInOrder, Path, required } from '#api/meta/field-error.ts'
import { validateAnnotations, validateLabels } from '#api/meta/object-meta-validation.ts'
import { dnsLabel, type FieldErrors, nonnegative } from '#api/meta/validation.ts'
import type { StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy } from '#api/types/apps.ts'
import type { PodTemplateSpec, Volume } from '#api/types/core.ts'

const SPEC = new Path('spec')

interface Leniency {
  readonly isUpdate: boolean
  /** The old template was not valid either. */
  readonly skipTemplate: boolean
}

export function* validateStatefulSetSpec(object: StatefulSet, old: StatefulSet | undefined): FieldErrors {
  const rules = podRules(old && (old.spec?.template ?? {}), false)
  const lenient = { isUpdate: old !== undefined, skipTemplate: false }
  const wasInvalid = old?.spec !== undefined && !validateSpec(old.spec, rules, lenient).next().done
  if (object.spec) yield* validateSpec(object.spec, rules, { ...lenient, skipTemplate: wasInvalid })
}

function* validateSpec(spec: StatefulSetSpec, rules: PodRules, lenient: Leniency): FieldErrors {
  const policy = spec.podManagementPolicy
  const policyPath = SPEC.child('podManagementPolicy')
  if (!policy) yield required(policyPath)
  else if (policy !== 'OrderedReady' && policy !== 'Parallel') {
    yield invalid(policyPath, policy, "must be 'OrderedReady' or 'Parallel'")
  }
  yield* validateStrategy(spec.updateStrategy ?? {}, SPEC.child('updateStrategy'))
  yield* retentionPolicy(spec)
  if (!lenient.isUpdate) {
    for (const [i, claim] of (spec.volumeClaimTemplates ?? []).entries()) {
      yield* claimSpec(claim.spec ?? {}, SPEC.child('volumeClaimTemplates').index(i).child('spec'))
    }
  }
  yield* nonnegativeFields(spec, SPEC, ['replicas', 'minReadySeconds'])
  if (spec.ordinals) yield* nonnegative(SPEC.child('ordinals.start'), spec.ordinals.start)
  if (!lenient.isUpdate && spec.serviceName) yield* dnsLabel(SPEC.child('serviceName'), spec.serviceName)
  yield* requiredSelector(spec.selector, 'statefulset', SPEC.child('selector'))
  const selector = parsedSelector(spec.selector)
  if (!selector) yield invalid(SPEC.child('selector'), spec.selector, '')
  else {
    const template = withClaims(spec)
    yield* selectedTemplate(template, selector, TEMPLATE)
    if (!lenient.skipTemplate) yield* validatePodTemplateSpec(template, TEMPLATE, rules)
    yield* templateMetadata(template, rules)
  }
  yield* lastingTemplate(spec.template, 'StatefulSet', TEMPLATE)
}

/** Labels and annotations are looked at once more than in other workloads. */
function* templateMetadata({ metadata, spec }: PodTemplateSpec, rules: PodRules): FieldErrors {
  yield* validateLabels(metadata?.labels, TEMPLATE.child('labels'))
  const path = TEMPLATE.child('annotations')
  yield* validateAnnotations(metadata?.annotations, path)
  yield* validatePodAnnotations(metadata?.annotations, spec ?? { containers: [] }, path, rules)
}

/** The template as its pods will be: with a volume for each claim, and names that the controller gives. */
function withClaims(spec: StatefulSetSpec): PodTemplateSpec {
  const template = spec.template ?? {}
  const { hostname: _, subdomain: __, ...podSpec } = template.spec ?? { containers: [] }
  const claims = spec.volumeClaimTemplates ?? []
  const volumes: Volume[] = claims.map(({ metadata }) => {
    const name = metadata?.name ?? ''
    return { name, persistentVolumeClaim: { claimName: name } }
  })
  const others = (podSpec.volumes ?? []).filter(({ name }) => !volumes.some((volume) => volume.name === name))
  const unique = new Map(volumes.map((volume) => [volume.name, volume]))
  return { ...template, spec: { ...podSpec, volumes: [...unique.values(), ...others] } }
}

function* validateStrategy(strategy: StatefulSetUpdateStrategy, path: Path): FieldErrors {
  const { type, rollingUpdate } = strategy
  const at = path.child('rollingUpdate')
  if (!type) yield required(path)
  else if (type === 'OnDelete') {
    if (rollingUpdate) {
      const shown = internalForm('RollingUpdateStatefulSetStrategy', rollingUpdate)
      yield invalid(at, shown, "only allowed for updateStrategy 'RollingUpdate'")
    }
  } else if (type !== 'RollingUpdate') {
    const shown = internalForm('StatefulSetUpdateStrategy', strategy)
    yield invalid(path, shown, "must be 'RollingUpdate' or 'OnDelete'")
  } else if (rollingUpdate) {
    yield* nonnegative(at.child('partition'), rollingUpdate.partition)
    const { maxUnavailable } = rollingUpdate
    if (maxUnavailable === undefined) return
    const maxPath = at.child('maxUnavailable')
    yield* intOrPercent(maxPath, maxUnavailable)
    if (countOf(maxUnavailable) === 0) yield invalid(maxPath, maxUnavailable, 'cannot be 0')
    yield* atMost100Percent(maxPath, maxUnavailable)
  }
}

function* retentionPolicy(spec: StatefulSetSpec): FieldErrors {
  const policy = spec.persistentVolumeClaimRetentionPolicy
  if (!policy) return
  for (const name of ['whenDeleted', 'whenScaled'] as const) {
    const value = policy[name] ?? ''
    if (value === 'Retain' || value === 'Delete') continue
    const path = SPEC.child('persistentVolumeClaimRetentionPolicy').child(name)
    yield notSupportedInOrder(path, value, ['Retain', 'Delete'])
  }
}
