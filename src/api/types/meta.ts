// Types of the API group meta, in wire form. The fields come from @kubernetes/client-node.

import type {
  V1APIGroup,
  V1APIResource,
  V1APIVersions,
  V1Condition,
  V1DeleteOptions,
  V1FieldSelectorRequirement,
  V1GroupVersionForDiscovery,
  V1LabelSelector,
  V1LabelSelectorRequirement,
  V1ListMeta,
  V1ManagedFieldsEntry,
  V1ObjectMeta,
  V1OwnerReference,
  V1Preconditions,
  V1ServerAddressByClientCIDR,
  V1ShardInfo,
  V1Status,
  V1StatusCause,
  V1StatusDetails,
  V1WatchEvent,
} from '@kubernetes/client-node'
import type { Wire } from '#api/types/wire.ts'

export type APIGroup = Wire<V1APIGroup>
export type APIResource = Wire<V1APIResource>
export type APIVersions = Wire<V1APIVersions>
export type Condition = Wire<V1Condition>
export type DeleteOptions = Wire<V1DeleteOptions>
export type FieldSelectorRequirement = Wire<V1FieldSelectorRequirement>
export type GroupVersionForDiscovery = Wire<V1GroupVersionForDiscovery>
export type LabelSelector = Wire<V1LabelSelector>
export type LabelSelectorRequirement = Wire<V1LabelSelectorRequirement>
export type ListMeta = Wire<V1ListMeta>
export type ManagedFieldsEntry = Wire<V1ManagedFieldsEntry>
export type ObjectMeta = Wire<V1ObjectMeta>
export type OwnerReference = Wire<V1OwnerReference>
export type Preconditions = Wire<V1Preconditions>
export type ServerAddressByClientCIDR = Wire<V1ServerAddressByClientCIDR>
export type ShardInfo = Wire<V1ShardInfo>
export type Status = Wire<V1Status>
export type StatusCause = Wire<V1StatusCause>
export type StatusDetails = Wire<V1StatusDetails>
export type WatchEvent = Wire<V1WatchEvent>
