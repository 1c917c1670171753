// What of a Job may change: little, and of its template only that of a Job which is suspended and has no pods.
//
// Upstream: ValidateJobSpecUpdate in pkg/apis/batch/validation/validation.go, pkg/registry/batch/job/strategy.go

import { hasCondition } from '#api/kinds/batch/job-conditions.ts'
import { isIndexed } from '#api/kinds/batch/job-spec.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { invalid, Path } from '#api/meta/field-error.ts'
import { type FieldErrors, immutable } from '#api/meta/validation.ts'
import type { Job, JobSpec } from '#api/types/batch.ts'
import type { Container, PodSpec, PodTemplateSpec } from '#api/types/core.ts'

const SPEC = new Path('spec')

export function* jobSpecUpdate(job: Job, old: Job): FieldErrors {
  const { spec } = job
  const before = old.spec
  if (!spec || !before) return
  yield* completions(spec, before)
  yield* immutable(SPEC.child('selector'), spec.selector, before.selector)
  yield* templateUpdate(spec.template ?? {}, old)
  yield* immutable(SPEC.child('completionMode'), spec.completionMode, before.completionMode)
  yield* immutablePolicy('podFailurePolicy', 'PodFailurePolicy', spec, before)
  const perIndex = SPEC.child('backoffLimitPerIndex')
  yield* immutable(perIndex, spec.backoffLimitPerIndex, before.backoffLimitPerIndex)
  yield* immutable(SPEC.child('managedBy'), spec.managedBy, before.managedBy)
  yield* immutablePolicy('successPolicy', 'SuccessPolicy', spec, before)
}

const immutablePolicy = (
  name: 'podFailurePolicy' | 'successPolicy',
  type: string,
  spec: JobSpec,
  old: JobSpec,
): FieldErrors => immutable(SPEC.child(name), spec[name], old[name], internalForm(type, spec[name]))

/** An indexed Job grows and shrinks, all of its pods running at once. */
function* completions(spec: JobSpec, old: JobSpec): FieldErrors {
  const path = SPEC.child('completions')
  if (!isIndexed(spec)) yield* immutable(path, spec.completions, old.completions)
  else if (spec.completions !== undefined && spec.completions !== old.completions) {
    if (spec.completions === spec.parallelism) return
    yield invalid(path, spec.completions, 'can only be modified in tandem with spec.parallelism')
  }
}

function* templateUpdate(template: PodTemplateSpec, old: Job): FieldErrors {
  const { suspend, template: before = {} } = old.spec ?? {}
  const hasNoPods =
    suspend === true &&
    (old.status?.startTime === undefined || hasCondition(old, 'Suspended')) &&
    (old.status?.active ?? 0) === 0
  const allowed = hasNoPods ? withNewScheduling(before, template) : before
  const path = SPEC.child('template')
  if (!hasNoPods) {
    yield* immutable(path, template, allowed, internalForm('PodTemplateSpec', template) as PodTemplateSpec)
    return
  }
  const spec = template.spec ?? { containers: [] }
  const resized = withNewResources(allowed.spec ?? { containers: [] }, spec)
  yield* immutable(path.child('spec'), spec, resized, internalForm('PodSpec', spec) as PodSpec)
}

/** `old` with all that says where pods go as it is in `template`. */
function withNewScheduling(old: PodTemplateSpec, template: PodTemplateSpec): PodTemplateSpec {
  const { nodeSelector, tolerations, schedulingGates, affinity } = template.spec ?? {}
  const {
    nodeSelector: _n,
    tolerations: _t,
    schedulingGates: _s,
    affinity: oldAffinity,
    ...rest
  } = old.spec ?? { containers: [] }
  const { nodeAffinity: _a, ...others } = oldAffinity ?? {}
  const merged = { ...others, ...(affinity?.nodeAffinity && { nodeAffinity: affinity.nodeAffinity }) }
  const hasAffinity = Object.keys(merged).length > 0 || affinity !== undefined
  return {
    ...(template.metadata && { metadata: template.metadata }),
    spec: {
      ...rest,
      ...(nodeSelector && { nodeSelector }),
      ...(tolerations && { tolerations }),
      ...(schedulingGates && { schedulingGates }),
      ...(hasAffinity && { affinity: merged }),
    },
  }
}

function withNewResources(old: PodSpec, spec: PodSpec): PodSpec {
  const { initContainers } = old
  return {
    ...old,
    containers: resized(old.containers ?? [], spec.containers ?? []),
    ...(initContainers && { initContainers: resized(initContainers, spec.initContainers ?? []) }),
  }
}

function resized(old: readonly Container[], containers: readonly Container[]): readonly Container[] {
  if (old.length !== containers.length) return old
  return old.map((container, i) => {
    const { name, resources } = containers[i]!
    if (name !== container.name || semanticEqual(resources, container.resources)) return container
    const { resources: _, ...rest } = container
    return { ...rest, ...(resources && { resources }) }
  })
}
