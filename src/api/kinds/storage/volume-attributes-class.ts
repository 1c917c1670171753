// VolumeAttributesClass: properties of a volume that can change while it is in use, such as its speed.
//
// Upstream: pkg/registry/storage/volumeattributesclass/strategy.go

import { ageColumn, column, field, nameColumn } from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { clusterMetadata, metadataUpdate } from '#api/kinds/metadata.ts'
import { validateDriver, validateParameters } from '#api/kinds/storage/parameters.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { forbidden, Path } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type { VolumeAttributesClass } from '#api/types/storage.ts'
import type { Draft } from '#api/types/wire.ts'

export const volumeAttributesClass = defineKind<Draft<VolumeAttributesClass>>({
  group: 'storage.k8s.io',
  kind: 'VolumeAttributesClass',
  resource: 'volumeattributesclasses',
  singular: 'volumeattributesclass',
  shortNames: ['vac'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  validate,
  *validateUpdate(object, old) {
    yield* metadataUpdate(object, old)
    for (const name of ['driverName', 'parameters'] as const) {
      if (!semanticEqual(object[name], old[name])) {
        yield forbidden(new Path(name), `updates to ${name} are forbidden.`)
      }
    }
    yield* validate(object)
  },
  columns: [
    nameColumn(),
    column(
      'DriverName',
      field('storage.v1.VolumeAttributesClass', 'driverName'),
      ({ driverName }) => driverName,
    ),
    ageColumn(),
  ],
})

function* validate(object: VolumeAttributesClass): FieldErrors {
  yield* clusterMetadata(object)
  yield* validateDriver(object.driverName, new Path('driverName'))
  yield* validateParameters(object.parameters ?? {}, false, new Path('parameters'))
}
