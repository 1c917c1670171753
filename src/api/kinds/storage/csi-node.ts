// CSINode: the CSI drivers of a node, written by its kubelet.
//
// Upstream: pkg/registry/storage/csinode/strategy.go, ValidateCSINode in pkg/apis/storage/validation

import { ageColumn, column, integer, nameColumn } from '#api/kinds/columns.ts'
import { csiDriverName } from '#api/kinds/core/pod/volume-sources.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { clusterMetadata } from '#api/kinds/metadata.ts'
import { duplicate, invalid, Path, required } from '#api/meta/field-error.ts'
import { type FieldErrors, immutable, nonnegative, qualifiedName } from '#api/meta/validation.ts'
import type { CSINode, CSINodeDriver } from '#api/types/storage.ts'
import type { Draft } from '#api/types/wire.ts'

const DRIVERS = new Path('spec.drivers')
const NODE_ID_MAX_LENGTH = 256

export const csiNode = defineKind<Draft<CSINode>>({
  group: 'storage.k8s.io',
  kind: 'CSINode',
  resource: 'csinodes',
  singular: 'csinode',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: false,
  allowUnconditionalUpdate: false,
  validate,
  *validateUpdate(object, old) {
    yield* validate(object)
    for (const before of old.spec.drivers ?? []) {
      for (const driver of object.spec.drivers ?? []) {
        if (driver.name === before.name) yield* onlyAllocatableChanges(driver, before)
      }
    }
  },
  columns: [
    nameColumn(),
    column(
      'Drivers',
      'Drivers indicates the number of CSI drivers registered on the node',
      ({ spec }) => (spec.drivers ?? []).length,
      integer,
    ),
    ageColumn(),
  ],
})

function* onlyAllocatableChanges(driver: CSINodeDriver, before: CSINodeDriver): FieldErrors {
  const { allocatable: _now, ...rest } = driver
  const { allocatable: _then, ...restBefore } = before
  yield* immutable(DRIVERS, rest, restBefore, internalForm('CSINodeDriver', rest))
}

function* validate(object: CSINode): FieldErrors {
  yield* clusterMetadata(object)
  const names = new Set<string>()
  for (const [i, driver] of (object.spec.drivers ?? []).entries()) {
    const path = DRIVERS.index(i)
    yield* csiDriverName(path.child('name'), driver.name)
    yield* validateNodeId(driver.nodeID ?? '', path.child('nodeID'))
    yield* nonnegative(path.child('allocatable', 'count'), driver.allocatable?.count)
    if (names.has(driver.name)) yield duplicate(path.child('name'), driver.name)
    names.add(driver.name)
    yield* validateTopologyKeys(driver.topologyKeys ?? [], path)
  }
}

function* validateNodeId(nodeID: string, path: Path): FieldErrors {
  if (nodeID === '') yield required(path)
  if (Buffer.byteLength(nodeID) > NODE_ID_MAX_LENGTH) {
    yield invalid(path, nodeID, `must be ${NODE_ID_MAX_LENGTH} characters or less`)
  }
}

function* validateTopologyKeys(keys: readonly string[], path: Path): FieldErrors {
  const seen = new Set<string>()
  for (const key of keys) {
    if (key === '') yield required(path)
    if (seen.has(key)) yield duplicate(path, key)
    seen.add(key)
    yield* qualifiedName(path, key)
  }
}
