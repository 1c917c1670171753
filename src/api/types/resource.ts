// Types of the API group resource, in wire form. The fields come from @kubernetes/client-node.

import type {
  ResourceV1ResourceClaim,
  V1AllocatedDeviceStatus,
  V1AllocationResult,
  V1CapacityRequestPolicy,
  V1CapacityRequestPolicyRange,
  V1CapacityRequirements,
  V1CELDeviceSelector,
  V1Counter,
  V1CounterSet,
  V1Device,
  V1DeviceAllocationConfiguration,
  V1DeviceAllocationResult,
  V1DeviceAttribute,
  V1DeviceCapacity,
  V1DeviceClaim,
  V1DeviceClaimConfiguration,
  V1DeviceClass,
  V1DeviceClassConfiguration,
  V1DeviceClassSpec,
  V1DeviceConstraint,
  V1DeviceCounterConsumption,
  V1DeviceRequest,
  V1DeviceRequestAllocationResult,
  V1DeviceSelector,
  V1DeviceSubRequest,
  V1DeviceTaint,
  V1DeviceToleration,
  V1ExactDeviceRequest,
  V1NetworkDeviceData,
  V1NodeAllocatableResourceMapping,
  V1OpaqueDeviceConfiguration,
  V1ResourceClaimConsumerReference,
  V1ResourceClaimSpec,
  V1ResourceClaimStatus,
  V1ResourceClaimTemplate,
  V1ResourceClaimTemplateSpec,
  V1ResourcePool,
  V1ResourceSlice,
  V1ResourceSliceSpec,
} from '@kubernetes/client-node'
import type { Wire } from '#api/types/wire.ts'

export type AllocatedDeviceStatus = Wire<V1AllocatedDeviceStatus>
export type AllocationResult = Wire<V1AllocationResult>
export type CELDeviceSelector = Wire<V1CELDeviceSelector>
export type CapacityRequestPolicy = Wire<V1CapacityRequestPolicy>
export type CapacityRequestPolicyRange = Wire<V1CapacityRequestPolicyRange>
export type CapacityRequirements = Wire<V1CapacityRequirements>
export type Counter = Wire<V1Counter>
export type CounterSet = Wire<V1CounterSet>
export type Device = Wire<V1Device>
export type DeviceAllocationConfiguration = Wire<V1DeviceAllocationConfiguration>
export type DeviceAllocationResult = Wire<V1DeviceAllocationResult>
export type DeviceAttribute = Wire<V1DeviceAttribute>
export type DeviceCapacity = Wire<V1DeviceCapacity>
export type DeviceClaim = Wire<V1DeviceClaim>
export type DeviceClaimConfiguration = Wire<V1DeviceClaimConfiguration>
export type DeviceClass = Wire<V1DeviceClass>
export type DeviceClassConfiguration = Wire<V1DeviceClassConfiguration>
export type DeviceClassSpec = Wire<V1DeviceClassSpec>
export type DeviceConstraint = Wire<V1DeviceConstraint>
export type DeviceCounterConsumption = Wire<V1DeviceCounterConsumption>
export type DeviceRequest = Wire<V1DeviceRequest>
export type DeviceRequestAllocationResult = Wire<V1DeviceRequestAllocationResult>
export type DeviceSelector = Wire<V1DeviceSelector>
export type DeviceSubRequest = Wire<V1DeviceSubRequest>
export type DeviceTaint = Wire<V1DeviceTaint>
export type DeviceToleration = Wire<V1DeviceToleration>
export type ExactDeviceRequest = Wire<V1ExactDeviceRequest>
export type NetworkDeviceData = Wire<V1NetworkDeviceData>
export type NodeAllocatableResourceMapping = Wire<V1NodeAllocatableResourceMapping>
export type OpaqueDeviceConfiguration = Wire<V1OpaqueDeviceConfiguration>
export type ResourceClaim = Wire<ResourceV1ResourceClaim>
export type ResourceClaimConsumerReference = Wire<V1ResourceClaimConsumerReference>
export type ResourceClaimSpec = Wire<V1ResourceClaimSpec>
export type ResourceClaimStatus = Wire<V1ResourceClaimStatus>
export type ResourceClaimTemplate = Wire<V1ResourceClaimTemplate>
export type ResourceClaimTemplateSpec = Wire<V1ResourceClaimTemplateSpec>
export type ResourcePool = Wire<V1ResourcePool>
export type ResourceSlice = Wire<V1ResourceSlice>
export type ResourceSliceSpec = Wire<V1ResourceSliceSpec>
