// Volumes that are made of files from the API: secrets, config maps, the pod's own fields, tokens.
//
// Left out: clusterTrustBundle and podCertificate, which are off by default and dropped before this.
// Upstream: validateProjectedVolumeSource and its kin in pkg/apis/core/validation/validation.go

import { resourceFieldSelector, VOLUME_FIELDS, validateFieldRef } from '#api/kinds/core/pod/downward-api.ts'
import type { PodRules } from '#api/kinds/core/pod/options.ts'
import { localNonReservedPath } from '#api/kinds/core/pod/paths.ts'
import { needs } from '#api/kinds/core/pod/volume-sources.ts'
import { forbidden, invalid, type Path, required } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type {
  ConfigMapVolumeSource,
  DownwardAPIVolumeFile,
  DownwardAPIVolumeSource,
  KeyToPath,
  ProjectedVolumeSource,
  SecretVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '#api/types/core.ts'

function* fileMode(mode: number | undefined, path: Path): FieldErrors {
  if (mode !== undefined && (mode > 0o777 || mode < 0)) {
    yield invalid(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')
  }
}

export function* secretSource(source: SecretVolumeSource, path: Path): FieldErrors {
  yield* needs(path, source, 'secretName')
  yield* fileMode(source.defaultMode, path.child('defaultMode'))
  yield* keysToPaths(source.items, path.child('items'))
}

export function* configMapSource(source: ConfigMapVolumeSource, path: Path): FieldErrors {
  yield* needs(path, source, 'name')
  yield* fileMode(source.defaultMode, path.child('defaultMode'))
  yield* keysToPaths(source.items, path.child('items'))
}

function* keysToPaths(items: readonly KeyToPath[] | undefined, path: Path): FieldErrors {
  for (const [i, item] of (items ?? []).entries()) yield* keyToPath(item, path.index(i))
}

function* keyToPath(item: KeyToPath, path: Path): FieldErrors {
  yield* needs(path, item, 'key', 'path')
  yield* localNonReservedPath(path.child('path'), item.path ?? '')
  yield* fileMode(item.mode, path.child('mode'))
}

export function* downwardApiSource(source: DownwardAPIVolumeSource, path: Path): FieldErrors {
  yield* fileMode(source.defaultMode, path.child('defaultMode'))
  for (const file of source.items ?? []) yield* downwardApiFile(file, path)
}

function* downwardApiFile(file: DownwardAPIVolumeFile, path: Path): FieldErrors {
  yield* needs(path, file, 'path')
  yield* localNonReservedPath(path.child('path'), file.path ?? '')
  if (file.fieldRef) {
    yield* validateFieldRef(file.fieldRef, VOLUME_FIELDS, path.child('fieldRef'))
    if (file.resourceFieldRef) {
      yield invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously')
    }
  } else if (file.resourceFieldRef) {
    yield* resourceFieldSelector(file.resourceFieldRef, path.child('resourceFieldRef'), true)
  } else {
    yield required(path, 'one of fieldRef and resourceFieldRef is required')
  }
  yield* fileMode(file.mode, path.child('mode'))
}

export function* projectedSource(source: ProjectedVolumeSource, path: Path, rules: PodRules): FieldErrors {
  yield* fileMode(source.defaultMode, path.child('defaultMode'))
  const taken = new Set<string>()
  for (const [i, projection] of (source.sources ?? []).entries()) {
    yield* validateProjection(projection, path, path.child('sources').index(i), rules, taken)
  }
}

/** `taken` are the paths of files so far: two sources must not write the same. */
function* validateProjection(
  source: VolumeProjection,
  volumePath: Path,
  path: Path,
  rules: PodRules,
  taken: Set<string>,
): FieldErrors {
  for (const [name, keyed] of [
    ['secret', source.secret],
    ['configMap', source.configMap],
  ] as const) {
    if (!keyed) continue
    yield* needs(path.child(name), keyed, 'name')
    for (const [i, item] of (keyed.items ?? []).entries()) {
      yield* keyToPath(item, path.child(name).child('items').index(i))
      if (isTaken(taken, item.path))
        yield invalid(volumePath, keyed.name ?? '', 'conflicting duplicate paths')
    }
  }
  for (const file of source.downwardAPI?.items ?? []) {
    yield* downwardApiFile(file, path.child('downwardAPI'))
    if (isTaken(taken, file.path)) yield invalid(volumePath, file.path, 'conflicting duplicate paths')
  }
  if (source.serviceAccountToken) {
    yield* tokenProjection(source.serviceAccountToken, volumePath, path.child('serviceAccountToken'), rules)
  }
  if (Object.keys(source).length > 1)
    yield forbidden(path, 'may not specify more than 1 volume type per source')
}

function isTaken(taken: Set<string>, path: string | undefined): boolean {
  if (!path) return false
  if (taken.has(path)) return true
  taken.add(path)
  return false
}

const TOKEN_MIN_SECONDS = 600
const TOKEN_MAX_SECONDS = 2 ** 32

function* tokenProjection(
  token: ServiceAccountTokenProjection,
  volumePath: Path,
  path: Path,
  rules: PodRules,
): FieldErrors {
  const seconds = token.expirationSeconds ?? 0
  if (seconds < TOKEN_MIN_SECONDS) {
    yield invalid(path.child('expirationSeconds'), seconds, 'may not specify a duration less than 10 minutes')
  }
  if (seconds > TOKEN_MAX_SECONDS) {
    yield invalid(
      path.child('expirationSeconds'),
      seconds,
      'may not specify a duration larger than 2^32 seconds',
    )
  }
  if (!token.path) yield required(volumePath.child('path'))
  else if (!rules.allowAnyTokenPath) yield* localNonReservedPath(volumePath.child('path'), token.path)
}
