// A container as the runtime is to make it, put together from its parts. Pure.
//
// Upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go (generateContainerConfig)

import path from 'node:path'
import type { Container, Pod } from '#api/types/core.ts'
import { containerCgroup } from '#kubelet/cgroups/pod-cgroup-config.ts'
import type { Environment } from '#kubelet/containers/environment.ts'
import { expand, lookupIn } from '#kubelet/containers/expansion.ts'
import { containerSecurity, type ImageUser } from '#kubelet/containers/security.ts'
import type { ContainerConfig, Mount } from '#kubelet/cri/types.ts'
import { containerAnnotations, containerLabels } from '#kubelet/runtime/labels.ts'

export interface ContainerSetup {
  readonly restartCount: number
  /** What the runtime knows the image by. */
  readonly imageRef: string
  readonly imageUser: ImageUser
  readonly environment: Environment
  readonly mounts: readonly Mount[]
  readonly seccompRoot: string
  readonly memoryCapacityBytes: number
  /** The container that an ephemeral one looks at. */
  readonly targetId?: string | undefined
}

export function containerConfig(pod: Pod, container: Container, setup: ContainerSetup): ContainerConfig {
  const lookup = lookupIn(setup.environment)
  const stopSignal = container.lifecycle?.stopSignal
  return {
    metadata: { name: container.name, attempt: setup.restartCount },
    image: { image: setup.imageRef, userSpecifiedImage: container.image ?? '' },
    command: (container.command ?? []).map((text) => expand(text, lookup)),
    args: (container.args ?? []).map((text) => expand(text, lookup)),
    workingDir: container.workingDir ?? '',
    envs: [...setup.environment].map(([key, value]) => ({ key, value: Buffer.from(value) })),
    mounts: setup.mounts,
    devices: [],
    labels: containerLabels(pod, container),
    annotations: containerAnnotations(pod, container, setup.restartCount),
    logPath: logPath(container.name, setup.restartCount),
    stdin: container.stdin === true,
    stdinOnce: container.stdinOnce === true,
    tty: container.tty === true,
    ...(stopSignal && { stopSignal: stopSignal.replace('+', 'PLUS').replace('-', 'MINUS') }),
    linux: {
      resources: containerCgroup(pod, container, setup.memoryCapacityBytes),
      securityContext: containerSecurity(pod, container, setup.imageUser, setup.seccompRoot, setup.targetId),
    },
  }
}

/** Below the pod's log directory: `web/0.log`. */
export function logPath(containerName: string, restartCount: number): string {
  return path.join(containerName, `${restartCount}.log`)
}
