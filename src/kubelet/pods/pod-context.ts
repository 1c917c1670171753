// What working on pods needs of its surroundings, made once when the kubelet starts and handed down.

import type { ConfigMap, Pod, Secret, Service } from '#api/types/core.ts'
import type { CgroupTree } from '#kubelet/cgroups/cgroup-tree.ts'
import type { ClusterDNS } from '#kubelet/containers/dns.ts'
import type { Allocatable } from '#kubelet/containers/field-values.ts'
import type { Runtime } from '#kubelet/cri/runtime.ts'
import type { DNSConfig } from '#kubelet/cri/types.ts'
import type { ImagePuller } from '#kubelet/images/image-puller.ts'
import type { Allocations } from '#kubelet/pods/allocations.ts'
import type { Backoff } from '#kubelet/pods/backoff.ts'
import type { Limiter } from '#kubelet/pods/limiter.ts'
import type { PodEvents } from '#kubelet/pods/pod-events.ts'
import type { PodProbes } from '#kubelet/probes/pod-probes.ts'
import type { RuntimeCache } from '#kubelet/runtime/runtime-cache.ts'
import type { StatusWriter } from '#kubelet/status/status-writer.ts'
import type { ImageVolumes } from '#kubelet/volumes/image-volumes.ts'
import type { PodDirectories } from '#kubelet/volumes/pod-directories.ts'
import type { PodVolumes } from '#kubelet/volumes/pod-volumes.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import type { Random } from '#sys/random.ts'

/** Objects that pods refer to. They reject with NotFound when there is no such object. */
export interface ReferredObjects {
  configMap(namespace: string, name: string): Promise<ConfigMap>
  secret(namespace: string, name: string): Promise<Secret>
  services(): readonly Service[]
  /** From now on the pod's objects are watched; what it no longer refers to is let go. */
  register(pod: Pod): void
  unregister(uid: string): void
  /** Handler name of a RuntimeClass; '' for pods without one. */
  runtimeHandler(pod: Pod): Promise<string>
}

export interface PodContext {
  readonly runtime: Runtime
  /** `containerd` */
  readonly runtimeName: string
  readonly cache: RuntimeCache
  readonly images: ImagePuller
  readonly volumes: PodVolumes
  readonly imageVolumes: ImageVolumes
  readonly cgroups: CgroupTree
  readonly probes: PodProbes
  readonly statuses: StatusWriter
  readonly objects: ReferredObjects
  readonly events: PodEvents
  readonly allocations: Allocations
  /** Sandboxes that are made at the same time: more of them only get in each other's way. */
  readonly sandboxes: Limiter
  /** Waits of containers that crash, by `containerBackoffKey`. */
  readonly crashes: Backoff
  readonly directories: PodDirectories
  readonly logRoot: string
  readonly seccompRoot: string
  readonly clusterDNS: ClusterDNS
  /** What the node's own resolv.conf says. */
  hostDNS(): Promise<DNSConfig>
  readonly hostIPs: readonly string[]
  readonly memoryCapacityBytes: number
  allocatable(): Allocatable
  /** Undefined when pods can have a network; else why not. */
  networkProblem(): string | undefined
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}
