// The part of CRI v1 that the kubelet speaks, as data: each message is one line of `name:type=number`.
//
// Numbers and types are the protocol; names are ours (camelCase), since only numbers travel. A leading `*`
// means repeated, `%` a map from string to string. Fields that nobody here reads or sets are absent: the
// decoder skips them. Upstream: staging/src/k8s.io/cri-api/pkg/apis/runtime/v1/api.proto

/** Messages by name. Those without fields have an empty line. */
export const MESSAGES: Readonly<Record<string, string>> = {
  VersionRequest: 'version:string=1',
  VersionResponse: 'version:string=1 runtimeName:string=2 runtimeVersion:string=3 runtimeApiVersion:string=4',
  StatusRequest: 'verbose:bool=1',
  StatusResponse:
    'status:RuntimeStatus=1 info:%string=2 runtimeHandlers:*RuntimeHandler=3 features:RuntimeFeatures=4',
  RuntimeStatus: 'conditions:*RuntimeCondition=1',
  RuntimeCondition: 'type:string=1 status:bool=2 reason:string=3 message:string=4',
  RuntimeHandler: 'name:string=1 features:RuntimeHandlerFeatures=2',
  RuntimeHandlerFeatures: 'recursiveReadOnlyMounts:bool=1 userNamespaces:bool=2',
  RuntimeFeatures: 'supplementalGroupsPolicy:bool=1 userNamespacesHostNetwork:bool=2',
  UpdateRuntimeConfigRequest: 'runtimeConfig:RuntimeConfig=1',
  UpdateRuntimeConfigResponse: '',
  RuntimeConfig: 'networkConfig:NetworkConfig=1',
  NetworkConfig: 'podCidr:string=1',

  RunPodSandboxRequest: 'config:PodSandboxConfig=1 runtimeHandler:string=2',
  RunPodSandboxResponse: 'podSandboxId:string=1',
  StopPodSandboxRequest: 'podSandboxId:string=1',
  StopPodSandboxResponse: '',
  RemovePodSandboxRequest: 'podSandboxId:string=1',
  RemovePodSandboxResponse: '',
  PodSandboxStatusRequest: 'podSandboxId:string=1 verbose:bool=2',
  PodSandboxStatusResponse: 'status:PodSandboxStatus=1 info:%string=2',
  ListPodSandboxRequest: 'filter:PodSandboxFilter=1',
  ListPodSandboxResponse: 'items:*PodSandbox=1',
  PodSandboxFilter: 'id:string=1 state:PodSandboxStateValue=2 labelSelector:%string=3',
  PodSandboxStateValue: 'state:PodSandboxState=1',
  PodSandbox:
    'id:string=1 metadata:PodSandboxMetadata=2 state:PodSandboxState=3 createdAt:int64=4 labels:%string=5 ' +
    'annotations:%string=6 runtimeHandler:string=7',
  PodSandboxStatus:
    'id:string=1 metadata:PodSandboxMetadata=2 state:PodSandboxState=3 createdAt:int64=4 ' +
    'network:PodSandboxNetworkStatus=5 linux:LinuxPodSandboxStatus=6 labels:%string=7 annotations:%string=8 ' +
    'runtimeHandler:string=9',
  PodSandboxNetworkStatus: 'ip:string=1 additionalIps:*PodIP=2',
  PodIP: 'ip:string=1',
  LinuxPodSandboxStatus: 'namespaces:Namespace=1',
  Namespace: 'options:NamespaceOption=2',
  PodSandboxMetadata: 'name:string=1 uid:string=2 namespace:string=3 attempt:uint32=4',
  PodSandboxConfig:
    'metadata:PodSandboxMetadata=1 hostname:string=2 logDirectory:string=3 dnsConfig:DNSConfig=4 ' +
    'portMappings:*PortMapping=5 labels:%string=6 annotations:%string=7 linux:LinuxPodSandboxConfig=8',
  DNSConfig: 'servers:*string=1 searches:*string=2 options:*string=3',
  PortMapping: 'protocol:Protocol=1 containerPort:int32=2 hostPort:int32=3 hostIp:string=4',
  LinuxPodSandboxConfig:
    'cgroupParent:string=1 securityContext:LinuxSandboxSecurityContext=2 sysctls:%string=3 ' +
    'overhead:LinuxContainerResources=4 resources:LinuxContainerResources=5',
  LinuxSandboxSecurityContext:
    'namespaceOptions:NamespaceOption=1 selinuxOptions:SELinuxOption=2 runAsUser:Int64Value=3 ' +
    'runAsGroup:Int64Value=8 readonlyRootfs:bool=4 supplementalGroups:*int64=5 ' +
    'supplementalGroupsPolicy:SupplementalGroupsPolicy=11 privileged:bool=6 seccomp:SecurityProfile=9 ' +
    'apparmor:SecurityProfile=10',
  NamespaceOption:
    'network:NamespaceMode=1 pid:NamespaceMode=2 ipc:NamespaceMode=3 targetId:string=4 usernsOptions:UserNamespace=5',
  UserNamespace: 'mode:NamespaceMode=1 uids:*IDMapping=2 gids:*IDMapping=3',
  IDMapping: 'hostId:uint32=1 containerId:uint32=2 length:uint32=3',
  SecurityProfile: 'profileType:ProfileType=1 localhostRef:string=2',
  SELinuxOption: 'user:string=1 role:string=2 type:string=3 level:string=4',
  Int64Value: 'value:int64=1',
  UInt64Value: 'value:uint64=1',

  CreateContainerRequest: 'podSandboxId:string=1 config:ContainerConfig=2 sandboxConfig:PodSandboxConfig=3',
  CreateContainerResponse: 'containerId:string=1',
  StartContainerRequest: 'containerId:string=1',
  StartContainerResponse: '',
  StopContainerRequest: 'containerId:string=1 timeout:int64=2',
  StopContainerResponse: '',
  RemoveContainerRequest: 'containerId:string=1',
  RemoveContainerResponse: '',
  ListContainersRequest: 'filter:ContainerFilter=1',
  ListContainersResponse: 'containers:*Container=1',
  ContainerFilter: 'id:string=1 state:ContainerStateValue=2 podSandboxId:string=3 labelSelector:%string=4',
  ContainerStateValue: 'state:ContainerState=1',
  Container:
    'id:string=1 podSandboxId:string=2 metadata:ContainerMetadata=3 image:ImageSpec=4 imageRef:string=5 ' +
    'state:ContainerState=6 createdAt:int64=7 labels:%string=8 annotations:%string=9 imageId:string=10',
  ContainerStatusRequest: 'containerId:string=1 verbose:bool=2',
  ContainerStatusResponse: 'status:ContainerStatus=1 info:%string=2',
  ContainerStatus:
    'id:string=1 metadata:ContainerMetadata=2 state:ContainerState=3 createdAt:int64=4 startedAt:int64=5 ' +
    'finishedAt:int64=6 exitCode:int32=7 image:ImageSpec=8 imageRef:string=9 reason:string=10 message:string=11 ' +
    'labels:%string=12 annotations:%string=13 mounts:*Mount=14 logPath:string=15 resources:ContainerResources=16 ' +
    'imageId:string=17 user:ContainerUser=18 stopSignal:Signal=19',
  ContainerResources: 'linux:LinuxContainerResources=1',
  ContainerUser: 'linux:LinuxContainerUser=1',
  LinuxContainerUser: 'uid:int64=1 gid:int64=2 supplementalGroups:*int64=3',
  ContainerMetadata: 'name:string=1 attempt:uint32=2',
  ContainerConfig:
    'metadata:ContainerMetadata=1 image:ImageSpec=2 command:*string=3 args:*string=4 workingDir:string=5 ' +
    'envs:*KeyValue=6 mounts:*Mount=7 devices:*Device=8 labels:%string=9 annotations:%string=10 logPath:string=11 ' +
    'stdin:bool=12 stdinOnce:bool=13 tty:bool=14 linux:LinuxContainerConfig=15 stopSignal:Signal=18',
  KeyValue: 'key:string=1 value:bytes=2',
  Device: 'containerPath:string=1 hostPath:string=2 permissions:string=3',
  Mount:
    'containerPath:string=1 hostPath:string=2 readonly:bool=3 selinuxRelabel:bool=4 propagation:MountPropagation=5 ' +
    'recursiveReadOnly:bool=8 image:ImageSpec=9 imageSubPath:string=10',
  ImageSpec:
    'image:string=1 annotations:%string=2 userSpecifiedImage:string=18 runtimeHandler:string=19 imageRef:string=20',
  LinuxContainerConfig: 'resources:LinuxContainerResources=1 securityContext:LinuxContainerSecurityContext=2',
  LinuxContainerResources:
    'cpuPeriod:int64=1 cpuQuota:int64=2 cpuShares:int64=3 memoryLimitInBytes:int64=4 oomScoreAdj:int64=5 ' +
    'cpusetCpus:string=6 cpusetMems:string=7 unified:%string=9 memorySwapLimitInBytes:int64=10',
  LinuxContainerSecurityContext:
    'capabilities:Capability=1 privileged:bool=2 namespaceOptions:NamespaceOption=3 selinuxOptions:SELinuxOption=4 ' +
    'runAsUser:Int64Value=5 runAsGroup:Int64Value=12 runAsUsername:string=6 readonlyRootfs:bool=7 ' +
    'supplementalGroups:*int64=8 supplementalGroupsPolicy:SupplementalGroupsPolicy=17 noNewPrivs:bool=11 ' +
    'maskedPaths:*string=13 readonlyPaths:*string=14 seccomp:SecurityProfile=15 apparmor:SecurityProfile=16',
  Capability: 'addCapabilities:*string=1 dropCapabilities:*string=2 addAmbientCapabilities:*string=3',
  UpdateContainerResourcesRequest:
    'containerId:string=1 linux:LinuxContainerResources=2 annotations:%string=4',
  UpdateContainerResourcesResponse: '',
  ReopenContainerLogRequest: 'containerId:string=1',
  ReopenContainerLogResponse: '',
  ExecSyncRequest: 'containerId:string=1 cmd:*string=2 timeout:int64=3',
  ExecSyncResponse: 'stdout:bytes=1 stderr:bytes=2 exitCode:int32=3',
  ExecRequest: 'containerId:string=1 cmd:*string=2 tty:bool=3 stdin:bool=4 stdout:bool=5 stderr:bool=6',
  ExecResponse: 'url:string=1',
  AttachRequest: 'containerId:string=1 stdin:bool=2 tty:bool=3 stdout:bool=4 stderr:bool=5',
  AttachResponse: 'url:string=1',
  PortForwardRequest: 'podSandboxId:string=1 port:*int32=2',
  PortForwardResponse: 'url:string=1',

  ListContainerStatsRequest: 'filter:ContainerStatsFilter=1',
  ListContainerStatsResponse: 'stats:*ContainerStats=1',
  ContainerStatsFilter: 'id:string=1 podSandboxId:string=2 labelSelector:%string=3',
  ContainerStats:
    'attributes:ContainerAttributes=1 cpu:CpuUsage=2 memory:MemoryUsage=3 writableLayer:FilesystemUsage=4',
  ContainerAttributes: 'id:string=1 metadata:ContainerMetadata=2 labels:%string=3 annotations:%string=4',
  CpuUsage: 'timestamp:int64=1 usageCoreNanoSeconds:UInt64Value=2 usageNanoCores:UInt64Value=3',
  MemoryUsage:
    'timestamp:int64=1 workingSetBytes:UInt64Value=2 availableBytes:UInt64Value=3 usageBytes:UInt64Value=4 ' +
    'rssBytes:UInt64Value=5 pageFaults:UInt64Value=6 majorPageFaults:UInt64Value=7',
  FilesystemUsage:
    'timestamp:int64=1 fsId:FilesystemIdentifier=2 usedBytes:UInt64Value=3 inodesUsed:UInt64Value=4',
  FilesystemIdentifier: 'mountpoint:string=1',
  GetEventsRequest: '',
  ContainerEventResponse:
    'containerId:string=1 containerEventType:ContainerEventType=2 createdAt:int64=3 ' +
    'podSandboxStatus:PodSandboxStatus=4',

  ListImagesRequest: '',
  ListImagesResponse: 'images:*Image=1',
  ImageStatusRequest: 'image:ImageSpec=1 verbose:bool=2',
  ImageStatusResponse: 'image:Image=1 info:%string=2',
  Image:
    'id:string=1 repoTags:*string=2 repoDigests:*string=3 size:uint64=4 uid:Int64Value=5 username:string=6 ' +
    'spec:ImageSpec=7 pinned:bool=8',
  PullImageRequest: 'image:ImageSpec=1 auth:AuthConfig=2 sandboxConfig:PodSandboxConfig=3',
  PullImageResponse: 'imageRef:string=1',
  AuthConfig:
    'username:string=1 password:string=2 auth:string=3 serverAddress:string=4 identityToken:string=5 ' +
    'registryToken:string=6',
  RemoveImageRequest: 'image:ImageSpec=1',
  RemoveImageResponse: '',
  ImageFsInfoRequest: '',
  ImageFsInfoResponse: 'imageFilesystems:*FilesystemUsage=1 containerFilesystems:*FilesystemUsage=2',
}

