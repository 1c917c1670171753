// File systems of images as containerd itself serves them, for those of its versions whose CRI does not mount images.
//
// CRI's socket serves containerd's own API too. A *view* is a snapshot without a layer of its own: it says how an image's
// layers are mounted, and keeps them on the disk, even when the image is removed, until the view is.
// Upstream: github.com/containerd/containerd/api/services/snapshots

import grpc from '@grpc/grpc-js'
import { CHANNEL_OPTIONS, CriError, isNotFound, unary } from '#kubelet/cri/channel.ts'
import { loadTable } from '#kubelet/cri/proto-table.ts'

/** What mount(2) takes. */
export interface FilesystemMount {
  /** `overlay`, or `bind` for an image of one layer. */
  readonly type: string
  readonly source: string
  readonly options: readonly string[]
}

export interface Snapshots {
  /** The view with this name, made of the image's topmost layer unless it is there already. */
  view(snapshotter: string, key: string, chainId: string): Promise<readonly FilesystemMount[]>
  /** Done as well when there is no such view. */
  remove(snapshotter: string, key: string): Promise<void>
  /** Frees now what has been removed: containerd alone does it after a hundred changes. */
  collect(): Promise<void>
  close(): void
}

const TIMEOUT_MS = 60_000
/** Where CRI keeps its images. */
const NAMESPACE = 'k8s.io'
/** Without it containerd would take the view for garbage; a lease would run out under a running container. */
const KEPT = { 'containerd.io/gc.root': '1' }

/** A lease of nothing: to delete it is a reason to collect, and to wait for it. */
const COLLECTING = 'k8ts-collecting'

const isAlreadyThere = (error: unknown): boolean =>
  error instanceof CriError && error.code === grpc.status.ALREADY_EXISTS

const SERVICE = loadTable({
  package: 'containerd.services.snapshots.v1',
  messages: {
    ViewSnapshotRequest: 'snapshotter:string=1 key:string=2 parent:string=3 labels:%string=4',
    ViewSnapshotResponse: 'mounts:*Mount=1',
    MountsRequest: 'snapshotter:string=1 key:string=2',
    MountsResponse: 'mounts:*Mount=1',
    RemoveSnapshotRequest: 'snapshotter:string=1 key:string=2',
    Empty: '',
    Mount: 'type:string=1 source:string=2 options:*string=4',
  },
  services: {
    Snapshots: {
      View: { requestType: 'ViewSnapshotRequest', responseType: 'ViewSnapshotResponse' },
      Mounts: {},
      Remove: { requestType: 'RemoveSnapshotRequest', responseType: 'Empty' },
    },
  },
})

const LEASES = loadTable({
  package: 'containerd.services.leases.v1',
  messages: {
    CreateRequest: 'id:string=1 labels:%string=3',
    CreateResponse: '',
    DeleteRequest: 'id:string=1 sync:bool=2',
    Empty: '',
  },
  services: { Leases: { Create: {}, Delete: { responseType: 'Empty' } } },
})

export function connectSnapshots(socket: string): Snapshots {
  const open = (definition: unknown): grpc.Client => {
    const Client = grpc.makeGenericClientConstructor(definition as grpc.ServiceDefinition, '')
    return new Client(`unix://${socket}`, grpc.credentials.createInsecure(), CHANNEL_OPTIONS)
  }
  const client = open(SERVICE['containerd.services.snapshots.v1.Snapshots'])
  const leases = open(LEASES['containerd.services.leases.v1.Leases'])
  const metadata = new grpc.Metadata()
  metadata.set('containerd-namespace', NAMESPACE)
  const call = <T>(name: string, request: object): Promise<T> =>
    unary<T>(client, name, request, TIMEOUT_MS, undefined, metadata)
  const lease = (name: string, request: object): Promise<object> =>
    unary(leases, name, request, TIMEOUT_MS, undefined, metadata)

  return {
    async view(snapshotter, key, parent) {
      try {
        const request = { snapshotter, key, parent, labels: KEPT }
        return (await call<{ mounts: FilesystemMount[] }>('View', request)).mounts
      } catch (error) {
        if (!isAlreadyThere(error)) throw error
        return (await call<{ mounts: FilesystemMount[] }>('Mounts', { snapshotter, key })).mounts
      }
    },
    async remove(snapshotter, key) {
      await call('Remove', { snapshotter, key }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
    },
    async collect() {
      await lease('Create', { id: COLLECTING }).catch((error: unknown) => {
        if (!isAlreadyThere(error)) throw error
      })
      await lease('Delete', { id: COLLECTING, sync: true })
    },
    close() {
      client.close()
      leases.close()
    },
  }
}
