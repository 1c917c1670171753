// Types of the API group "" (core), in wire form. The fields come from @kubernetes/client-node.

import type {
  CoreV1EndpointPort,
  CoreV1Event,
  CoreV1EventSeries,
  CoreV1ResourceClaim,
  V1Affinity,
  V1AppArmorProfile,
  V1AttachedVolume,
  V1AWSElasticBlockStoreVolumeSource,
  V1AzureDiskVolumeSource,
  V1AzureFilePersistentVolumeSource,
  V1AzureFileVolumeSource,
  V1Binding,
  V1Capabilities,
  V1CephFSPersistentVolumeSource,
  V1CephFSVolumeSource,
  V1CinderPersistentVolumeSource,
  V1CinderVolumeSource,
  V1ClientIPConfig,
  V1ClusterTrustBundleProjection,
  V1ComponentCondition,
  V1ComponentStatus,
  V1ConfigMap,
  V1ConfigMapEnvSource,
  V1ConfigMapKeySelector,
  V1ConfigMapNodeConfigSource,
  V1ConfigMapProjection,
  V1ConfigMapVolumeSource,
  V1Container,
  V1ContainerExtendedResourceRequest,
  V1ContainerImage,
  V1ContainerPort,
  V1ContainerResizePolicy,
  V1ContainerRestartRule,
  V1ContainerRestartRuleOnExitCodes,
  V1ContainerState,
  V1ContainerStateRunning,
  V1ContainerStateTerminated,
  V1ContainerStateWaiting,
  V1ContainerStatus,
  V1ContainerUser,
  V1CSIPersistentVolumeSource,
  V1CSIVolumeSource,
  V1DaemonEndpoint,
  V1DownwardAPIProjection,
  V1DownwardAPIVolumeFile,
  V1DownwardAPIVolumeSource,
  V1EmptyDirVolumeSource,
  V1EndpointAddress,
  V1EndpointSubset,
  V1Endpoints,
  V1EnvFromSource,
  V1EnvVar,
  V1EnvVarSource,
  V1EphemeralContainer,
  V1EphemeralVolumeSource,
  V1EventSource,
  V1ExecAction,
  V1FCVolumeSource,
  V1FileKeySelector,
  V1FlexPersistentVolumeSource,
  V1FlexVolumeSource,
  V1FlockerVolumeSource,
  V1GCEPersistentDiskVolumeSource,
  V1GitRepoVolumeSource,
  V1GlusterfsPersistentVolumeSource,
  V1GlusterfsVolumeSource,
  V1GRPCAction,
  V1HostAlias,
  V1HostIP,
  V1HostPathVolumeSource,
  V1HTTPGetAction,
  V1HTTPHeader,
  V1ImageVolumeSource,
  V1ImageVolumeStatus,
  V1ISCSIPersistentVolumeSource,
  V1ISCSIVolumeSource,
  V1KeyToPath,
  V1Lifecycle,
  V1LifecycleHandler,
  V1LimitRange,
  V1LimitRangeItem,
  V1LimitRangeSpec,
  V1LinuxContainerUser,
  V1LoadBalancerIngress,
  V1LoadBalancerStatus,
  V1LocalObjectReference,
  V1LocalVolumeSource,
  V1ModifyVolumeStatus,
  V1Namespace,
  V1NamespaceCondition,
  V1NamespaceSpec,
  V1NamespaceStatus,
  V1NFSVolumeSource,
  V1Node,
  V1NodeAddress,
  V1NodeAffinity,
  V1NodeAllocatableResourceClaimStatus,
  V1NodeCondition,
  V1NodeConfigSource,
  V1NodeConfigStatus,
  V1NodeDaemonEndpoints,
  V1NodeFeatures,
  V1NodeRuntimeHandler,
  V1NodeRuntimeHandlerFeatures,
  V1NodeSelector,
  V1NodeSelectorRequirement,
  V1NodeSelectorTerm,
  V1NodeSpec,
  V1NodeStatus,
  V1NodeSwapStatus,
  V1NodeSystemInfo,
  V1ObjectFieldSelector,
  V1ObjectReference,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1PersistentVolumeClaimCondition,
  V1PersistentVolumeClaimSpec,
  V1PersistentVolumeClaimStatus,
  V1PersistentVolumeClaimTemplate,
  V1PersistentVolumeClaimVolumeSource,
  V1PersistentVolumeSpec,
  V1PersistentVolumeStatus,
  V1PhotonPersistentDiskVolumeSource,
  V1Pod,
  V1PodAffinity,
  V1PodAffinityTerm,
  V1PodAntiAffinity,
  V1PodCertificateProjection,
  V1PodCondition,
  V1PodDNSConfig,
  V1PodDNSConfigOption,
  V1PodExtendedResourceClaimStatus,
  V1PodIP,
  V1PodOS,
  V1PodReadinessGate,
  V1PodResourceClaim,
  V1PodResourceClaimStatus,
  V1PodSchedulingGate,
  V1PodSchedulingGroup,
  V1PodSecurityContext,
  V1PodSpec,
  V1PodStatus,
  V1PodTemplate,
  V1PodTemplateSpec,
  V1PortStatus,
  V1PortworxVolumeSource,
  V1PreferredSchedulingTerm,
  V1Probe,
  V1ProjectedVolumeSource,
  V1QuobyteVolumeSource,
  V1RBDPersistentVolumeSource,
  V1RBDVolumeSource,
  V1ReplicationController,
  V1ReplicationControllerCondition,
  V1ReplicationControllerSpec,
  V1ReplicationControllerStatus,
  V1ResourceFieldSelector,
  V1ResourceHealth,
  V1ResourceQuota,
  V1ResourceQuotaSpec,
  V1ResourceQuotaStatus,
  V1ResourceRequirements,
  V1ResourceStatus,
  V1ScaleIOPersistentVolumeSource,
  V1ScaleIOVolumeSource,
  V1ScopedResourceSelectorRequirement,
  V1ScopeSelector,
  V1SELinuxOptions,
  V1SeccompProfile,
  V1Secret,
  V1SecretEnvSource,
  V1SecretKeySelector,
  V1SecretProjection,
  V1SecretReference,
  V1SecretVolumeSource,
  V1SecurityContext,
  V1Service,
  V1ServiceAccount,
  V1ServiceAccountTokenProjection,
  V1ServicePort,
  V1ServiceSpec,
  V1ServiceStatus,
  V1SessionAffinityConfig,
  V1SleepAction,
  V1StorageOSPersistentVolumeSource,
  V1StorageOSVolumeSource,
  V1Sysctl,
  V1Taint,
  V1TCPSocketAction,
  V1Toleration,
  V1TopologySelectorLabelRequirement,
  V1TopologySelectorTerm,
  V1TopologySpreadConstraint,
  V1TypedLocalObjectReference,
  V1TypedObjectReference,
  V1Volume,
  V1VolumeDevice,
  V1VolumeMount,
  V1VolumeMountStatus,
  V1VolumeNodeAffinity,
  V1VolumeProjection,
  V1VolumeResourceRequirements,
  V1VolumeStatus,
  V1VsphereVirtualDiskVolumeSource,
  V1WeightedPodAffinityTerm,
  V1WindowsSecurityContextOptions,
} from '@kubernetes/client-node'
import type { Wire } from '#api/types/wire.ts'

