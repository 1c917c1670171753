// Volumes that no longer work, and files of a volume that lie in each other's way.
//
// Upstream: pkg/api/pod/warnings.go

import { claimWarnings } from '#api/kinds/core/claim-warnings.ts'
import { goQuote, type Path } from '#api/meta/field-error.ts'
import type { DownwardAPIVolumeFile, KeyToPath, Volume, VolumeProjection } from '#api/types/core.ts'

type Warnings = Generator<string, void, undefined>

/** [field, what is to be said, the path where it is not the field] */
const DEAD_VOLUMES: readonly (readonly [field: keyof Volume, text: string, at?: string])[] = [
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+', 'storageOS'],
  ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
]

const LATELY_DEAD_VOLUMES: typeof DEAD_VOLUMES = [
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
]

export function* volumeWarnings(volumes: readonly Volume[], path: Path): Warnings {
  for (const [i, volume] of volumes.entries()) {
    const at = path.index(i)
    yield* deadVolumes(volume, at, DEAD_VOLUMES)
    const template = volume.ephemeral?.volumeClaimTemplate
    if (template) yield* claimWarnings(template.spec, at.child('ephemeral', 'volumeClaimTemplate', 'spec'))
    yield* deadVolumes(volume, at, LATELY_DEAD_VOLUMES)
  }
}

function* deadVolumes(volume: Volume, path: Path, table: typeof DEAD_VOLUMES): Warnings {
  for (const [name, text, at] of table) {
    if (volume[name] !== undefined) yield `${path.child(at ?? name)}: ${text}`
  }
}

interface FileAt {
  readonly path: string
  /** Where the file comes from, in a projected volume. */
  readonly source: string
}

const describe = ({ path, source }: FileAt): string =>
  source === '' ? goQuote(path) : `${goQuote(path)} (${source})`

export function* overlapWarnings(volumes: readonly Volume[]): Warnings {
  for (const { name, configMap, secret, downwardAPI, projected } of volumes) {
    const kinds = [
      [`ConfigMap ${goQuote(configMap?.name ?? '')}`, configMap?.items],
      [`Secret ${goQuote(secret?.secretName ?? '')}`, secret?.items],
      ['DownwardAPI', downwardAPI?.items],
    ] as const
    for (const [what, items] of kinds) yield* overlaps(name, what, [filesOf(items, '')])
    const sources: FileAt[][] = []
    for (const source of projected?.sources ?? []) {
      if (Object.keys(source).length === 0)
        yield `volume ${goQuote(name)} (Projected) has no sources provided`
      sources.push(projectedFiles(source))
    }
    yield* overlaps(name, 'Projected', sources)
  }
}

function* overlaps(volume: string, what: string, sources: readonly (readonly FileAt[])[]): Warnings {
  const known: FileAt[] = []
  for (const file of sources.flat()) {
    for (const other of known) {
      if (!doOverlap(file.path, other.path)) continue
      yield `volume ${goQuote(volume)} (${what}): overlapping paths: ${describe(file)} with ${describe(other)}`
    }
    known.push(file)
  }
}

const doOverlap = (a: string, b: string): boolean =>
  a !== '' && b !== '' && (`${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`))

function filesOf(
  items: readonly (KeyToPath | DownwardAPIVolumeFile)[] | undefined,
  source: string,
): FileAt[] {
  return (items ?? []).map(({ path }) => ({ path: path.replace(/\/+$/, ''), source }))
}

function projectedFiles({ configMap, secret, downwardAPI, serviceAccountToken }: VolumeProjection): FileAt[] {
  if (configMap?.items) return filesOf(configMap.items, `ConfigMap ${goQuote(configMap.name ?? '')}`)
  if (secret?.items) return filesOf(secret.items, `Secret ${goQuote(secret.name ?? '')}`)
  if (downwardAPI?.items) return filesOf(downwardAPI.items, 'DownwardAPI')
  if (serviceAccountToken)
    return filesOf([{ key: '', path: serviceAccountToken.path }], 'ServiceAccountToken')
  return []
}
