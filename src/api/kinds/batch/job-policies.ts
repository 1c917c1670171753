// The two policies of a Job: which failures of pods count, and which successes are enough.
//
// Upstream: validatePodFailurePolicy, validateSuccessPolicy in pkg/apis/batch/validation/validation.go

import { countIndexes } from '#api/kinds/batch/index-list.ts'
import {
  duplicate,
  goQuote,
  invalid,
  invalidWithoutValue,
  notSupported,
  type Path,
  required,
  tooLong,
  tooMany,
} from '#api/meta/field-error.ts'
import { type FieldErrors, nonnegative, oneOf, qualifiedName } from '#api/meta/validation.ts'
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from '#api/types/batch.ts'

const MAX_RULES = 20
const MAX_EXIT_CODES = 255
const MAX_CONDITIONS = 20
const MAX_INDEXES_LENGTH = 64 * 1024

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const OPERATORS = ['In', 'NotIn']
const CONDITION_STATES = ['False', 'True', 'Unknown']

export function* podFailurePolicy(spec: JobSpec, path: Path): FieldErrors {
  const rules = spec.podFailurePolicy?.rules ?? []
  const at = path.child('rules')
  if (rules.length > MAX_RULES) yield tooMany(at, rules.length, MAX_RULES)
  for (const [i, rule] of rules.entries()) yield* failureRule(spec, rule, at.index(i))
}

function* failureRule(spec: JobSpec, rule: PodFailurePolicyRule, path: Path): FieldErrors {
  const conditions = rule.onPodConditions ?? []
  if (rule.action === 'FailIndex') {
    if (spec.backoffLimitPerIndex === undefined) {
      yield invalid(path.child('action'), rule.action, 'requires the backoffLimitPerIndex to be set')
    }
  } else yield* oneOfOrRequired(path.child('action'), rule.action, ACTIONS)
  if (rule.onExitCodes) yield* exitCodes(spec, rule.onExitCodes, path.child('onExitCodes'))
  yield* podConditions(conditions, path.child('onPodConditions'))
  if (rule.onExitCodes && conditions.length > 0) {
    yield invalidWithoutValue(path, 'specifying both OnExitCodes and OnPodConditions is not supported')
  }
  if (!rule.onExitCodes && conditions.length === 0) {
    yield invalidWithoutValue(path, 'specifying one of OnExitCodes and OnPodConditions is required')
  }
}

/** One of a closed set; what the set is, is told also where nothing is given. */
function* oneOfOrRequired(path: Path, value: string | undefined, values: readonly string[]): FieldErrors {
  if (!value) yield required(path, `valid values: [${values.map(goQuote).join(' ')}]`)
  else yield* oneOf(path, value, values)
}

function* podConditions(
  patterns: readonly PodFailurePolicyOnPodConditionsPattern[],
  path: Path,
): FieldErrors {
  if (patterns.length > MAX_CONDITIONS) yield tooMany(path, patterns.length, MAX_CONDITIONS)
  for (const [i, { type, status }] of patterns.entries()) {
    yield* qualifiedName(path.index(i).child('type'), type ?? '')
    yield* oneOfOrRequired(path.index(i).child('status'), status, CONDITION_STATES)
  }
}

function* exitCodes(
  spec: JobSpec,
  { operator, containerName, values: listed }: PodFailurePolicyOnExitCodesRequirement,
  path: Path,
): FieldErrors {
  yield* oneOfOrRequired(path.child('operator'), operator, OPERATORS)
  const { containers, initContainers } = spec.template?.spec ?? {}
  const isKnown = [...(containers ?? []), ...(initContainers ?? [])].some(
    ({ name }) => name === containerName,
  )
  if (containerName !== undefined && !isKnown) {
    const text = 'must be one of the container or initContainer names in the pod template'
    yield invalid(path.child('containerName'), containerName, text)
  }
  const values = listed ?? []
  const at = path.child('values')
  if (values.length === 0) yield invalid(at, listed, 'at least one value is required')
  else if (values.length > MAX_EXIT_CODES) yield tooMany(at, values.length, MAX_EXIT_CODES)
  for (const [i, value] of values.entries()) {
    if (operator === 'In' && value === 0)
      yield invalid(at.index(i), value, 'must not be 0 for the In operator')
    if (values.indexOf(value) < i) yield duplicate(at.index(i), value)
  }
  if (values.some((value, i) => i > 0 && values[i - 1]! > value)) yield invalid(at, values, 'must be ordered')
}

export function* successPolicy(spec: JobSpec, path: Path): FieldErrors {
  const rules = spec.successPolicy?.rules ?? []
  const at = path.child('rules')
  if (rules.length === 0) {
    yield required(at, 'at least one rules must be specified when the successPolicy is specified')
  }
  if (rules.length > MAX_RULES) yield tooMany(at, rules.length, MAX_RULES)
  for (const [i, rule] of rules.entries()) yield* successRule(rule, spec.completions ?? 0, at.index(i))
}

function* successRule(rule: SuccessPolicyRule, completions: number, path: Path): FieldErrors {
  const { succeededCount: count, succeededIndexes: indexes } = rule
  if (count === undefined && indexes === undefined) {
    yield required(path, 'at least one of succeededCount or succeededIndexes must be specified')
  }
  let total = 0
  if (indexes !== undefined) {
    const at = path.child('succeededIndexes')
    if (Buffer.byteLength(indexes) > MAX_INDEXES_LENGTH) yield tooLong(at, MAX_INDEXES_LENGTH)
    try {
      total = countIndexes(indexes, completions)
    } catch (error) {
      yield invalid(at, indexes, `error parsing succeededIndexes: ${(error as Error).message}`)
    }
  }
  if (count === undefined) return
  const at = path.child('succeededCount')
  const atMost = (limit: number, what: string): string => `must be less than or equal to ${limit} (${what})`
  yield* nonnegative(at, count)
  if (count > completions) {
    yield invalid(at, count, atMost(completions, 'the number of specified completions'))
  }
  if (indexes !== undefined && count > total) {
    const what = 'the number of indexes in the specified succeededIndexes field'
    yield invalid(at, count, atMost(total, what))
  }
}

/** Pods are replaced when they have failed; with a failure policy there is no other way. */
export function* podReplacementPolicy(spec: JobSpec, path: Path): FieldErrors {
  const policy = spec.podReplacementPolicy
  if (policy === undefined) return
  const supported = spec.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed']
  if (!supported.includes(policy)) yield notSupported(path, policy, supported)
}
