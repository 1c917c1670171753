// Metrics as v1 has them: only CPU has a field there, the others travel as JSON in annotations, in an older form.
//
// Upstream: pkg/apis/autoscaling/v1/conversion.go

import type { JsonObject } from '#api/meta/object.ts'
import { parseQuantity } from '#api/meta/quantity.ts'
import type {
  MetricIdentifier,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '#api/types/autoscaling.ts'

type Fields = Readonly<Record<string, unknown>>

/** Of a metric that was found in an annotation, nothing can be taken for granted. */
const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Leaves out what is not there, as `omitempty` does. */
const present = (fields: Fields): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const referenceOf = (value: unknown): Fields => {
  const { kind, name, apiVersion } = fieldsOf(value)
  return present({ kind: textOf(kind), name: textOf(name), apiVersion: textOf(apiVersion) || undefined })
}

const identifier = (name: unknown, selector: unknown): MetricIdentifier =>
  present({ name: textOf(name), selector }) as unknown as MetricIdentifier

/** A metric of v2 as JSON of v1; fields in Go's order. */
export function toV1Metric({
  type,
  object,
  pods,
  resource,
  containerResource,
  external,
}: MetricSpec): JsonObject {
  return present({
    type,
    object: object && {
      target: referenceOf(object.describedObject),
      metricName: object.metric.name,
      targetValue: object.target.value ?? '0',
      ...present({ selector: object.metric.selector, averageValue: object.target.averageValue }),
    },
    pods: pods && {
      metricName: pods.metric.name,
      targetAverageValue: pods.target.averageValue ?? '0',
      ...present({ selector: pods.metric.selector }),
    },
    resource: resource && { name: resource.name, ...resourceTarget(resource.target) },
    containerResource: containerResource && {
      name: containerResource.name,
      ...resourceTarget(containerResource.target),
      container: containerResource.container,
    },
    external:
      external &&
      present({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        targetValue: external.target.value,
        targetAverageValue: external.target.averageValue,
      }),
  })
}

const resourceTarget = ({ averageUtilization, averageValue }: MetricTarget): JsonObject =>
  present({ targetAverageUtilization: averageUtilization, targetAverageValue: averageValue })

/** A metric of v1, from an annotation, in the form of v2. */
export function fromV1Metric(value: unknown): MetricSpec {
  const { type, object, pods, resource, containerResource, external } = fieldsOf(value)
  return present({
    type: textOf(type),
    object: object && fromV1Object(fieldsOf(object)),
    pods: pods && {
      metric: identifier(fieldsOf(pods)['metricName'], fieldsOf(pods)['selector']),
      target: { type: 'AverageValue', averageValue: fieldsOf(pods)['targetAverageValue'] ?? '0' },
    },
    resource: resource && {
      name: textOf(fieldsOf(resource)['name']),
      target: fromV1Target(fieldsOf(resource)),
    },
    containerResource: containerResource && {
      name: textOf(fieldsOf(containerResource)['name']),
      target: fromV1Target(fieldsOf(containerResource)),
      container: textOf(fieldsOf(containerResource)['container']),
    },
    external: external && fromV1External(fieldsOf(external)),
  }) as unknown as MetricSpec
}

function fromV1Object({ target, metricName, targetValue, selector, averageValue }: Fields): JsonObject {
  const value = textOf(targetValue) || '0'
  const isZero = parseQuantity(value).mantissa === 0n
  return {
    describedObject: referenceOf(target),
    target: present({
      type: averageValue === undefined ? 'Value' : 'AverageValue',
      value: averageValue === undefined || !isZero ? value : undefined,
      averageValue,
    }),
    metric: identifier(metricName, selector),
  }
}

const fromV1Target = ({ targetAverageUtilization, targetAverageValue }: Fields): JsonObject =>
  present({
    type: targetAverageUtilization === undefined ? 'AverageValue' : 'Utilization',
    averageValue: targetAverageValue,
    averageUtilization: targetAverageUtilization,
  })

const fromV1External = ({
  metricName,
  metricSelector,
  targetValue,
  targetAverageValue,
}: Fields): JsonObject => ({
  metric: identifier(metricName, metricSelector),
  target: present({
    type: targetValue === undefined ? 'AverageValue' : 'Value',
    value: targetValue,
    averageValue: targetAverageValue,
  }),
})

/** What was measured, as JSON of v1. */
export function toV1Status(status: MetricStatus): JsonObject {
  const { type, object, pods, resource, containerResource, external } = status
  return present({
    type,
    object: object && {
      target: referenceOf(object.describedObject),
      metricName: object.metric.name,
      currentValue: object.current.value ?? '0',
      ...present({ selector: object.metric.selector, averageValue: object.current.averageValue }),
    },
    pods: pods && {
      metricName: pods.metric.name,
      currentAverageValue: pods.current.averageValue ?? '0',
      ...present({ selector: pods.metric.selector }),
    },
    resource: resource && { name: resource.name, ...resourceCurrent(resource.current) },
    containerResource: containerResource && {
      name: containerResource.name,
      ...resourceCurrent(containerResource.current),
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric.name,
      ...present({ metricSelector: external.metric.selector }),
      currentValue: external.current.value ?? '0',
      ...present({ currentAverageValue: external.current.averageValue }),
    },
  })
}

const resourceCurrent = ({ averageUtilization, averageValue }: MetricValueStatus): JsonObject => ({
  ...present({ currentAverageUtilization: averageUtilization }),
  currentAverageValue: averageValue ?? '0',
})

export function fromV1Status(value: unknown): MetricStatus {
  const { type, object, pods, resource, containerResource, external } = fieldsOf(value)
  const current = (fields: Fields, ...names: readonly [value?: string, average?: string]): JsonObject =>
    present({
      value: names[0] === undefined ? undefined : (fields[names[0]] ?? '0'),
      averageValue: names[1] === undefined ? undefined : fields[names[1]],
      averageUtilization: fields['currentAverageUtilization'],
    })
  const named = (fields: Fields): MetricIdentifier =>
    identifier(fields['metricName'], fields['selector'] ?? fields['metricSelector'])
  const whole = (source: unknown): JsonObject => {
    const fields = fieldsOf(source)
    return present({
      name: textOf(fields['name']),
      current: current({ currentAverageValue: '0', ...fields }, undefined, 'currentAverageValue'),
      container: fields['container'],
    })
  }
  return present({
    type: textOf(type),
    object: object && {
      metric: named(fieldsOf(object)),
      current: current(fieldsOf(object), 'currentValue', 'averageValue'),
      describedObject: referenceOf(fieldsOf(object)['target']),
    },
    pods: pods && {
      metric: named(fieldsOf(pods)),
      current: current({ currentAverageValue: '0', ...fieldsOf(pods) }, undefined, 'currentAverageValue'),
    },
    resource: resource && whole(resource),
    containerResource: containerResource && whole(containerResource),
    external: external && {
      metric: named(fieldsOf(external)),
      current: current(fieldsOf(external), 'currentValue', 'currentAverageValue'),
    },
  }) as unknown as MetricStatus
}
