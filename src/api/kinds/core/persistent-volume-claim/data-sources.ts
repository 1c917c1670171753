// What a claim is to be filled from: an older field for claims and snapshots, a newer one for anything.
//
// Upstream: pkg/api/persistentvolumeclaim/util.go

import type { PersistentVolumeClaimSpec, TypedLocalObjectReference } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

type Spec = Draft<PersistentVolumeClaimSpec>

/** Drops what the fields cannot mean, then fills each from the other. */
export function alignDataSources(spec: Spec, old: PersistentVolumeClaimSpec | undefined): void {
  const hadSource = old?.dataSource !== undefined || old?.dataSourceRef !== undefined
  // Sources in other namespaces are off by default.
  if (spec.dataSourceRef?.namespace && !old?.dataSourceRef) delete spec.dataSourceRef
  if (!hadSource && !spec.dataSourceRef && !isClaimOrSnapshot(spec.dataSource)) delete spec.dataSource
  const { dataSource, dataSourceRef } = spec
  if (dataSource && !dataSourceRef) spec.dataSourceRef = copyOf(dataSource)
  else if (dataSourceRef && !dataSource && !dataSourceRef.namespace) spec.dataSource = copyOf(dataSourceRef)
}

const copyOf = ({ apiGroup, kind, name }: TypedLocalObjectReference): TypedLocalObjectReference => ({
  ...(apiGroup !== undefined && { apiGroup }),
  kind,
  name,
})

function isClaimOrSnapshot(source: TypedLocalObjectReference | undefined): boolean {
  const group = source?.apiGroup ?? ''
  if (source?.kind === 'PersistentVolumeClaim') return group === ''
  return source?.kind === 'VolumeSnapshot' && group === 'snapshot.storage.k8s.io'
}
