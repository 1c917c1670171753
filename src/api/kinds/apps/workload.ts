// What all kinds that make pods from a template have in common: selector, template, counts in the status.
//
// Upstream: pkg/apis/apps/validation/validation.go

import { podRules } from '#api/kinds/core/pod/options.ts'
import { validatePodTemplateSpec } from '#api/kinds/core/pod/spec.ts'
import { dropDisabledFields } from '#api/kinds/core/pod/strategy.ts'
import { podTemplateWarnings } from '#api/kinds/core/pod/warnings.ts'
import { forbidden, invalid, notSupported, Path, required } from '#api/meta/field-error.ts'
import { percentOf } from '#api/meta/int-or-string.ts'
import { isDNS1123Label } from '#api/meta/names.ts'
import { matchesLabels, type Selector, selectorOf } from '#api/meta/selectors.ts'
import { type FieldErrors, nonnegative, validateLabelSelector } from '#api/meta/validation.ts'
import { isPercentage } from '#api/meta/validation-formats.ts'
import type { PodTemplateSpec } from '#api/types/core.ts'
import type { LabelSelector } from '#api/types/meta.ts'
import type { Draft } from '#api/types/wire.ts'

export const TEMPLATE = new Path('spec').child('template')

interface WithTemplate {
  readonly spec?: { readonly template?: PodTemplateSpec }
}

/** The selector that says which pods belong to a workload; undefined when it is none at all. */
export function parsedSelector(selector: LabelSelector | undefined): Selector | undefined {
  try {
    return selectorOf(selector ?? undefined)
  } catch {
    return undefined
  }
}

const isEmpty = (selector: LabelSelector): boolean =>
  Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0

/** A selector that is required, well formed and selects something; `kind` is how the error calls the workload. */
export function* requiredSelector(
  selector: LabelSelector | undefined,
  kind: string,
  path: Path,
): FieldErrors {
  if (!selector) {
    yield required(path)
    return
  }
  yield* validateLabelSelector(selector, path)
  if (isEmpty(selector)) yield invalid(path, selector, `empty selector is invalid for ${kind}`)
}

/** The pods of the template are among those that the selector finds. */
export function* selectedTemplate(
  template: PodTemplateSpec | undefined,
  selector: Selector,
  path: Path,
): FieldErrors {
  if (selector.requirements.length === 0 && !selector.matchesNothing) return
  const labels = template?.metadata?.labels
  if (matchesLabels(selector, labels)) return
  yield invalid(path.child('metadata', 'labels'), labels, '`selector` does not match template `labels`')
}

/** The same where a selector that says nothing, or none at all, matches by its own rules. */
export function* matchingTemplate(
  { selector: object, template }: { readonly selector?: LabelSelector; readonly template?: PodTemplateSpec },
  path: Path,
): FieldErrors {
  const selector = parsedSelector(object)
  const labels = template?.metadata?.labels
  if (!selector || matchesLabels(selector, labels)) return
  yield invalid(path.child('metadata', 'labels'), labels, '`selector` does not match template `labels`')
}

/** Pods that are to run for ever. */
export function* lastingTemplate(
  template: PodTemplateSpec | undefined,
  kind: string,
  path: Path,
): FieldErrors {
  const { restartPolicy, activeDeadlineSeconds } = template?.spec ?? {}
  if (restartPolicy !== 'Always') {
    yield notSupported(path.child('spec', 'restartPolicy'), restartPolicy ?? '', ['Always'])
  }
  if (activeDeadlineSeconds !== undefined) {
    const text = `activeDeadlineSeconds in ${kind} is not Supported`
    yield forbidden(path.child('spec', 'activeDeadlineSeconds'), text)
  }
}

/** Selector and template of a ReplicaSet, also within a Deployment. */
export function* replicaSetTemplate(
  spec: { readonly selector?: LabelSelector; readonly template?: PodTemplateSpec } | undefined,
  old: WithTemplate | undefined,
): FieldErrors {
  const path = new Path('spec').child('selector')
  const selector = parsedSelector(spec?.selector)
  if (!selector) {
    yield invalid(path, spec?.selector, 'invalid label selector')
    return
  }
  yield* selectedTemplate(spec?.template, selector, TEMPLATE)
  yield* validateTemplate(spec?.template, old, TEMPLATE)
  yield* lastingTemplate(spec?.template, 'ReplicaSet', TEMPLATE)
}

/** The template, with the leniency that the old one has earned. */
export const validateTemplate = (
  template: PodTemplateSpec | undefined,
  old: WithTemplate | undefined,
  path: Path,
): FieldErrors =>
  validatePodTemplateSpec(template ?? {}, path, podRules(old && (old.spec?.template ?? {}), false))

/** Fields of the template that are off by default. */
export function dropDisabledTemplateFields(
  template: Draft<PodTemplateSpec> | undefined,
  old: PodTemplateSpec | undefined,
): void {
  if (template?.spec) dropDisabledFields(template.spec, old?.spec)
}

export function* nameWarnings(name: string | undefined): Generator<string> {
  const reasons = isDNS1123Label(name ?? '')
  if (reasons.length === 0) return
  yield `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${reasons.join(' ')}]`
}

/** Warnings about the template of a new workload, which also names its pods. */
export const newWorkloadWarnings = (object: WithTemplate & { metadata?: { name?: string } }): string[] => [
  ...nameWarnings(object.metadata?.name),
  ...podTemplateWarnings(object.spec?.template, TEMPLATE),
]

/** Warnings about a template that has changed. */
export function changedWorkloadWarnings(
  object: WithTemplate & { metadata?: { generation?: number } },
  old: { metadata?: { generation?: number } },
): string[] {
  if (object.metadata?.generation === old.metadata?.generation) return []
  return [...podTemplateWarnings(object.spec?.template, TEMPLATE)]
}

/** Each of the named numbers is not negative. */
export function* nonnegativeFields(object: object, path: Path, names: readonly string[]): FieldErrors {
  for (const name of names) yield* nonnegative(path.child(name), (object as Record<string, number>)[name])
}

/** `[smaller, greater, what is said]`: no status counts more ready pods than pods. */
export function* ordered(
  status: object,
  path: Path,
  rules: readonly (readonly [smaller: string, greater: string, text: string])[],
): FieldErrors {
  const counts = status as Record<string, number>
  for (const [smaller, greater, text] of rules) {
    if ((counts[smaller] ?? 0) > (counts[greater] ?? 0))
      yield invalid(path.child(smaller), counts[smaller] ?? 0, text)
  }
}

/** A count of collisions only grows. */
export function* notDecremented(
  status: { readonly collisionCount?: number } | undefined,
  old: { readonly collisionCount?: number } | undefined,
): FieldErrors {
  const before = old?.collisionCount
  const after = status?.collisionCount
  if (before === undefined || (after !== undefined && after >= before)) return
  yield invalid(new Path('status').child('collisionCount'), after ?? 0, 'cannot be decremented')
}

/** A number, or a share of the whole. */
export function* intOrPercent(path: Path, value: number | string | undefined): FieldErrors {
  if (typeof value !== 'string') yield* nonnegative(path, value)
  else for (const reason of isPercentage(value)) yield invalid(path, value, reason)
}

export function* atMost100Percent(path: Path, value: number | string | undefined): FieldErrors {
  if ((percentOf(value ?? 0) ?? 0) > 100) yield invalid(path, value, 'must not be greater than 100%')
}

/** The number, or the number of percent; 0 for what is neither. */
export const countOf = (value: number | string | undefined): number => {
  if (typeof value !== 'string') return value ?? 0
  return percentOf(value) ?? (Number.parseInt(value, 10) || 0)
}
