// The fields of Go's internal types, in Go's order: what an error message shows of a structured value.
//
// One type a line, continued by indented ones: `Name field field …`. A field is its Go name, `=json` where the name
// on the wire is not the same with a small first letter, then `[]` list, `{}` map, `*` pointer, and what it holds:
// nothing for text, `#` number, `?` boolean, `%` quantity, `!` what is written as on the wire (`!0`: zero if absent),
// `:Type` another type. `^Type` is an embedded one, `@` embedded metadata.
// Upstream: pkg/apis/{core,apps,batch,resource,networking,rbac,flowcontrol}/types.go

export const INTERNAL_TYPES = `
DaemonSetUpdateStrategy Type RollingUpdate*:RollingUpdateDaemonSet
DeploymentStrategy Type RollingUpdate*:RollingUpdateDeployment
RollingUpdateDaemonSet MaxUnavailable!0 MaxSurge!0
RollingUpdateDeployment MaxUnavailable!0 MaxSurge!0
RollingUpdateStatefulSetStrategy Partition# MaxUnavailable*!
StatefulSetUpdateStrategy Type RollingUpdate*:RollingUpdateStatefulSetStrategy
PodFailurePolicy Rules[]:PodFailurePolicyRule
PodFailurePolicyOnExitCodesRequirement ContainerName* Operator Values[]#
PodFailurePolicyOnPodConditionsPattern Type Status
PodFailurePolicyRule Action OnExitCodes*:PodFailurePolicyOnExitCodesRequirement
  OnPodConditions[]:PodFailurePolicyOnPodConditionsPattern
SuccessPolicy Rules[]:SuccessPolicyRule
SuccessPolicyRule SucceededIndexes* SucceededCount*#
AWSElasticBlockStoreVolumeSource VolumeID FSType=fsType Partition# ReadOnly?
Affinity NodeAffinity*:NodeAffinity PodAffinity*:PodAffinity PodAntiAffinity*:PodAntiAffinity
AppArmorProfile Type LocalhostProfile*
AzureDiskVolumeSource DiskName DataDiskURI=diskURI CachingMode* FSType=fsType* ReadOnly*? Kind*
AzureFileVolumeSource SecretName ShareName ReadOnly?
CSIVolumeSource Driver ReadOnly*? FSType=fsType* VolumeAttributes{}
  NodePublishSecretRef*:LocalObjectReference
Capabilities Add[] Drop[]
CephFSVolumeSource Monitors[] Path User SecretFile SecretRef*:LocalObjectReference ReadOnly?
CinderVolumeSource VolumeID FSType=fsType ReadOnly? SecretRef*:LocalObjectReference
ClusterTrustBundleProjection Name* SignerName* LabelSelector*! Optional*? Path
ConfigMapEnvSource ^LocalObjectReference Optional*?
ConfigMapKeySelector ^LocalObjectReference Key Optional*?
ConfigMapNodeConfigSource Namespace Name UID=uid ResourceVersion KubeletConfigKey
ConfigMapProjection ^LocalObjectReference Items[]:KeyToPath Optional*?
ConfigMapVolumeSource ^LocalObjectReference Items[]:KeyToPath DefaultMode*# Optional*?
Container Name Image Command[] Args[] WorkingDir Ports[]:ContainerPort EnvFrom[]:EnvFromSource Env[]:EnvVar
  Resources:ResourceRequirements ResizePolicy[]:ContainerResizePolicy RestartPolicy*
  RestartPolicyRules[]:ContainerRestartRule VolumeMounts[]:VolumeMount VolumeDevices[]:VolumeDevice
  LivenessProbe*:Probe ReadinessProbe*:Probe StartupProbe*:Probe Lifecycle*:Lifecycle TerminationMessagePath
  TerminationMessagePolicy ImagePullPolicy SecurityContext*:SecurityContext Stdin? StdinOnce? TTY=tty?
ContainerPort Name HostPort# ContainerPort# Protocol HostIP
ContainerResizePolicy ResourceName RestartPolicy
ContainerRestartRule Action ExitCodes*:ContainerRestartRuleOnExitCodes
ContainerRestartRuleOnExitCodes Operator Values[]#
DownwardAPIProjection Items[]:DownwardAPIVolumeFile
DownwardAPIVolumeFile Path FieldRef*:ObjectFieldSelector ResourceFieldRef*:ResourceFieldSelector Mode*#
DownwardAPIVolumeSource Items[]:DownwardAPIVolumeFile DefaultMode*#
EmptyDirVolumeSource Medium SizeLimit*%
EnvFromSource Prefix ConfigMapRef*:ConfigMapEnvSource SecretRef*:SecretEnvSource
EnvVar Name Value ValueFrom*:EnvVarSource
EnvVarSource FieldRef*:ObjectFieldSelector ResourceFieldRef*:ResourceFieldSelector
  ConfigMapKeyRef*:ConfigMapKeySelector SecretKeyRef*:SecretKeySelector FileKeyRef*:FileKeySelector
EphemeralContainer ^EphemeralContainerCommon TargetContainerName
EphemeralContainerCommon Name Image Command[] Args[] WorkingDir Ports[]:ContainerPort
  EnvFrom[]:EnvFromSource Env[]:EnvVar Resources:ResourceRequirements ResizePolicy[]:ContainerResizePolicy
  RestartPolicy* RestartPolicyRules[]:ContainerRestartRule VolumeMounts[]:VolumeMount
  VolumeDevices[]:VolumeDevice LivenessProbe*:Probe ReadinessProbe*:Probe StartupProbe*:Probe
  Lifecycle*:Lifecycle TerminationMessagePath TerminationMessagePolicy ImagePullPolicy
  SecurityContext*:SecurityContext Stdin? StdinOnce? TTY=tty?
EphemeralVolumeSource VolumeClaimTemplate*:PersistentVolumeClaimTemplate
ExecAction Command[]
FCVolumeSource TargetWWNs[] Lun*# FSType=fsType ReadOnly? WWIDs=wwids[]
FileKeySelector VolumeName Path Key Optional*?
FlexVolumeSource Driver FSType=fsType SecretRef*:LocalObjectReference ReadOnly? Options{}
FlockerVolumeSource DatasetName DatasetUUID
GCEPersistentDiskVolumeSource PDName=pdName FSType=fsType Partition# ReadOnly?
GRPCAction Port# Service*
GitRepoVolumeSource Repository Revision Directory
GlusterfsVolumeSource EndpointsName=endpoints Path ReadOnly?
HTTPGetAction Path Port!0 Host Scheme HTTPHeaders=httpHeaders[]:HTTPHeader
HTTPHeader Name Value
HostAlias IP=ip Hostnames[]
HostIP IP=ip
HostPathVolumeSource Path Type*
ISCSIVolumeSource TargetPortal IQN=iqn Lun# ISCSIInterface=iscsiInterface FSType=fsType ReadOnly? Portals[]
  DiscoveryCHAPAuth=chapAuthDiscovery? SessionCHAPAuth=chapAuthSession? SecretRef*:LocalObjectReference
  InitiatorName*
ImageVolumeSource Reference PullPolicy
KeyToPath Key Path Mode*#
Lifecycle PostStart*:LifecycleHandler PreStop*:LifecycleHandler StopSignal*
LifecycleHandler Exec*:ExecAction HTTPGet=httpGet*:HTTPGetAction TCPSocket=tcpSocket*:TCPSocketAction
  Sleep*:SleepAction
LocalObjectReference Name
NFSVolumeSource Server Path ReadOnly?
NodeAddress Type Address
NodeAffinity RequiredDuringSchedulingIgnoredDuringExecution*:NodeSelector
  PreferredDuringSchedulingIgnoredDuringExecution[]:PreferredSchedulingTerm
NodeConfigSource ConfigMap*:ConfigMapNodeConfigSource
NodeSelector NodeSelectorTerms[]:NodeSelectorTerm
NodeSelectorRequirement Key Operator Values[]
NodeSelectorTerm MatchExpressions[]:NodeSelectorRequirement MatchFields[]:NodeSelectorRequirement
ObjectFieldSelector APIVersion=apiVersion FieldPath
ObjectReference Kind Namespace Name UID=uid APIVersion=apiVersion ResourceVersion FieldPath
PersistentVolumeClaimSpec AccessModes[] Selector*! Resources:VolumeResourceRequirements VolumeName
  StorageClassName* VolumeMode* DataSource*:TypedLocalObjectReference DataSourceRef*:TypedObjectReference
  VolumeAttributesClassName*
AzureFilePersistentVolumeSource SecretName ShareName ReadOnly? SecretNamespace*
CSIPersistentVolumeSource Driver VolumeHandle ReadOnly? FSType=fsType VolumeAttributes{}
  ControllerPublishSecretRef*:SecretReference NodeStageSecretRef*:SecretReference
  NodePublishSecretRef*:SecretReference ControllerExpandSecretRef*:SecretReference
  NodeExpandSecretRef*:SecretReference
CephFSPersistentVolumeSource Monitors[] Path User SecretFile SecretRef*:SecretReference ReadOnly?
CinderPersistentVolumeSource VolumeID FSType=fsType ReadOnly? SecretRef*:SecretReference
FlexPersistentVolumeSource Driver FSType=fsType SecretRef*:SecretReference ReadOnly? Options{}
GlusterfsPersistentVolumeSource EndpointsName=endpoints Path ReadOnly? EndpointsNamespace*
ISCSIPersistentVolumeSource TargetPortal IQN=iqn Lun# ISCSIInterface=iscsiInterface FSType=fsType ReadOnly?
  Portals[] DiscoveryCHAPAuth=chapAuthDiscovery? SessionCHAPAuth=chapAuthSession? SecretRef*:SecretReference
  InitiatorName*
LocalVolumeSource Path FSType=fsType*
PersistentVolumeSource GCEPersistentDisk=gcePersistentDisk*:GCEPersistentDiskVolumeSource
  AWSElasticBlockStore=awsElasticBlockStore*:AWSElasticBlockStoreVolumeSource HostPath*:HostPathVolumeSource
  Glusterfs*:GlusterfsPersistentVolumeSource NFS=nfs*:NFSVolumeSource RBD=rbd*:RBDPersistentVolumeSource
  Quobyte*:QuobyteVolumeSource ISCSI=iscsi*:ISCSIPersistentVolumeSource FlexVolume*:FlexPersistentVolumeSource
  Cinder*:CinderPersistentVolumeSource CephFS=cephfs*:CephFSPersistentVolumeSource FC=fc*:FCVolumeSource
  Flocker*:FlockerVolumeSource AzureFile*:AzureFilePersistentVolumeSource
  VsphereVolume*:VsphereVirtualDiskVolumeSource AzureDisk*:AzureDiskVolumeSource
  PhotonPersistentDisk*:PhotonPersistentDiskVolumeSource PortworxVolume*:PortworxVolumeSource
  ScaleIO*:ScaleIOPersistentVolumeSource Local*:LocalVolumeSource
  StorageOS=storageos*:StorageOSPersistentVolumeSource CSI=csi*:CSIPersistentVolumeSource
RBDPersistentVolumeSource CephMonitors=monitors[] RBDImage=image FSType=fsType RBDPool=pool RadosUser=user
  Keyring SecretRef*:SecretReference ReadOnly?
ScaleIOPersistentVolumeSource Gateway System SecretRef*:SecretReference SSLEnabled=sslEnabled?
  ProtectionDomain StoragePool StorageMode VolumeName FSType=fsType ReadOnly?
SecretReference Name Namespace
StorageOSPersistentVolumeSource VolumeName VolumeNamespace FSType=fsType ReadOnly? SecretRef*:ObjectReference
PersistentVolumeClaimTemplate @ Spec:PersistentVolumeClaimSpec
PersistentVolumeClaimVolumeSource ClaimName ReadOnly?
PhotonPersistentDiskVolumeSource PdID FSType=fsType
PodAffinity RequiredDuringSchedulingIgnoredDuringExecution[]:PodAffinityTerm
  PreferredDuringSchedulingIgnoredDuringExecution[]:WeightedPodAffinityTerm
PodAffinityTerm LabelSelector*! Namespaces[] TopologyKey NamespaceSelector*! MatchLabelKeys[]
  MismatchLabelKeys[]
PodAntiAffinity RequiredDuringSchedulingIgnoredDuringExecution[]:PodAffinityTerm
  PreferredDuringSchedulingIgnoredDuringExecution[]:WeightedPodAffinityTerm
PodCertificateProjection SignerName KeyType MaxExpirationSeconds*# CredentialBundlePath KeyPath
  CertificateChainPath UserAnnotations{}
PodDNSConfig Nameservers[] Searches[] Options[]:PodDNSConfigOption
PodDNSConfigOption Name Value*
PodIP IP=ip
PodOS Name
PodReadinessGate ConditionType
PodResourceClaim Name ResourceClaimName* ResourceClaimTemplateName*
PodSchedulingGate Name
PodSchedulingGroup PodGroupName*
PodSecurityContext HostNetwork? HostPID? HostIPC? ShareProcessNamespace*? HostUsers*?
  SELinuxOptions=seLinuxOptions*:SELinuxOptions WindowsOptions*:WindowsSecurityContextOptions RunAsUser*#
  RunAsGroup*# RunAsNonRoot*? SupplementalGroups[]# SupplementalGroupsPolicy* FSGroup=fsGroup*#
  FSGroupChangePolicy=fsGroupChangePolicy* Sysctls[]:Sysctl SeccompProfile*:SeccompProfile
  AppArmorProfile*:AppArmorProfile SELinuxChangePolicy=seLinuxChangePolicy*
PodSpec Volumes[]:Volume InitContainers[]:Container Containers[]:Container
  EphemeralContainers[]:EphemeralContainer RestartPolicy TerminationGracePeriodSeconds*#
  ActiveDeadlineSeconds*# DNSPolicy=dnsPolicy NodeSelector{} ServiceAccountName
  AutomountServiceAccountToken*? NodeName SecurityContext*:PodSecurityContext
  ImagePullSecrets[]:LocalObjectReference Hostname Subdomain SetHostnameAsFQDN*? Affinity*:Affinity
  SchedulerName Tolerations[]:Toleration HostAliases[]:HostAlias PriorityClassName Priority*#
  PreemptionPolicy* DNSConfig=dnsConfig*:PodDNSConfig ReadinessGates[]:PodReadinessGate RuntimeClassName*
  Overhead{}% EnableServiceLinks*? TopologySpreadConstraints[]:TopologySpreadConstraint OS=os*:PodOS
  SchedulingGates[]:PodSchedulingGate ResourceClaims[]:PodResourceClaim Resources*:ResourceRequirements
  HostnameOverride* SchedulingGroup*:PodSchedulingGroup
PodTemplateSpec @ Spec:PodSpec
PortworxVolumeSource VolumeID FSType=fsType ReadOnly?
PreferredSchedulingTerm Weight# Preference:NodeSelectorTerm
Probe ^ProbeHandler InitialDelaySeconds# TimeoutSeconds# PeriodSeconds# SuccessThreshold# FailureThreshold#
  TerminationGracePeriodSeconds*#
ProbeHandler Exec*:ExecAction HTTPGet=httpGet*:HTTPGetAction TCPSocket=tcpSocket*:TCPSocketAction
  GRPC=grpc*:GRPCAction
ProjectedVolumeSource Sources[]:VolumeProjection DefaultMode*#
QuobyteVolumeSource Registry Volume ReadOnly? User Group Tenant
RBDVolumeSource CephMonitors=monitors[] RBDImage=image FSType=fsType RBDPool=pool RadosUser=user Keyring
  SecretRef*:LocalObjectReference ReadOnly?
ResourceClaim Name Request
ResourceFieldSelector ContainerName Resource Divisor%
ResourceRequirements Limits{}% Requests{}% Claims[]:ResourceClaim
SELinuxOptions User Role Type Level
ScaleIOVolumeSource Gateway System SecretRef*:LocalObjectReference SSLEnabled=sslEnabled? ProtectionDomain
  StoragePool StorageMode VolumeName FSType=fsType ReadOnly?
ScopeSelector MatchExpressions[]:ScopedResourceSelectorRequirement
ScopedResourceSelectorRequirement ScopeName Operator Values[]
SeccompProfile Type LocalhostProfile*
SecretEnvSource ^LocalObjectReference Optional*?
SecretKeySelector ^LocalObjectReference Key Optional*?
SecretProjection ^LocalObjectReference Items[]:KeyToPath Optional*?
SecretVolumeSource SecretName Items[]:KeyToPath DefaultMode*# Optional*?
SecurityContext Capabilities*:Capabilities Privileged*? SELinuxOptions=seLinuxOptions*:SELinuxOptions
  WindowsOptions*:WindowsSecurityContextOptions RunAsUser*# RunAsGroup*# RunAsNonRoot*?
  ReadOnlyRootFilesystem*? AllowPrivilegeEscalation*? ProcMount* SeccompProfile*:SeccompProfile
  AppArmorProfile*:AppArmorProfile
ServiceAccountTokenProjection Audience ExpirationSeconds# Path
ServicePort Name Protocol AppProtocol* Port# TargetPort!0 NodePort#
SleepAction Seconds#
StorageOSVolumeSource VolumeName VolumeNamespace FSType=fsType ReadOnly? SecretRef*:LocalObjectReference
Sysctl Name Value
TCPSocketAction Port!0 Host
Taint Key Value Effect TimeAdded*!
Toleration Key Operator Value Effect TolerationSeconds*#
TopologySpreadConstraint MaxSkew# TopologyKey WhenUnsatisfiable LabelSelector*! MinDomains*#
  NodeAffinityPolicy* NodeTaintsPolicy* MatchLabelKeys[]
TypedLocalObjectReference APIGroup=apiGroup* Kind Name
TypedObjectReference APIGroup=apiGroup* Kind Name Namespace*
Volume Name ^VolumeSource
VolumeDevice Name DevicePath
VolumeMount Name ReadOnly? RecursiveReadOnly* MountPath SubPath MountPropagation* SubPathExpr
VolumeNodeAffinity Required*:NodeSelector
VolumeProjection Secret*:SecretProjection DownwardAPI*:DownwardAPIProjection ConfigMap*:ConfigMapProjection
  ServiceAccountToken*:ServiceAccountTokenProjection ClusterTrustBundle*:ClusterTrustBundleProjection
  PodCertificate*:PodCertificateProjection
VolumeResourceRequirements Limits{}% Requests{}%
VolumeSource HostPath*:HostPathVolumeSource EmptyDir*:EmptyDirVolumeSource
  GCEPersistentDisk=gcePersistentDisk*:GCEPersistentDiskVolumeSource
  AWSElasticBlockStore=awsElasticBlockStore*:AWSElasticBlockStoreVolumeSource GitRepo*:GitRepoVolumeSource
  Secret*:SecretVolumeSource NFS=nfs*:NFSVolumeSource ISCSI=iscsi*:ISCSIVolumeSource
  Glusterfs*:GlusterfsVolumeSource PersistentVolumeClaim*:PersistentVolumeClaimVolumeSource
  RBD=rbd*:RBDVolumeSource Quobyte*:QuobyteVolumeSource FlexVolume*:FlexVolumeSource
  Cinder*:CinderVolumeSource CephFS=cephfs*:CephFSVolumeSource Flocker*:FlockerVolumeSource
  DownwardAPI*:DownwardAPIVolumeSource FC=fc*:FCVolumeSource AzureFile*:AzureFileVolumeSource
  ConfigMap*:ConfigMapVolumeSource VsphereVolume*:VsphereVirtualDiskVolumeSource
  AzureDisk*:AzureDiskVolumeSource PhotonPersistentDisk*:PhotonPersistentDiskVolumeSource
  Projected*:ProjectedVolumeSource PortworxVolume*:PortworxVolumeSource ScaleIO*:ScaleIOVolumeSource
  StorageOS=storageos*:StorageOSVolumeSource CSI=csi*:CSIVolumeSource Ephemeral*:EphemeralVolumeSource
  Image*:ImageVolumeSource
VsphereVirtualDiskVolumeSource VolumePath FSType=fsType StoragePolicyName StoragePolicyID
WeightedPodAffinityTerm Weight# PodAffinityTerm:PodAffinityTerm
WindowsSecurityContextOptions GMSACredentialSpecName=gmsaCredentialSpecName*
  GMSACredentialSpec=gmsaCredentialSpec* RunAsUserName* HostProcess*?
FlowDistinguisherMethod Type
ParentReference Group Resource Namespace Name
RoleRef APIGroup=apiGroup Kind Name
CELDeviceSelector Expression
CapacityRequirements Requests{}%
DeviceClaim Requests[]:DeviceRequest Constraints[]:DeviceConstraint Config[]:DeviceClaimConfiguration
DeviceClaimConfiguration Requests[] ^DeviceConfiguration
DeviceConfiguration Opaque*:OpaqueDeviceConfiguration
DeviceConstraint Requests[] MatchAttribute* DistinctAttribute*
DeviceRequest Name Exactly*:ExactDeviceRequest FirstAvailable[]:DeviceSubRequest
DeviceSelector CEL=cel*:CELDeviceSelector
DeviceSubRequest Name DeviceClassName Selectors[]:DeviceSelector AllocationMode Count#
  Tolerations[]:DeviceToleration Capacity*:CapacityRequirements
DeviceToleration Key Operator Value Effect TolerationSeconds*#
ExactDeviceRequest DeviceClassName Selectors[]:DeviceSelector AllocationMode Count# AdminAccess*?
  Tolerations[]:DeviceToleration Capacity*:CapacityRequirements
OpaqueDeviceConfiguration Driver Parameters!
ResourceClaimSpec Devices:DeviceClaim
ResourceClaimTemplateSpec @ Spec:ResourceClaimSpec
EventSource Component Host
PodDisruptionBudgetSpec MinAvailable*! Selector*! MaxUnavailable*! UnhealthyPodEvictionPolicy*
CSINodeDriver Name NodeID TopologyKeys[] Allocatable*:VolumeNodeResources
PersistentVolumeSpec Capacity{} ^PersistentVolumeSource AccessModes[] ClaimRef*:ObjectReference
  PersistentVolumeReclaimPolicy StorageClassName MountOptions[] VolumeMode* NodeAffinity*:VolumeNodeAffinity
  VolumeAttributesClassName*
VolumeAttachmentSource PersistentVolumeName* InlineVolumeSpec*:PersistentVolumeSpec
VolumeAttachmentSpec Attacher Source:VolumeAttachmentSource NodeName
VolumeNodeResources Count*#
HPAScalingPolicy Type Value# PeriodSeconds#
HPAScalingRules StabilizationWindowSeconds*# SelectPolicy* Policies[]:HPAScalingPolicy Tolerance*%
HorizontalPodAutoscalerBehavior ScaleUp*:HPAScalingRules ScaleDown*:HPAScalingRules
ExemptPriorityLevelConfiguration NominalConcurrencyShares*# LendablePercent*#
FlowSchemaSpec PriorityLevelConfiguration:PriorityLevelConfigurationReference MatchingPrecedence#
  DistinguisherMethod*:FlowDistinguisherMethod Rules[]:PolicyRulesWithSubjects
GroupSubject Name
LimitResponse Type Queuing*:QueuingConfiguration
LimitedPriorityLevelConfiguration NominalConcurrencyShares# LimitResponse:LimitResponse LendablePercent*#
  BorrowingLimitPercent*#
NonResourcePolicyRule Verbs[] NonResourceURLs[]
PolicyRulesWithSubjects Subjects[]:Subject ResourceRules[]:ResourcePolicyRule
  NonResourceRules[]:NonResourcePolicyRule
PriorityLevelConfigurationReference Name
PriorityLevelConfigurationSpec Type Limited*:LimitedPriorityLevelConfiguration
  Exempt*:ExemptPriorityLevelConfiguration
QueuingConfiguration Queues# HandSize# QueueLengthLimit#
ResourcePolicyRule Verbs[] APIGroups=apiGroups[] Resources[] ClusterScope? Namespaces[]
ServiceAccountSubject Namespace Name
Subject Kind User*:UserSubject Group*:GroupSubject ServiceAccount*:ServiceAccountSubject
UserSubject Name
ValidationRule Rule Message MessageExpression Reason* FieldPath OptionalOldSelf*?
CustomResourceDefinitionVersion Name Served? Storage? Deprecated? DeprecationWarning*
  Schema*:CustomResourceValidation
  Subresources*! AdditionalPrinterColumns[]:CustomResourceColumnDefinition
  SelectableFields[]:SelectableField
CustomResourceValidation OpenAPIV3Schema=openAPIV3Schema*:JSONSchemaProps
JSONSchemaPropsOrArray Schema=schema*:JSONSchemaProps JSONSchemas=schemas[]:JSONSchemaProps
JSONSchemaPropsOrBool Allows? Schema*:JSONSchemaProps
JSONSchemaProps ID=id Schema=$schema Ref=$ref* Description Type Nullable? Format Title Default*!
  Maximum*# ExclusiveMaximum? Minimum*# ExclusiveMinimum? MaxLength*# MinLength*# Pattern
  MaxItems*# MinItems*# UniqueItems? MultipleOf*# Enum[]! MaxProperties*# MinProperties*# Required[]
  Items*:JSONSchemaPropsOrArray AllOf[]:JSONSchemaProps OneOf[]:JSONSchemaProps AnyOf[]:JSONSchemaProps
  Not*:JSONSchemaProps Properties{}:JSONSchemaProps AdditionalProperties*:JSONSchemaPropsOrBool
  PatternProperties{}:JSONSchemaProps Dependencies{}! AdditionalItems*:JSONSchemaPropsOrBool
  Definitions{}:JSONSchemaProps ExternalDocs*! Example*!
  XPreserveUnknownFields=x-kubernetes-preserve-unknown-fields*?
  XEmbeddedResource=x-kubernetes-embedded-resource? XIntOrString=x-kubernetes-int-or-string?
  XListMapKeys=x-kubernetes-list-map-keys[] XListType=x-kubernetes-list-type*
  XMapType=x-kubernetes-map-type* XValidations=x-kubernetes-validations[]:ValidationRule
CustomResourceColumnDefinition Name Type Format Description Priority# JSONPath=jsonPath
SelectableField JSONPath=jsonPath
`
