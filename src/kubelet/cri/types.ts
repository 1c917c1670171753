// The CRI messages as TypeScript sees them: what is sent may leave fields out, what is received has all.
//
// Field by field the same as messages.ts. Times are nanoseconds since 1970, in a number (exact to a
// microsecond today, which is more than anybody here compares).

export type ContainerState =
  | 'CONTAINER_CREATED'
  | 'CONTAINER_RUNNING'
  | 'CONTAINER_EXITED'
  | 'CONTAINER_UNKNOWN'
export type SandboxState = 'SANDBOX_READY' | 'SANDBOX_NOTREADY'
export type NamespaceMode = 'POD' | 'CONTAINER' | 'NODE' | 'TARGET'
export type MountPropagation =
  | 'PROPAGATION_PRIVATE'
  | 'PROPAGATION_HOST_TO_CONTAINER'
  | 'PROPAGATION_BIDIRECTIONAL'

export type StringMap = Readonly<Record<string, string>>

export interface SandboxMetadata {
  readonly name: string
  readonly uid: string
  readonly namespace: string
  readonly attempt: number
}

export interface Sandbox {
  readonly id: string
  readonly metadata: SandboxMetadata
  readonly state: SandboxState
  readonly createdAt: number
  readonly labels: StringMap
  readonly annotations: StringMap
  readonly runtimeHandler: string
}

export interface SandboxStatus extends Sandbox {
  readonly network: { readonly ip: string; readonly additionalIps: readonly { readonly ip: string }[] } | null
  readonly linux: { readonly namespaces: { readonly options: NamespaceOption | null } | null } | null
}

export interface NamespaceOption {
  readonly network?: NamespaceMode
  readonly pid?: NamespaceMode
  readonly ipc?: NamespaceMode
  readonly targetId?: string
}

export interface SecurityProfile {
  readonly profileType: 'RuntimeDefault' | 'Unconfined' | 'Localhost'
  readonly localhostRef?: string
}

export interface SELinuxOption {
  readonly user?: string
  readonly role?: string
  readonly type?: string
  readonly level?: string
}

export interface SandboxSecurityContext {
  readonly namespaceOptions: NamespaceOption
  readonly selinuxOptions?: SELinuxOption
  readonly runAsUser?: { readonly value: number }
  readonly runAsGroup?: { readonly value: number }
  readonly supplementalGroups?: readonly number[]
  readonly supplementalGroupsPolicy?: 'Merge' | 'Strict'
  readonly privileged?: boolean
  readonly seccomp?: SecurityProfile
  readonly apparmor?: SecurityProfile
}

export interface SandboxConfig {
  readonly metadata: SandboxMetadata
  readonly hostname?: string
  readonly logDirectory: string
  readonly dnsConfig?: DNSConfig
  readonly portMappings?: readonly PortMapping[]
  readonly labels: StringMap
  readonly annotations: StringMap
  readonly linux: {
    readonly cgroupParent: string
    readonly securityContext: SandboxSecurityContext
    readonly sysctls?: StringMap
    readonly resources?: LinuxResources
  }
}

export interface DNSConfig {
  readonly servers: readonly string[]
  readonly searches: readonly string[]
  readonly options: readonly string[]
}

export interface PortMapping {
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
  readonly containerPort: number
  readonly hostPort: number
  readonly hostIp: string
}

export interface LinuxResources {
  readonly cpuPeriod?: number
  readonly cpuQuota?: number
  readonly cpuShares?: number
  readonly memoryLimitInBytes?: number
  readonly oomScoreAdj?: number
  readonly unified?: StringMap
  readonly memorySwapLimitInBytes?: number
}

export interface ContainerMetadata {
  readonly name: string
  readonly attempt: number
}

export interface ImageSpec {
  readonly image: string
  readonly annotations?: StringMap
  readonly userSpecifiedImage?: string
  readonly runtimeHandler?: string
}

export interface Container {
  readonly id: string
  readonly podSandboxId: string
  readonly metadata: ContainerMetadata
  readonly image: ImageSpec
  readonly imageRef: string
  readonly imageId: string
  readonly state: ContainerState
  readonly createdAt: number
  readonly labels: StringMap
  readonly annotations: StringMap
}

export interface Mount {
  readonly containerPath: string
  readonly hostPath: string
  readonly readonly?: boolean
  readonly propagation?: MountPropagation
  readonly recursiveReadOnly?: boolean
  /** In place of `hostPath`, for runtimes that mount images themselves. */
  readonly image?: ImageSpec
  readonly imageSubPath?: string
}