export type AWSElasticBlockStoreVolumeSource = Wire<V1AWSElasticBlockStoreVolumeSource>
export type Affinity = Wire<V1Affinity>
export type AppArmorProfile = Wire<V1AppArmorProfile>
export type AttachedVolume = Wire<V1AttachedVolume>
export type AzureDiskVolumeSource = Wire<V1AzureDiskVolumeSource>
export type AzureFilePersistentVolumeSource = Wire<V1AzureFilePersistentVolumeSource>
export type AzureFileVolumeSource = Wire<V1AzureFileVolumeSource>
export type Binding = Wire<V1Binding>
export type CSIPersistentVolumeSource = Wire<V1CSIPersistentVolumeSource>
export type CSIVolumeSource = Wire<V1CSIVolumeSource>
export type Capabilities = Wire<V1Capabilities>
export type CephFSPersistentVolumeSource = Wire<V1CephFSPersistentVolumeSource>
export type CephFSVolumeSource = Wire<V1CephFSVolumeSource>
export type CinderPersistentVolumeSource = Wire<V1CinderPersistentVolumeSource>
export type CinderVolumeSource = Wire<V1CinderVolumeSource>
export type ClientIPConfig = Wire<V1ClientIPConfig>
export type ClusterTrustBundleProjection = Wire<V1ClusterTrustBundleProjection>
export type ComponentCondition = Wire<V1ComponentCondition>
export type ComponentStatus = Wire<V1ComponentStatus>
export type ConfigMap = Wire<V1ConfigMap>
export type ConfigMapEnvSource = Wire<V1ConfigMapEnvSource>
export type ConfigMapKeySelector = Wire<V1ConfigMapKeySelector>
export type ConfigMapNodeConfigSource = Wire<V1ConfigMapNodeConfigSource>
export type ConfigMapProjection = Wire<V1ConfigMapProjection>
export type ConfigMapVolumeSource = Wire<V1ConfigMapVolumeSource>
export type Container = Wire<V1Container>
export type ContainerExtendedResourceRequest = Wire<V1ContainerExtendedResourceRequest>
export type ContainerImage = Wire<V1ContainerImage>
export type ContainerPort = Wire<V1ContainerPort>
export type ContainerResizePolicy = Wire<V1ContainerResizePolicy>
export type ContainerRestartRule = Wire<V1ContainerRestartRule>
export type ContainerRestartRuleOnExitCodes = Wire<V1ContainerRestartRuleOnExitCodes>
export type ContainerState = Wire<V1ContainerState>
export type ContainerStateRunning = Wire<V1ContainerStateRunning>
export type ContainerStateTerminated = Wire<V1ContainerStateTerminated>
export type ContainerStateWaiting = Wire<V1ContainerStateWaiting>
export type ContainerStatus = Wire<V1ContainerStatus>
export type ContainerUser = Wire<V1ContainerUser>
export type DaemonEndpoint = Wire<V1DaemonEndpoint>
export type DownwardAPIProjection = Wire<V1DownwardAPIProjection>
export type DownwardAPIVolumeFile = Wire<V1DownwardAPIVolumeFile>
export type DownwardAPIVolumeSource = Wire<V1DownwardAPIVolumeSource>
export type EmptyDirVolumeSource = Wire<V1EmptyDirVolumeSource>
export type EndpointAddress = Wire<V1EndpointAddress>
export type EndpointPort = Wire<CoreV1EndpointPort>
export type EndpointSubset = Wire<V1EndpointSubset>
export type Endpoints = Wire<V1Endpoints>
export type EnvFromSource = Wire<V1EnvFromSource>
export type EnvVar = Wire<V1EnvVar>
export type EnvVarSource = Wire<V1EnvVarSource>
export type EphemeralContainer = Wire<V1EphemeralContainer>
export type EphemeralVolumeSource = Wire<V1EphemeralVolumeSource>
export type Event = Wire<CoreV1Event>
export type EventSeries = Wire<CoreV1EventSeries>
export type EventSource = Wire<V1EventSource>
export type ExecAction = Wire<V1ExecAction>
export type FCVolumeSource = Wire<V1FCVolumeSource>
export type FileKeySelector = Wire<V1FileKeySelector>
export type FlexPersistentVolumeSource = Wire<V1FlexPersistentVolumeSource>
export type FlexVolumeSource = Wire<V1FlexVolumeSource>
export type FlockerVolumeSource = Wire<V1FlockerVolumeSource>
export type GCEPersistentDiskVolumeSource = Wire<V1GCEPersistentDiskVolumeSource>
export type GRPCAction = Wire<V1GRPCAction>
export type GitRepoVolumeSource = Wire<V1GitRepoVolumeSource>
export type GlusterfsPersistentVolumeSource = Wire<V1GlusterfsPersistentVolumeSource>
export type GlusterfsVolumeSource = Wire<V1GlusterfsVolumeSource>
export type HTTPGetAction = Wire<V1HTTPGetAction>
export type HTTPHeader = Wire<V1HTTPHeader>
export type HostAlias = Wire<V1HostAlias>
export type HostIP = Wire<V1HostIP>
export type HostPathVolumeSource = Wire<V1HostPathVolumeSource>
export type ISCSIPersistentVolumeSource = Wire<V1ISCSIPersistentVolumeSource>
export type ISCSIVolumeSource = Wire<V1ISCSIVolumeSource>
export type ImageVolumeSource = Wire<V1ImageVolumeSource>
export type ImageVolumeStatus = Wire<V1ImageVolumeStatus>
export type KeyToPath = Wire<V1KeyToPath>
export type Lifecycle = Wire<V1Lifecycle>
export type LifecycleHandler = Wire<V1LifecycleHandler>
export type LimitRange = Wire<V1LimitRange>
export type LimitRangeItem = Wire<V1LimitRangeItem>
export type LimitRangeSpec = Wire<V1LimitRangeSpec>
export type LinuxContainerUser = Wire<V1LinuxContainerUser>
export type LoadBalancerIngress = Wire<V1LoadBalancerIngress>
export type LoadBalancerStatus = Wire<V1LoadBalancerStatus>
export type LocalObjectReference = Wire<V1LocalObjectReference>
export type LocalVolumeSource = Wire<V1LocalVolumeSource>
export type ModifyVolumeStatus = Wire<V1ModifyVolumeStatus>
export type NFSVolumeSource = Wire<V1NFSVolumeSource>
export type Namespace = Wire<V1Namespace>
export type NamespaceCondition = Wire<V1NamespaceCondition>
export type NamespaceSpec = Wire<V1NamespaceSpec>
export type NamespaceStatus = Wire<V1NamespaceStatus>
export type Node = Wire<V1Node>
export type NodeAddress = Wire<V1NodeAddress>
export type NodeAffinity = Wire<V1NodeAffinity>
export type NodeAllocatableResourceClaimStatus = Wire<V1NodeAllocatableResourceClaimStatus>
export type NodeCondition = Wire<V1NodeCondition>
export type NodeConfigSource = Wire<V1NodeConfigSource>
export type NodeConfigStatus = Wire<V1NodeConfigStatus>
export type NodeDaemonEndpoints = Wire<V1NodeDaemonEndpoints>
export type NodeFeatures = Wire<V1NodeFeatures>
export type NodeRuntimeHandler = Wire<V1NodeRuntimeHandler>
export type NodeRuntimeHandlerFeatures = Wire<V1NodeRuntimeHandlerFeatures>
export type NodeSelector = Wire<V1NodeSelector>
export type NodeSelectorRequirement = Wire<V1NodeSelectorRequirement>
export type NodeSelectorTerm = Wire<V1NodeSelectorTerm>
export type NodeSpec = Wire<V1NodeSpec>
export type NodeStatus = Wire<V1NodeStatus>
export type NodeSwapStatus = Wire<V1NodeSwapStatus>
export type NodeSystemInfo = Wire<V1NodeSystemInfo>
export type ObjectFieldSelector = Wire<V1ObjectFieldSelector>
export type ObjectReference = Wire<V1ObjectReference>
export type PersistentVolume = Wire<V1PersistentVolume>
export type PersistentVolumeClaim = Wire<V1PersistentVolumeClaim>
export type PersistentVolumeClaimCondition = Wire<V1PersistentVolumeClaimCondition>
export type PersistentVolumeClaimSpec = Wire<V1PersistentVolumeClaimSpec>
export type PersistentVolumeClaimStatus = Wire<V1PersistentVolumeClaimStatus>
export type PersistentVolumeClaimTemplate = Wire<V1PersistentVolumeClaimTemplate>
export type PersistentVolumeClaimVolumeSource = Wire<V1PersistentVolumeClaimVolumeSource>
export type PersistentVolumeSpec = Wire<V1PersistentVolumeSpec>
export type PersistentVolumeStatus = Wire<V1PersistentVolumeStatus>
export type PhotonPersistentDiskVolumeSource = Wire<V1PhotonPersistentDiskVolumeSource>
export type Pod = Wire<V1Pod>
export type PodAffinity = Wire<V1PodAffinity>
export type PodAffinityTerm = Wire<V1PodAffinityTerm>
export type PodAntiAffinity = Wire<V1PodAntiAffinity>
export type PodCertificateProjection = Wire<V1PodCertificateProjection>
export type PodCondition = Wire<V1PodCondition>
export type PodDNSConfig = Wire<V1PodDNSConfig>
export type PodDNSConfigOption = Wire<V1PodDNSConfigOption>
export type PodExtendedResourceClaimStatus = Wire<V1PodExtendedResourceClaimStatus>
export type PodIP = Wire<V1PodIP>
export type PodOS = Wire<V1PodOS>
export type PodReadinessGate = Wire<V1PodReadinessGate>
export type PodResourceClaim = Wire<V1PodResourceClaim>
export type PodResourceClaimStatus = Wire<V1PodResourceClaimStatus>
export type PodSchedulingGate = Wire<V1PodSchedulingGate>
export type PodSchedulingGroup = Wire<V1PodSchedulingGroup>
export type PodSecurityContext = Wire<V1PodSecurityContext>
export type PodSpec = Wire<V1PodSpec>
export type PodStatus = Wire<V1PodStatus>
export type PodTemplate = Wire<V1PodTemplate>
export type PodTemplateSpec = Wire<V1PodTemplateSpec>
export type PortStatus = Wire<V1PortStatus>
export type PortworxVolumeSource = Wire<V1PortworxVolumeSource>
export type PreferredSchedulingTerm = Wire<V1PreferredSchedulingTerm>
export type Probe = Wire<V1Probe>
export type ProjectedVolumeSource = Wire<V1ProjectedVolumeSource>
export type QuobyteVolumeSource = Wire<V1QuobyteVolumeSource>
export type RBDPersistentVolumeSource = Wire<V1RBDPersistentVolumeSource>
export type RBDVolumeSource = Wire<V1RBDVolumeSource>
export type ReplicationController = Wire<V1ReplicationController>
export type ReplicationControllerCondition = Wire<V1ReplicationControllerCondition>
export type ReplicationControllerSpec = Wire<V1ReplicationControllerSpec>
export type ReplicationControllerStatus = Wire<V1ReplicationControllerStatus>
export type ResourceClaim = Wire<CoreV1ResourceClaim>
export type ResourceFieldSelector = Wire<V1ResourceFieldSelector>
export type ResourceHealth = Wire<V1ResourceHealth>
export type ResourceQuota = Wire<V1ResourceQuota>
export type ResourceQuotaSpec = Wire<V1ResourceQuotaSpec>
export type ResourceQuotaStatus = Wire<V1ResourceQuotaStatus>
export type ResourceRequirements = Wire<V1ResourceRequirements>
export type ResourceStatus = Wire<V1ResourceStatus>
export type SELinuxOptions = Wire<V1SELinuxOptions>
export type ScaleIOPersistentVolumeSource = Wire<V1ScaleIOPersistentVolumeSource>
export type ScaleIOVolumeSource = Wire<V1ScaleIOVolumeSource>
export type ScopeSelector = Wire<V1ScopeSelector>
export type ScopedResourceSelectorRequirement = Wire<V1ScopedResourceSelectorRequirement>
export type SeccompProfile = Wire<V1SeccompProfile>
export type Secret = Wire<V1Secret>
export type SecretEnvSource = Wire<V1SecretEnvSource>
export type SecretKeySelector = Wire<V1SecretKeySelector>
export type SecretProjection = Wire<V1SecretProjection>
export type SecretReference = Wire<V1SecretReference>
export type SecretVolumeSource = Wire<V1SecretVolumeSource>
export type SecurityContext = Wire<V1SecurityContext>
export type Service = Wire<V1Service>
export type ServiceAccount = Wire<V1ServiceAccount>
export type ServiceAccountTokenProjection = Wire<V1ServiceAccountTokenProjection>
export type ServicePort = Wire<V1ServicePort>
export type ServiceSpec = Wire<V1ServiceSpec>
export type ServiceStatus = Wire<V1ServiceStatus>
export type SessionAffinityConfig = Wire<V1SessionAffinityConfig>
export type SleepAction = Wire<V1SleepAction>
export type StorageOSPersistentVolumeSource = Wire<V1StorageOSPersistentVolumeSource>
export type StorageOSVolumeSource = Wire<V1StorageOSVolumeSource>
export type Sysctl = Wire<V1Sysctl>
export type TCPSocketAction = Wire<V1TCPSocketAction>
export type Taint = Wire<V1Taint>
export type Toleration = Wire<V1Toleration>
export type TopologySelectorLabelRequirement = Wire<V1TopologySelectorLabelRequirement>
export type TopologySelectorTerm = Wire<V1TopologySelectorTerm>
export type TopologySpreadConstraint = Wire<V1TopologySpreadConstraint>
export type TypedLocalObjectReference = Wire<V1TypedLocalObjectReference>
export type TypedObjectReference = Wire<V1TypedObjectReference>
export type Volume = Wire<V1Volume>
export type VolumeDevice = Wire<V1VolumeDevice>
export type VolumeMount = Wire<V1VolumeMount>
export type VolumeMountStatus = Wire<V1VolumeMountStatus>
export type VolumeNodeAffinity = Wire<V1VolumeNodeAffinity>
export type VolumeProjection = Wire<V1VolumeProjection>
export type VolumeResourceRequirements = Wire<V1VolumeResourceRequirements>
export type VolumeStatus = Wire<V1VolumeStatus>
export type VsphereVirtualDiskVolumeSource = Wire<V1VsphereVirtualDiskVolumeSource>
export type WeightedPodAffinityTerm = Wire<V1WeightedPodAffinityTerm>
export type WindowsSecurityContextOptions = Wire<V1WindowsSecurityContextOptions>
