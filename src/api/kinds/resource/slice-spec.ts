// What a driver offers: whose devices these are, in which pool, on which nodes.
//
// Upstream: validateResourceSliceSpec in pkg/apis/resource/validation/validation.go

import { nodeSelector } from '#api/kinds/core/pod/affinity.ts'
import { csiDriverName } from '#api/kinds/core/pod/volume-sources.ts'
import { internalList } from '#api/kinds/internal-form.ts'
import { validateCounterSet, validateDevice } from '#api/kinds/resource/device.ts'
import { boundedSet } from '#api/kinds/resource/lists.ts'
import { poolName } from '#api/kinds/resource/names.ts'
import { invalid, Path, required } from '#api/meta/field-error.ts'
import { dnsSubdomain, type FieldErrors, immutable, positive } from '#api/meta/validation.ts'
import type { Device, ResourceSliceSpec } from '#api/types/resource.ts'

const SPEC = new Path('spec')
const MAX_DEVICES = 128
/** Of devices that have taints or consume counters, which cost more to look at. */
const MAX_COSTLY_DEVICES = 64
const MAX_COUNTER_SETS = 8
const ONE_OF = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'

type Spec = Partial<ResourceSliceSpec>

export function* validateSliceSpec(spec: Spec, old: Spec | undefined): FieldErrors {
  const { pool, devices = [], sharedCounters } = spec
  const path = SPEC.child('pool')
  yield* csiDriverName(SPEC.child('driver'), spec.driver)
  yield* poolName(pool?.name, path.child('name'))
  yield* positive(path.child('resourceSliceCount'), pool?.resourceSliceCount)
  const generation = pool?.generation ?? 0
  if (generation < 0) {
    yield invalid(path.child('generation'), generation, 'must be greater than or equal to zero')
  }
  if (old) {
    yield* immutable(path.child('name'), pool?.name ?? '', old.pool?.name ?? '')
    yield* immutable(SPEC.child('driver'), spec.driver ?? '', old.driver ?? '')
    yield* immutable(SPEC.child('nodeName'), spec.nodeName, old.nodeName)
  }
  yield* nodesOf(spec)
  if (sharedCounters && spec.devices)
    yield invalid(SPEC, '', 'only one of `sharedCounters` or `devices` is allowed')
  const maximum = devices.some(isCostly) ? MAX_COSTLY_DEVICES : MAX_DEVICES
  const keyOf = ({ name }: { readonly name?: string }): string => name ?? ''
  yield* boundedSet(devices, maximum, SPEC.child('devices'), keyOf, (device, at) => {
    const before = old?.devices?.find(({ name }) => name === device.name)
    return validateDevice(device, before, at, spec.perDeviceNodeSelection ?? false)
  })
  yield* boundedSet(sharedCounters, MAX_COUNTER_SETS, SPEC.child('sharedCounters'), keyOf, validateCounterSet)
}

const isCostly = ({ taints = [], consumesCounters = [] }: Device): boolean =>
  taints.length > 0 || consumesCounters.length > 0

function* nodesOf({ nodeName, nodeSelector: selector, ...spec }: Spec): FieldErrors {
  if (nodeName) yield* dnsSubdomain(SPEC.child('nodeName'), nodeName)
  else if (nodeName !== undefined) {
    yield invalid(SPEC.child('nodeName'), nodeName, 'must be either unset or set to a non-empty string')
  }
  if (selector) {
    const path = SPEC.child('nodeSelector')
    yield* nodeSelector(selector, path)
    const terms = selector.nodeSelectorTerms ?? []
    if (terms.length !== 1) {
      const shown = internalList('NodeSelectorTerm', selector.nodeSelectorTerms)
      yield invalid(path.child('nodeSelectorTerms'), shown, 'must have exactly one node selector term')
    }
  }
  const set = [nodeName && 'nodeName', selector && 'nodeSelector'].filter(Boolean)
  for (const name of ['allNodes', 'perDeviceNodeSelection'] as const) {
    if (spec[name]) set.push(name)
    else if (spec[name] === false) {
      yield invalid(SPEC.child(name), false, 'must be either unset or set to true')
    }
  }
  if (set.length === 0) yield required(SPEC, ONE_OF)
  if (set.length > 1) {
    const shown = `{${set.map((name) => `\`${name}\``).join(', ')}}`
    yield invalid(SPEC, shown, `${ONE_OF}, but multiple fields are set`)
  }
}
