// The status of a claim: which devices it was given, who uses them, and what their drivers report.
//
// Upstream: validateResourceClaimStatusUpdate in pkg/apis/resource/validation/validation.go

import { nodeSelector } from '#api/kinds/core/pod/affinity.ts'
import { csiDriverName } from '#api/kinds/core/pod/volume-sources.ts'
import { validateBinding } from '#api/kinds/resource/binding.ts'
import {
  jsonObject,
  MAX_CONFIGS,
  type RequestNames,
  requestNames,
  requestReference,
  requestReferences,
  validateConfiguration,
} from '#api/kinds/resource/device-claim.ts'
import { boundedList, boundedSet } from '#api/kinds/resource/lists.ts'
import { poolName, shareId } from '#api/kinds/resource/names.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import {
  forbidden,
  invalid,
  invalidWithoutValue,
  Path,
  required,
  tooLong,
  tooMany,
} from '#api/meta/field-error.ts'
import { formatIp, parseIp, parseNetwork } from '#api/meta/ip.ts'
import { dnsLabel, type FieldErrors, immutable, oneOf } from '#api/meta/validation.ts'
import { validateConditions } from '#api/meta/validation-conditions.ts'
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceClaim,
  ResourceClaimConsumerReference,
} from '#api/types/resource.ts'

const STATUS = new Path('status')
const MAX_CONSUMERS = 256
const MAX_RESULTS = 32
const MAX_CONDITIONS = 8
const MAX_DATA = 10 * 1024
const MAX_IPS = 16
const MAX_INTERFACE_NAME = 256
const MAX_HARDWARE_ADDRESS = 128

interface DeviceName {
  readonly driver?: string
  readonly pool?: string
  readonly device?: string
  readonly shareID?: string
}

/** `gpu.example.com/node-a/gpu-0`, and the share of it where it is shared. */
export const deviceId = ({ driver = '', pool = '', device = '', shareID }: DeviceName): string =>
  [driver, pool, device, ...(shareID === undefined ? [] : [shareID])].join('/')

export const allocatedDevices = (claim: ResourceClaim): ReadonlySet<string> =>
  new Set((claim.status?.allocation?.devices?.results ?? []).map(deviceId))

export function* validateClaimStatus(claim: ResourceClaim, old: ResourceClaim): FieldErrors {
  const { reservedFor, devices, allocation } = claim.status ?? {}
  const names = requestNames(claim.spec?.devices)
  const known = allocatedDevices(claim)
  yield* boundedSet(reservedFor, MAX_CONSUMERS, STATUS.child('reservedFor'), ({ uid }) => uid ?? '', consumer)
  yield* boundedSet(devices, Number.POSITIVE_INFINITY, STATUS.child('devices'), deviceId, (device, at) =>
    deviceStatus(device, at, known),
  )
  yield* reservations(claim, old)
  const before = old.status?.allocation
  if (before && allocation) yield* immutable(STATUS.child('allocation'), allocation, before)
  else if (allocation) yield* allocationResult(allocation, STATUS.child('allocation'), names)
}

function* reservations(claim: ResourceClaim, old: ResourceClaim): FieldErrors {
  const path = STATUS.child('reservedFor')
  const { reservedFor = [], allocation } = claim.status ?? {}
  if (reservedFor.length === 0) return
  if (!allocation) {
    yield forbidden(path, 'may not be specified when `allocated` is not set')
    return
  }
  const before = old.status?.reservedFor ?? []
  const isNew = (consumer: ResourceClaimConsumerReference): boolean =>
    !before.some((other) => semanticEqual(other, consumer))
  if (claim.metadata?.deletionTimestamp !== undefined && reservedFor.some(isNew)) {
    const text = 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set'
    yield forbidden(path, text)
  }
}

function* consumer(reference: ResourceClaimConsumerReference, path: Path): FieldErrors {
  for (const name of ['resource', 'name', 'uid'] as const) {
    if (!reference[name]) yield required(path.child(name))
  }
}

function* allocationResult(allocation: AllocationResult, path: Path, names: RequestNames): FieldErrors {
  const { results, config } = allocation.devices ?? {}
  const at = path.child('devices')
  yield* boundedList(results, MAX_RESULTS, at.child('results'), (item, place) => result(item, place, names))
  yield* boundedList(config, 2 * MAX_CONFIGS, at.child('config'), (item, place) =>
    configuration(item, place, names),
  )
  if (allocation.nodeSelector) yield* nodeSelector(allocation.nodeSelector, path.child('nodeSelector'))
}

function* result(item: DeviceRequestAllocationResult, path: Path, names: RequestNames): FieldErrors {
  yield* requestReference(item.request ?? '', path.child('request'), names)
  yield* csiDriverName(path.child('driver'), item.driver)
  yield* poolName(item.pool, path.child('pool'))
  yield* dnsLabel(path.child('device'), item.device ?? '')
  yield* validateBinding(item, path)
  if (item.shareID !== undefined) yield* shareId(item.shareID, path.child('shareID'))
}

function* configuration(item: DeviceAllocationConfiguration, path: Path, names: RequestNames): FieldErrors {
  if (!item.source) yield required(path.child('source'))
  else yield* oneOf(path.child('source'), item.source, ['FromClaim', 'FromClass'])
  yield* requestReferences(item.requests, path.child('requests'), names)
  yield* validateConfiguration(item, path)
}

function* deviceStatus(item: AllocatedDeviceStatus, path: Path, known: ReadonlySet<string>): FieldErrors {
  yield* csiDriverName(path.child('driver'), item.driver)
  yield* poolName(item.pool, path.child('pool'))
  yield* dnsLabel(path.child('device'), item.device ?? '')
  if (item.shareID !== undefined) yield* shareId(item.shareID, path.child('shareID'))
  const id = deviceId(item)
  if (!known.has(id)) yield invalidWithoutValue(path, `${id}: must be an allocated device in the claim`)
  const { data, networkData } = item
  const conditions = item.conditions ?? []
  if (conditions.length > MAX_CONDITIONS) {
    yield tooMany(path.child('conditions'), conditions.length, MAX_CONDITIONS)
  }
  yield* validateConditions(conditions, path.child('conditions'))
  if (data !== undefined && data !== null) yield* jsonObject(data, path.child('data'), MAX_DATA)
  if (networkData) yield* network(networkData, path.child('networkData'))
}

function* network(
  { interfaceName = '', hardwareAddress = '', ips }: NetworkDeviceData,
  path: Path,
): FieldErrors {
  if (Buffer.byteLength(interfaceName) > MAX_INTERFACE_NAME) {
    yield tooLong(path.child('interfaceName'), MAX_INTERFACE_NAME)
  }
  if (Buffer.byteLength(hardwareAddress) > MAX_HARDWARE_ADDRESS) {
    yield tooLong(path.child('hardwareAddress'), MAX_HARDWARE_ADDRESS)
  }
  yield* boundedSet(ips, MAX_IPS, path.child('ips'), (address) => address, interfaceAddress)
}

function* interfaceAddress(value: string, path: Path): FieldErrors {
  const [address = '', length = ''] = value.split('/')
  const ip = parseIp(address)
  if (!ip || !parseNetwork(value)) {
    const text = 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)'
    yield invalid(path, value, text)
    return
  }
  const canonical = `${formatIp(ip)}/${Number(length)}`
  if (value !== canonical) yield invalid(path, value, `must be in canonical form ("${canonical}")`)
}
