// What an autoscaler may measure: one source a metric, with a target that fits it.
//
// Upstream: validateMetrics in pkg/apis/autoscaling/validation/validation.go

import { containerResourceName } from '#api/kinds/core/resource-names.ts'
import { forbidden, invalid, notSupported, type Path, required } from '#api/meta/field-error.ts'
import { isPathSegmentName } from '#api/meta/names.ts'
import { parseQuantity } from '#api/meta/quantity.ts'
import { dnsLabel, each, type FieldErrors } from '#api/meta/validation.ts'
import type {
  CrossVersionObjectReference,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
} from '#api/types/autoscaling.ts'

/** Go's order of judging, and the type that each source belongs to. */
const SOURCES = {
  object: 'Object',
  external: 'External',
  pods: 'Pods',
  resource: 'Resource',
  containerResource: 'ContainerResource',
} as const
type Source = keyof typeof SOURCES
const SOURCE_NAMES = Object.keys(SOURCES) as Source[]
const SOURCE_TYPES: readonly string[] = Object.values(SOURCES)
const TARGET_TYPES = ['Utilization', 'Value', 'AverageValue']

export interface ReferenceRules {
  readonly allowEmptyGroup: boolean
  /** An object that was stored with one keeps it. */
  readonly allowInvalidVersion: boolean
}

export function* validateReference(
  reference: CrossVersionObjectReference,
  path: Path,
  rules: ReferenceRules,
): FieldErrors {
  for (const name of ['kind', 'name'] as const) {
    const value = reference?.[name]
    if (value) yield* each(path.child(name), value, isPathSegmentName(value))
    else yield required(path.child(name))
  }
  const problem = versionProblem(reference?.apiVersion ?? '', rules)
  if (problem !== undefined) yield invalid(path.child('apiVersion'), reference?.apiVersion ?? '', problem)
}

export function versionProblem(apiVersion: string, rules: ReferenceRules): string | undefined {
  if (rules.allowInvalidVersion) return undefined
  const slashes = apiVersion.split('/').length - 1
  if (slashes > 1) return `unexpected GroupVersion string: ${apiVersion}`
  const hasGroup = slashes === 1 && !apiVersion.startsWith('/')
  return rules.allowEmptyGroup || hasGroup ? undefined : 'apiVersion must specify API group'
}

export function* validateMetrics(
  metrics: readonly MetricSpec[],
  path: Path,
  minReplicas: number | undefined,
  rules: ReferenceRules,
): FieldErrors {
  for (const [i, metric] of metrics.entries()) yield* validateMetric(metric, path.index(i), rules)
  const isFromOutside = ({ type }: MetricSpec): boolean => type === 'Object' || type === 'External'
  if (minReplicas === 0 && !metrics.some(isFromOutside)) {
    const text = 'must specify at least one Object or External metric to support scaling to zero replicas'
    yield forbidden(path, text)
  }
}

function* validateMetric(metric: MetricSpec, path: Path, rules: ReferenceRules): FieldErrors {
  const { type } = metric
  if (!type) yield required(path.child('type'), 'must specify a metric source type')
  if (!SOURCE_TYPES.includes(type)) yield notSupported(path.child('type'), type ?? '', SOURCE_TYPES)
  const given = SOURCE_NAMES.filter((name) => metric[name])
  if (given[0]) yield* validateSource(metric, given[0], path.child(given[0]), rules)
  const expected = SOURCE_NAMES.find((name) => SOURCES[name] === type)
  if (!expected) yield notSupported(path.child('type'), type ?? '', SOURCE_TYPES)
  else if (!metric[expected]) {
    yield required(path.child(expected), 'must populate information for the given metric source')
  }
  if (given.length === 1) return
  for (const name of given) {
    if (name !== expected) yield forbidden(path.child(name), 'must populate the given metric source only')
  }
}

function* validateSource(metric: MetricSpec, source: Source, path: Path, rules: ReferenceRules): FieldErrors {
  const target = metric[source]!.target ?? { type: '' }
  const at = path.child('target')
  if (source === 'object')
    yield* validateReference(metric.object!.describedObject, path.child('describedObject'), rules)
  if (source === 'object' || source === 'external' || source === 'pods') {
    yield* validateIdentifier(metric[source]!.metric, path.child('metric'))
  } else yield* validateResourceName(metric, source, path)
  yield* validateTarget(target, at)
  const has = (name: 'value' | 'averageValue' | 'averageUtilization'): boolean => target[name] !== undefined
  switch (source) {
    case 'object':
      if (!has('value') && !has('averageValue')) {
        yield required(at.child('averageValue'), 'must set either a target value or averageValue')
      }
      break
    case 'external':
      if (!has('value') && !has('averageValue')) {
        const text = 'must set either a target value for metric or a per-pod target'
        yield required(at.child('averageValue'), text)
      } else if (has('value') && has('averageValue')) {
        yield forbidden(at.child('value'), 'may not set both a target value for metric and a per-pod target')
      }
      break
    case 'pods':
      if (!has('averageValue')) {
        yield required(at.child('averageValue'), 'must specify a positive target averageValue')
      }
      break
    default:
      if (!has('averageUtilization') && !has('averageValue')) {
        const text = 'must set either a target raw value or a target utilization'
        yield required(at.child('averageUtilization'), text)
      } else if (has('averageUtilization') && has('averageValue')) {
        const text = 'may not set both a target raw value and a target utilization'
        yield forbidden(at.child('averageValue'), text)
      }
  }
}

function* validateResourceName(
  metric: MetricSpec,
  source: 'resource' | 'containerResource',
  path: Path,
): FieldErrors {
  const { name } = metric[source]!
  if (!name) yield required(path.child('name'), 'must specify a resource name')
  else if (source === 'containerResource') yield* containerResourceName(path.child('name'), name)
  if (source === 'resource') return
  const { container } = metric.containerResource!
  if (container) yield* dnsLabel(path.child('container'), container)
  else yield required(path.child('container'), 'must specify a container')
}

function* validateTarget(target: MetricTarget, path: Path): FieldErrors {
  if (!target.type) yield required(path.child('type'), 'must specify a metric target type')
  if (!TARGET_TYPES.includes(target.type)) {
    yield invalid(path.child('type'), target.type ?? '', 'must be either Utilization, Value, or AverageValue')
  }
  for (const name of ['value', 'averageValue'] as const) {
    const amount = target[name]
    if (amount !== undefined && parseQuantity(amount).mantissa <= 0n) {
      yield invalid(path.child(name), amount, 'must be positive')
    }
  }
  const utilization = target.averageUtilization
  if (utilization !== undefined && utilization < 1) {
    yield invalid(path.child('averageUtilization'), utilization, 'must be greater than 0')
  }
}

function* validateIdentifier(metric: MetricIdentifier, path: Path): FieldErrors {
  const name = metric?.name
  if (name) yield* each(path.child('name'), name, isPathSegmentName(name))
  else yield required(path.child('name'), 'must specify a metric name')
}
