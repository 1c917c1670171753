// The sandbox that a pod's containers share: names, network, DNS, cgroup, security. Pure.
//
// Upstream: pkg/kubelet/kuberuntime/kuberuntime_sandbox.go (generatePodSandboxConfig)

import path from 'node:path'
import type { Container, Pod } from '#api/types/core.ts'
import { sandboxCgroup } from '#kubelet/cgroups/pod-cgroup-config.ts'
import { kernelHostname, podHostname } from '#kubelet/containers/hostname.ts'
import { sandboxSecurity } from '#kubelet/containers/security.ts'
import type { DNSConfig, PortMapping, SandboxConfig } from '#kubelet/cri/types.ts'
import { isHostNetwork } from '#kubelet/pods/pod-spec.ts'
import { sandboxLabels } from '#kubelet/runtime/labels.ts'

export interface SandboxSetup {
  readonly attempt: number
  readonly dns: DNSConfig
  readonly clusterDomain: string
  readonly cgroupParent: string
  /** Where the logs of all pods are: /var/log/pods. */
  readonly logRoot: string
}

export function sandboxConfig(pod: Pod, setup: SandboxSetup): SandboxConfig {
  const { name = '', namespace = '', uid = '' } = pod.metadata ?? {}
  const ports = (pod.spec?.containers ?? []).flatMap(portMappings)
  return {
    metadata: { name, namespace, uid, attempt: setup.attempt },
    ...(!isHostNetwork(pod) && { hostname: kernelHostname(pod, podHostname(pod, setup.clusterDomain)) }),
    logDirectory: podLogDirectory(setup.logRoot, pod),
    dnsConfig: setup.dns,
    ...(ports.length > 0 && { portMappings: ports }),
    labels: sandboxLabels(pod),
    annotations: pod.metadata?.annotations ?? {},
    linux: {
      cgroupParent: setup.cgroupParent,
      securityContext: sandboxSecurity(pod),
      sysctls: sysctlsOf(pod),
      resources: sandboxCgroup(pod),
    },
  }
}

/** `/var/log/pods/<namespace>_<name>_<uid>` */
export function podLogDirectory(logRoot: string, pod: Pod): string {
  const { name = '', namespace = '', uid = '' } = pod.metadata ?? {}
  return path.join(logRoot, `${namespace}_${name}_${uid}`)
}

/** Sysctls may be written with slashes. */
function sysctlsOf(pod: Pod): Record<string, string> {
  const sysctls = pod.spec?.securityContext?.sysctls ?? []
  return Object.fromEntries(sysctls.map(({ name, value }) => [dotted(name), value]))
}

/** `net/ipv4/conf/eth0.1/x` → `net.ipv4.conf.eth0/1.x`: which separator comes first says which is which. */
function dotted(name: string): string {
  const first = /[./]/.exec(name)?.[0]
  if (first !== '/') return name
  return name.replace(/[./]/g, (char) => (char === '/' ? '.' : '/'))
}

/** Ports of a container that the node listens on, or that CNI plugins want to know of; each once. */
function portMappings(container: Container): readonly PortMapping[] {
  const seen = new Set<string>()
  const mappings: PortMapping[] = []
  for (const { containerPort, hostPort = 0, protocol = 'TCP', hostIP = '' } of container.ports ?? []) {
    const key = `${protocol}:${containerPort}:${hostPort}:${hostIP}`
    if (seen.has(key)) continue
    seen.add(key)
    mappings.push({ protocol: protocol as PortMapping['protocol'], containerPort, hostPort, hostIp: hostIP })
  }
  return mappings
}
