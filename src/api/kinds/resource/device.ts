// One device in a slice, and the counters that devices share.
//
// Upstream: validateDevice in pkg/apis/resource/validation/validation.go
// Left out: lists as values of attributes and resources of nodes, which are switched off by default

import { nodeSelector } from '#api/kinds/core/pod/affinity.ts'
import { validateBinding } from '#api/kinds/resource/binding.ts'
import { TAINT_EFFECTS } from '#api/kinds/resource/device-claim.ts'
import { boundedList, boundedSet, judgedMap } from '#api/kinds/resource/lists.ts'
import { labelValue, qualifiedAttribute } from '#api/kinds/resource/names.ts'
import { validateRequestPolicy } from '#api/kinds/resource/request-policy.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { forbidden, invalid, type Path, required, tooLong, tooMany } from '#api/meta/field-error.ts'
import { dnsLabel, dnsSubdomain, type FieldErrors, oneOf, qualifiedName } from '#api/meta/validation.ts'
import type {
  CounterSet,
  Device,
  DeviceAttribute,
  DeviceCapacity,
  DeviceCounterConsumption,
  DeviceTaint,
} from '#api/types/resource.ts'

const MAX_ATTRIBUTES = 32
const MAX_VALUE = 64
const MAX_TAINTS = 16
const MAX_CONSUMPTIONS = 2
const MAX_COUNTERS = 32
const LONGEST_LABEL = 63
/** A domain, a slash and an identifier. */
const LONGEST_NAME = 63 + 1 + 32
const NUMBER = '(0|[1-9]\\d*)'
const PRE_RELEASE = '(0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)'
const BUILD = '[0-9a-zA-Z-]+'
const SEMVER = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(-${PRE_RELEASE}(\\.${PRE_RELEASE})*)?(\\+${BUILD}(\\.${BUILD})*)?$`,
)

export function* validateDevice(
  device: Device,
  old: Device | undefined,
  path: Path,
  selectsNodes: boolean,
): FieldErrors {
  const { attributes = {}, capacity = {} } = device
  yield* dnsLabel(path.child('name'), device.name ?? '')
  const total = Object.keys(attributes).length + Object.keys(capacity).length
  if (total > MAX_ATTRIBUTES) {
    const text = `the total number of attributes and capacities must not exceed ${MAX_ATTRIBUTES}`
    yield invalid(path, total, text)
  }
  yield* judgedMap(attributes, LONGEST_NAME, path.child('attributes'), qualifiedAttribute, attribute)
  const isShared = device.allowMultipleAllocations ?? false
  yield* judgedMap(capacity, LONGEST_NAME, path.child('capacity'), qualifiedAttribute, (item, at) =>
    capacityPolicy(item, isShared, at),
  )
  if (!old || !semanticEqual(old.taints, device.taints)) {
    yield* boundedList(device.taints, MAX_TAINTS, path.child('taints'), taint)
  }
  const keyOf = ({ counterSet }: DeviceCounterConsumption): string => counterSet ?? ''
  const { consumesCounters } = device
  yield* boundedSet(consumesCounters, MAX_CONSUMPTIONS, path.child('consumesCounters'), keyOf, consumption)
  yield* nodesOf(device, path, selectsNodes)
  yield* validateBinding(device, path)
}

function* attribute(item: DeviceAttribute, path: Path): FieldErrors {
  const { string, version } = item
  if (string !== undefined) yield* short(string, path.child('string'))
  if (version !== undefined) {
    const at = path.child('version')
    if (!SEMVER.test(version)) {
      yield invalid(at, version, 'must be a string compatible with semver.org spec 2.0.0')
    }
    yield* short(version, at)
  }
  const count = [item.bool, item.int, string, version].filter((value) => value !== undefined).length
  if (count !== 1) yield invalid(path, count === 0 ? '' : item, 'exactly one value must be specified')
}

function* short(value: string, path: Path): FieldErrors {
  if (Buffer.byteLength(value) > MAX_VALUE) yield tooLong(path, MAX_VALUE)
}

function* capacityPolicy(
  { value, requestPolicy }: DeviceCapacity,
  isShared: boolean,
  path: Path,
): FieldErrors {
  if (!requestPolicy) return
  const at = path.child('requestPolicy')
  if (isShared) yield* validateRequestPolicy(value ?? '0', requestPolicy, at)
  else yield forbidden(at, 'allowMultipleAllocations must be true')
}

function* taint({ key = '', value, effect }: DeviceTaint, path: Path): FieldErrors {
  yield* qualifiedName(path.child('key'), key)
  if (value) yield* labelValue(value, path.child('value'))
  if (!effect) yield required(path.child('effect'))
  else yield* oneOf(path.child('effect'), effect, TAINT_EFFECTS)
}

function* consumption({ counterSet, counters }: DeviceCounterConsumption, path: Path): FieldErrors {
  yield* counterName(counterSet, path.child('counterSet'))
  yield* validateCounters(counters, path.child('counters'))
}

export function* validateCounterSet({ name, counters }: CounterSet, path: Path): FieldErrors {
  yield* counterName(name, path.child('name'))
  yield* validateCounters(counters, path.child('counters'))
}

function* counterName(name: string | undefined, path: Path): FieldErrors {
  if (name) yield* dnsLabel(path, name)
  else yield required(path)
}

function* validateCounters(counters: Readonly<Record<string, unknown>> | undefined, path: Path): FieldErrors {
  const count = Object.keys(counters ?? {}).length
  if (count === 0) yield required(path)
  else if (count > MAX_COUNTERS) yield tooMany(path, count, MAX_COUNTERS)
  else {
    const judgeKey = (name: string, at: Path): FieldErrors => dnsLabel(at, name)
    yield* judgedMap(counters, LONGEST_LABEL, path, judgeKey, nothing)
  }
}

function* nothing(): FieldErrors {}

const ONE_OF =
  'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec'

function* nodesOf(
  { nodeName, nodeSelector: selector, allNodes }: Device,
  path: Path,
  selectsNodes: boolean,
): FieldErrors {
  if (!selectsNodes) {
    if (nodeName === undefined && !selector && allNodes === undefined) return
    const text =
      '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec'
    yield invalid(path, null, text)
    return
  }
  if (nodeName) yield* dnsSubdomain(path.child('nodeName'), nodeName)
  else if (nodeName !== undefined) yield invalid(path.child('nodeName'), nodeName, 'must not be empty')
  if (selector) yield* nodeSelector(selector, path.child('nodeSelector'))
  if (allNodes === false) {
    yield invalid(path.child('allNodes'), allNodes, 'must be either unset or set to true')
  }
  const set = [nodeName && '`nodeName`', selector && '`nodeSelector`', allNodes && '`allNodes`'].filter(
    Boolean,
  )
  if (set.length === 0) yield required(path, ONE_OF)
  if (set.length > 1) yield invalid(path, `{${set.join(', ')}}`, ONE_OF)
}
