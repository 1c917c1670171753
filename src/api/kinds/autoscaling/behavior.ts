// How fast an autoscaler may go, up and down.
//
// Upstream: validateBehavior in pkg/apis/autoscaling/validation/validation.go, pkg/apis/autoscaling/v2/defaults.go

import { invalid, notSupported, type Path, required } from '#api/meta/field-error.ts'
import { parseQuantity } from '#api/meta/quantity.ts'
import { type FieldErrors, oneOf } from '#api/meta/validation.ts'
import type {
  HorizontalPodAutoscalerBehavior,
  HPAScalingPolicy,
  HPAScalingRules,
} from '#api/types/autoscaling.ts'
import type { Draft } from '#api/types/wire.ts'

const MAX_PERIOD_SECONDS = 1800
const MAX_WINDOW_SECONDS = 3600
const SELECT_POLICIES = ['Disabled', 'Max', 'Min']
const POLICY_TYPES = ['Percent', 'Pods']

const HUNDRED_PERCENT = { type: 'Percent', value: 100, periodSeconds: 15 }
const FOUR_PODS = { type: 'Pods', value: 4, periodSeconds: 15 }

/** Up at once, twice as many or four more; down as fast as it goes, after the controller's own window. */
export function defaultBehavior(behavior: Draft<HorizontalPodAutoscalerBehavior>): void {
  behavior.scaleUp = {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [{ ...FOUR_PODS }, { ...HUNDRED_PERCENT }],
    ...behavior.scaleUp,
  }
  behavior.scaleDown = { selectPolicy: 'Max', policies: [{ ...HUNDRED_PERCENT }], ...behavior.scaleDown }
}

export function* validateBehavior(
  behavior: HorizontalPodAutoscalerBehavior | undefined,
  path: Path,
): FieldErrors {
  for (const name of ['scaleUp', 'scaleDown'] as const) {
    const rules = behavior?.[name]
    if (rules) yield* validateRules(rules, path.child(name))
  }
}

function* validateRules(rules: HPAScalingRules, path: Path): FieldErrors {
  const { stabilizationWindowSeconds: seconds = 0, selectPolicy, policies, tolerance } = rules
  const window = path.child('stabilizationWindowSeconds')
  if (seconds < 0) yield invalid(window, seconds, 'must be greater than or equal to zero')
  if (seconds > MAX_WINDOW_SECONDS) {
    yield invalid(window, seconds, `must be less than or equal to ${MAX_WINDOW_SECONDS}`)
  }
  if (selectPolicy !== undefined) yield* oneOf(path.child('selectPolicy'), selectPolicy, SELECT_POLICIES)
  if ((policies ?? []).length === 0)
    yield required(path.child('policies'), 'must specify at least one Policy')
  for (const [i, policy] of (policies ?? []).entries()) {
    yield* validatePolicy(policy, path.child('policies').index(i))
  }
  if (tolerance !== undefined && parseQuantity(tolerance).mantissa < 0n) {
    yield invalid(path.child('tolerance'), tolerance, 'must be greater than or equal to 0')
  }
}

function* validatePolicy({ type, value, periodSeconds }: HPAScalingPolicy, path: Path): FieldErrors {
  if (!POLICY_TYPES.includes(type)) yield notSupported(path.child('type'), type ?? '', POLICY_TYPES)
  if (value <= 0) yield invalid(path.child('value'), value, 'must be greater than zero')
  const at = path.child('periodSeconds')
  if (periodSeconds <= 0) yield invalid(at, periodSeconds, 'must be greater than zero')
  if (periodSeconds > MAX_PERIOD_SECONDS) {
    yield invalid(at, periodSeconds, `must be less than or equal to ${MAX_PERIOD_SECONDS}`)
  }
}
