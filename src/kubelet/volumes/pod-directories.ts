// Where the kubelet keeps what belongs to a pod. Pure.
//
//   <root>/pods/<uid>/volumes/<plugin>/<volume>     volumes, named as upstream names them
//   <root>/pods/<uid>/volume-subpaths/<volume>/<container>/<n>
//   <root>/pods/<uid>/containers/<container>/<id>   termination messages
//   <root>/pods/<uid>/etc-hosts
//   <root>/memory/<uid>/…                           the same for volumes that may not touch the disk

import path from 'node:path'

export class PodDirectories {
  readonly root: string

  constructor(root: string) {
    this.root = root
  }

  get pods(): string {
    return path.join(this.root, 'pods')
  }

  /** A tmpfs of the node: Secrets and tokens live here. */
  get memory(): string {
    return path.join(this.root, 'memory')
  }

  pod(uid: string): string {
    return path.join(this.pods, uid)
  }

  /** All of a pod's volumes of one kind. */
  volumesOf(uid: string, plugin: string): string {
    return path.join(this.pod(uid), 'volumes', `kubernetes.io~${plugin}`)
  }

  volume(uid: string, plugin: string, name: string): string {
    return path.join(this.volumesOf(uid, plugin), name)
  }

  memoryVolume(uid: string, plugin: string, name: string): string {
    return path.join(this.memory, uid, `kubernetes.io~${plugin}`, name)
  }

  subpath(uid: string, volume: string, container: string, index: number): string {
    return path.join(this.pod(uid), 'volume-subpaths', volume, container, String(index))
  }

  container(uid: string, name: string): string {
    return path.join(this.pod(uid), 'containers', name)
  }

  hostsFile(uid: string): string {
    return path.join(this.pod(uid), 'etc-hosts')
  }
}
