// ConfigMap: configuration as keys and values, read by pods as files or as environment.
//
// Upstream: pkg/registry/core/configmap/strategy.go, ValidateConfigMap in pkg/apis/core/validation/validation.go

import { ageColumn, column, field, nameColumn } from '#api/kinds/columns.ts'
import { decodedBytes, MAX_DATA_BYTES, unchangedWhenImmutable } from '#api/kinds/core/data-map.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { invalid, Path, tooLong } from '#api/meta/field-error.ts'
import { each, type FieldErrors } from '#api/meta/validation.ts'
import { isConfigMapKey } from '#api/meta/validation-formats.ts'
import type { ConfigMap } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

const DATA = new Path('data')
const BINARY_DATA = new Path('binaryData')

export const configMap = defineKind<Draft<ConfigMap>>({
  group: '',
  kind: 'ConfigMap',
  resource: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  validate,
  *validateUpdate(object, old) {
    yield* metadataUpdate(object, old)
    yield* unchangedWhenImmutable(object, old, ['data', 'binaryData'])
    yield* validate(object)
  },
  columns: [
    nameColumn(),
    column(
      'Data',
      field('core.v1.ConfigMap', 'data'),
      ({ data, binaryData }) => Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length,
    ),
    ageColumn(),
  ],
})

function* validate(object: ConfigMap): FieldErrors {
  yield* namespacedMetadata(object)
  const { data, binaryData } = object
  let sizeBytes = 0
  for (const [key, value] of Object.entries(data ?? {})) {
    yield* each(DATA.key(key), key, isConfigMapKey(key))
    if (binaryData && Object.hasOwn(binaryData, key)) {
      yield invalid(DATA.key(key), key, 'duplicate of key present in binaryData')
    }
    sizeBytes += Buffer.byteLength(value)
  }
  for (const [key, value] of Object.entries(binaryData ?? {})) {
    yield* each(BINARY_DATA.key(key), key, isConfigMapKey(key))
    sizeBytes += decodedBytes(value)
  }
  if (sizeBytes > MAX_DATA_BYTES) yield tooLong(new Path(), MAX_DATA_BYTES)
}
