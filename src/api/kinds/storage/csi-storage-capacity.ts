// CSIStorageCapacity: how much room a storage class has in a part of the cluster.
//
// Upstream: pkg/registry/storage/csistoragecapacity/strategy.go

import { selectorWarnings } from '#api/kinds/core/node-label-warnings.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { invalid, Path } from '#api/meta/field-error.ts'
import { nameIsDNSSubdomain } from '#api/meta/names.ts'
import { parseQuantity } from '#api/meta/quantity.ts'
import { each, type FieldErrors, IS_IMMUTABLE, validateLabelSelector } from '#api/meta/validation.ts'
import type { CSIStorageCapacity } from '#api/types/storage.ts'
import type { Draft } from '#api/types/wire.ts'

const NODE_TOPOLOGY = new Path('nodeTopology')
const CLASS_NAME = new Path('storageClassName')

export const csiStorageCapacity = defineKind<Draft<CSIStorageCapacity>>({
  group: 'storage.k8s.io',
  kind: 'CSIStorageCapacity',
  resource: 'csistoragecapacities',
  singular: 'csistoragecapacity',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  allowUnconditionalUpdate: false,
  validate: (object) => validate(object, false),
  *validateUpdate(object, old) {
    const wasInvalid = !validateLabelSelector(old.nodeTopology, NODE_TOPOLOGY).next().done
    yield* validate(object, wasInvalid)
    yield* metadataUpdate(object, old)
    if (!semanticEqual(object.nodeTopology, old.nodeTopology)) {
      yield invalid(NODE_TOPOLOGY, object.nodeTopology, IS_IMMUTABLE)
    }
    if (object.storageClassName !== old.storageClassName) {
      yield invalid(CLASS_NAME, object.storageClassName, IS_IMMUTABLE)
    }
  },
  warnings: ({ nodeTopology }) => [...selectorWarnings(nodeTopology, NODE_TOPOLOGY)],
  warningsOnUpdate: ({ nodeTopology }) => [...selectorWarnings(nodeTopology, NODE_TOPOLOGY)],
})

function* validate(object: CSIStorageCapacity, allowInvalidValues: boolean): FieldErrors {
  yield* namespacedMetadata(object)
  yield* validateLabelSelector(object.nodeTopology, NODE_TOPOLOGY, { allowInvalidValues })
  const name = object.storageClassName ?? ''
  yield* each(CLASS_NAME, name, nameIsDNSSubdomain(name, false))
  if (object.capacity !== undefined && parseQuantity(object.capacity).mantissa < 0n) {
    yield invalid(new Path('capacity'), object.capacity, 'must be greater than or equal to 0')
  }
}