export interface ContainerStatus {
  readonly id: string
  readonly metadata: ContainerMetadata
  readonly state: ContainerState
  readonly createdAt: number
  readonly startedAt: number
  readonly finishedAt: number
  readonly exitCode: number
  readonly image: ImageSpec
  readonly imageRef: string
  readonly imageId: string
  readonly reason: string
  readonly message: string
  readonly labels: StringMap
  readonly annotations: StringMap
  readonly mounts: readonly Mount[]
  readonly logPath: string
  readonly resources: { readonly linux: LinuxResources | null } | null
  readonly user: {
    readonly linux: {
      readonly uid: number
      readonly gid: number
      readonly supplementalGroups: readonly number[]
    } | null
  } | null
  readonly stopSignal: string
}

export interface ContainerSecurityContext {
  readonly capabilities?: {
    readonly addCapabilities: readonly string[]
    readonly dropCapabilities: readonly string[]
  }
  readonly privileged?: boolean
  readonly namespaceOptions: NamespaceOption
  readonly selinuxOptions?: SELinuxOption
  readonly runAsUser?: { readonly value: number }
  readonly runAsGroup?: { readonly value: number }
  readonly runAsUsername?: string
  readonly readonlyRootfs?: boolean
  readonly supplementalGroups?: readonly number[]
  readonly supplementalGroupsPolicy?: 'Merge' | 'Strict'
  readonly noNewPrivs?: boolean
  readonly maskedPaths?: readonly string[]
  readonly readonlyPaths?: readonly string[]
  readonly seccomp?: SecurityProfile
  readonly apparmor?: SecurityProfile
}

export interface ContainerConfig {
  readonly metadata: ContainerMetadata
  readonly image: ImageSpec
  readonly command: readonly string[]
  readonly args: readonly string[]
  readonly workingDir: string
  readonly envs: readonly { readonly key: string; readonly value: Uint8Array }[]
  readonly mounts: readonly Mount[]
  readonly devices: readonly {
    readonly containerPath: string
    readonly hostPath: string
    readonly permissions: string
  }[]
  readonly labels: StringMap
  readonly annotations: StringMap
  /** Relative to the sandbox's logDirectory. */
  readonly logPath: string
  readonly stdin: boolean
  readonly stdinOnce: boolean
  readonly tty: boolean
  readonly stopSignal?: string
  readonly linux: {
    readonly resources: LinuxResources
    readonly securityContext: ContainerSecurityContext
  }
}

export interface Image {
  readonly id: string
  readonly repoTags: readonly string[]
  readonly repoDigests: readonly string[]
  readonly size: number
  readonly uid: { readonly value: number } | null
  readonly username: string
  readonly pinned: boolean
}

export interface AuthConfig {
  readonly username?: string
  readonly password?: string
  readonly auth?: string
  readonly serverAddress?: string
  readonly identityToken?: string
  readonly registryToken?: string
}

export interface RuntimeStatus {
  readonly conditions: readonly {
    readonly type: string
    readonly status: boolean
    readonly reason: string
    readonly message: string
  }[]
  readonly handlers: readonly {
    readonly name: string
    readonly features: {
      readonly recursiveReadOnlyMounts: boolean
      readonly userNamespaces: boolean
    } | null
  }[]
  readonly features: { readonly supplementalGroupsPolicy: boolean } | null
}

export interface RuntimeVersion {
  readonly runtimeName: string
  readonly runtimeVersion: string
  readonly runtimeApiVersion: string
}

type Count = { readonly value: number } | null

export interface FilesystemUsage {
  readonly timestamp: number
  readonly fsId: { readonly mountpoint: string } | null
  readonly usedBytes: Count
  readonly inodesUsed: Count
}

export interface ContainerStats {
  readonly attributes: {
    readonly id: string
    readonly metadata: ContainerMetadata
    readonly labels: StringMap
  }
  readonly cpu: {
    readonly timestamp: number
    readonly usageCoreNanoSeconds: Count
    readonly usageNanoCores: Count
  } | null
  readonly memory: {
    readonly timestamp: number
    readonly workingSetBytes: Count
    readonly usageBytes: Count
    readonly rssBytes: Count
    readonly pageFaults: Count
    readonly majorPageFaults: Count
  } | null
  readonly writableLayer: FilesystemUsage | null
}

export interface ExecResult {
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
  readonly exitCode: number
}