/** Enumerations: the position in the list is the number. */
export const ENUMS: Readonly<Record<string, string>> = {
  Protocol: 'TCP UDP SCTP',
  MountPropagation: 'PROPAGATION_PRIVATE PROPAGATION_HOST_TO_CONTAINER PROPAGATION_BIDIRECTIONAL',
  NamespaceMode: 'POD CONTAINER NODE TARGET',
  SupplementalGroupsPolicy: 'Merge Strict',
  ProfileType: 'RuntimeDefault Unconfined Localhost',
  PodSandboxState: 'SANDBOX_READY SANDBOX_NOTREADY',
  ContainerState: 'CONTAINER_CREATED CONTAINER_RUNNING CONTAINER_EXITED CONTAINER_UNKNOWN',
  ContainerEventType:
    'CONTAINER_CREATED_EVENT CONTAINER_STARTED_EVENT CONTAINER_STOPPED_EVENT CONTAINER_DELETED_EVENT',
  Signal:
    'RUNTIME_DEFAULT SIGABRT SIGALRM SIGBUS SIGCHLD SIGCLD SIGCONT SIGFPE SIGHUP SIGILL SIGINT SIGIO SIGIOT SIGKILL ' +
    'SIGPIPE SIGPOLL SIGPROF SIGPWR SIGQUIT SIGSEGV SIGSTKFLT SIGSTOP SIGSYS SIGTERM SIGTRAP SIGTSTP SIGTTIN SIGTTOU ' +
    'SIGURG SIGUSR1 SIGUSR2 SIGVTALRM SIGWINCH SIGXCPU SIGXFSZ SIGRTMIN SIGRTMINPLUS1 SIGRTMINPLUS2 SIGRTMINPLUS3 ' +
    'SIGRTMINPLUS4 SIGRTMINPLUS5 SIGRTMINPLUS6 SIGRTMINPLUS7 SIGRTMINPLUS8 SIGRTMINPLUS9 SIGRTMINPLUS10 ' +
    'SIGRTMINPLUS11 SIGRTMINPLUS12 SIGRTMINPLUS13 SIGRTMINPLUS14 SIGRTMINPLUS15 SIGRTMAXMINUS14 SIGRTMAXMINUS13 ' +
    'SIGRTMAXMINUS12 SIGRTMAXMINUS11 SIGRTMAXMINUS10 SIGRTMAXMINUS9 SIGRTMAXMINUS8 SIGRTMAXMINUS7 SIGRTMAXMINUS6 ' +
    'SIGRTMAXMINUS5 SIGRTMAXMINUS4 SIGRTMAXMINUS3 SIGRTMAXMINUS2 SIGRTMAXMINUS1 SIGRTMAX',
}

/** Calls of `runtime.v1.RuntimeService`; request and response are `<name>Request` and `<name>Response`. */
export const RUNTIME_CALLS = [
  'Version',
  'Status',
  'UpdateRuntimeConfig',
  'RunPodSandbox',
  'StopPodSandbox',
  'RemovePodSandbox',
  'PodSandboxStatus',
  'ListPodSandbox',
  'CreateContainer',
  'StartContainer',
  'StopContainer',
  'RemoveContainer',
  'ListContainers',
  'ContainerStatus',
  'UpdateContainerResources',
  'ReopenContainerLog',
  'ExecSync',
  'Exec',
  'Attach',
  'PortForward',
  'ListContainerStats',
] as const

/** Calls of `runtime.v1.ImageService`. */
export const IMAGE_CALLS = ['ListImages', 'ImageStatus', 'PullImage', 'RemoveImage', 'ImageFsInfo'] as const
