// StorageClass: how volumes are made when a claim asks for one.
//
// Upstream: pkg/registry/storage/storageclass/strategy.go, ValidateStorageClass in pkg/apis/storage/validation

import { ageColumn, column, field, nameColumnWithDefault } from '#api/kinds/columns.ts'
import { deprecatedLabel } from '#api/kinds/core/node-label-warnings.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { clusterMetadata, metadataUpdate } from '#api/kinds/metadata.ts'
import { validateDriver, validateParameters } from '#api/kinds/storage/parameters.ts'
import { duplicate, Path, required } from '#api/meta/field-error.ts'
import { type FieldErrors, immutable, oneOf, qualifiedName } from '#api/meta/validation.ts'
import { equalValues } from '#api/patch/apply/values.ts'
import type { TopologySelectorTerm } from '#api/types/core.ts'
import type { StorageClass } from '#api/types/storage.ts'
import type { Draft } from '#api/types/wire.ts'

const RECLAIM_POLICIES = ['Delete', 'Retain']
const BINDING_MODES = ['Immediate', 'WaitForFirstConsumer']
const DEFAULT_ANNOTATIONS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
]
const TOPOLOGIES = new Path('allowedTopologies')
const described = (name: string): ReturnType<typeof field> => field('storage.v1.StorageClass', name)

export const storageClass = defineKind<Draft<StorageClass>>({
  group: 'storage.k8s.io',
  kind: 'StorageClass',
  resource: 'storageclasses',
  singular: 'storageclass',
  shortNames: ['sc'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  defaults(draft) {
    draft.reclaimPolicy ??= 'Delete'
    draft.volumeBindingMode ??= 'Immediate'
  },
  validate,
  *validateUpdate(object, old) {
    yield* validate(object)
    yield* metadataUpdate(object, old)
    yield* immutable(new Path('parameters'), object.parameters ?? null, old.parameters ?? null)
    for (const name of ['provisioner', 'reclaimPolicy', 'volumeBindingMode'] as const) {
      yield* immutable(new Path(name), object[name], old[name])
    }
  },
  warnings: warningsFor,
  warningsOnUpdate: warningsFor,
  columns: [
    nameColumnWithDefault(DEFAULT_ANNOTATIONS),
    column('Provisioner', described('provisioner'), ({ provisioner }) => provisioner),
    column('ReclaimPolicy', described('reclaimPolicy'), ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete'),
    column(
      'VolumeBindingMode',
      described('volumeBindingMode'),
      ({ volumeBindingMode }) => volumeBindingMode ?? 'Immediate',
    ),
    column(
      'AllowVolumeExpansion',
      described('allowVolumeExpansion'),
      ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false,
    ),
    ageColumn(),
  ],
})

function* validate(object: StorageClass): FieldErrors {
  yield* clusterMetadata(object)
  yield* validateDriver(object.provisioner, new Path('provisioner'))
  yield* validateParameters(object.parameters ?? {}, true, new Path('parameters'))
  if (object.reclaimPolicy) yield* oneOf(new Path('reclaimPolicy'), object.reclaimPolicy, RECLAIM_POLICIES)
  const mode = new Path('volumeBindingMode')
  if (object.volumeBindingMode === undefined) yield required(mode)
  else yield* oneOf(mode, object.volumeBindingMode, BINDING_MODES)
  yield* validateTopologies(object.allowedTopologies ?? [])
}

function* validateTopologies(terms: readonly TopologySelectorTerm[]): FieldErrors {
  // upstream compares with as many empty terms first
  const seen: Record<string, string[]>[] = terms.map(() => ({}))
  for (const [i, term] of terms.entries()) {
    const path = TOPOLOGIES.index(i).child('matchLabelExpressions')
    const values: Record<string, string[]> = {}
    for (const [j, requirement] of (term.matchLabelExpressions ?? []).entries()) {
      yield* validateRequirement(requirement, path.index(j))
      if (Object.hasOwn(values, requirement.key)) {
        yield duplicate(path.index(j).child('key'), requirement.key)
      }
      values[requirement.key] = [...new Set(requirement.values)].sort()
    }
    for (const other of seen) if (equalValues(values, other)) yield duplicate(path, '')
    seen.push(values)
  }
}

type Requirement = NonNullable<TopologySelectorTerm['matchLabelExpressions']>[number]

function* validateRequirement({ key, values }: Requirement, path: Path): FieldErrors {
  const seen = new Set<string>()
  if ((values ?? []).length === 0) yield required(path.child('values'))
  for (const [i, value] of (values ?? []).entries()) {
    if (seen.has(value)) yield duplicate(path.child('values').index(i), value)
    seen.add(value)
  }
  yield* qualifiedName(path.child('key'), key)
}

function warningsFor({ allowedTopologies }: StorageClass): string[] {
  return (allowedTopologies ?? []).flatMap(({ matchLabelExpressions }, i) =>
    (matchLabelExpressions ?? []).flatMap(({ key }, j) => {
      const text = deprecatedLabel(key)
      const path = TOPOLOGIES.index(i).child('matchLabelExpressions').index(j).child('key')
      return text === undefined ? [] : [`${path}: ${text}`]
    }),
  )
}
