// An image as an OCI archive: one layer, its configuration, its manifest, an index that names it. Pure.
//
// Source: the OCI image specification 1.0; containerd takes an image's full name from the annotation
// `io.containerd.image.name`.

import { createHash } from 'node:crypto'
import { type TarEntry, tar } from '#cluster/images/tar.ts'

export interface ImageSpec {
  /** `docker.io/library/busybox:1.36` */
  readonly name: string
  readonly files: readonly TarEntry[]
  readonly entrypoint?: readonly string[]
  readonly command?: readonly string[]
  readonly env?: readonly string[]
  readonly workingDir?: string
  readonly exposedPorts?: readonly string[]
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', arm: 'arm' }

export function ociArchive(spec: ImageSpec): Buffer {
  const layer = tar(spec.files)
  const layerDescriptor = describe('application/vnd.oci.image.layer.v1.tar', layer)
  const platform = { architecture: ARCHITECTURES[process.arch] ?? process.arch, os: 'linux' }
  const config = json({
    ...platform,
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...(spec.env ?? [])],
      ...(spec.entrypoint && { Entrypoint: spec.entrypoint }),
      ...(spec.command && { Cmd: spec.command }),
      ...(spec.workingDir && { WorkingDir: spec.workingDir }),
      ...(spec.exposedPorts && {
        ExposedPorts: Object.fromEntries(spec.exposedPorts.map((port) => [port, {}])),
      }),
    },
    rootfs: { type: 'layers', diff_ids: [layerDescriptor.digest] },
    history: [{ created: '1970-01-01T00:00:00Z', created_by: 'k8ts' }],
  })
  const configDescriptor = describe('application/vnd.oci.image.config.v1+json', config)
  const manifest = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: configDescriptor,
    layers: [layerDescriptor],
  })
  const manifestDescriptor = describe('application/vnd.oci.image.manifest.v1+json', manifest)
  const index = json({
    schemaVersion: 2,
    manifests: [
      {
        ...manifestDescriptor,
        platform,
        annotations: {
          'io.containerd.image.name': spec.name,
          'org.opencontainers.image.ref.name': spec.name.split(':').at(-1),
        },
      },
    ],
  })
  const blob = ({ digest }: Descriptor, content: Buffer): TarEntry => ({
    type: 'file',
    path: `blobs/sha256/${digest.slice('sha256:'.length)}`,
    content,
  })
  return tar([
    { type: 'file', path: 'oci-layout', content: json({ imageLayoutVersion: '1.0.0' }) },
    { type: 'file', path: 'index.json', content: index },
    blob(layerDescriptor, layer),
    blob(configDescriptor, config),
    blob(manifestDescriptor, manifest),
  ])
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

const describe = (mediaType: string, content: Buffer): Descriptor => ({
  mediaType,
  digest: `sha256:${createHash('sha256').update(content).digest('hex')}`,
  size: content.length,
})
