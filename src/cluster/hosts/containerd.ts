// The container runtime of one host: its configuration, as text. Pure.
//
// Each host has a containerd of its own (root, state, socket, CNI folder), so that nodes share nothing.

import { PAUSE_IMAGE } from '#cluster/images/names.ts'
import type { NodeLayout } from '#cluster/layout.ts'

export const CNI_BIN_DIR = '/usr/lib/cni'

/**
 * The configuration (version 2, which containerd 1.4 to 2.x read). `canLowerOomScore` is false where
 * CAP_SYS_RESOURCE is missing: runc would fail to start a container that asks for a lower score than ours.
 */
export function containerdConfig(node: NodeLayout, canLowerOomScore: boolean): string {
  return `version = 2
root = "${node.containerdRoot}"
state = "${node.containerdState}"
disabled_plugins = [
  "io.containerd.internal.v1.opt",
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp",
]

[grpc]
  address = "${node.containerdSocket}"

[ttrpc]
  address = "${node.containerdSocket}.ttrpc"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  restrict_oom_score_adj = ${!canLowerOomScore}
  disable_tcp_service = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  max_concurrent_downloads = 3

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${CNI_BIN_DIR}"
    conf_dir = "${node.cniConfDir}"

  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d"

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`
}

const CAP_SYS_RESOURCE = 24n

/** Whether the capability is among those of /proc/self/status (`CapEff`, hexadecimal). */
export function hasSysResource(statusText: string): boolean {
  const match = /^CapEff:\s*([0-9a-f]+)$/m.exec(statusText)
  return match?.[1] !== undefined && ((BigInt(`0x${match[1]}`) >> CAP_SYS_RESOURCE) & 1n) === 1n
}
