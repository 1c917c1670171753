// DeviceClass: a sort of device that claims can ask for.
//
// Upstream: pkg/registry/resource/deviceclass/strategy.go

import { ageColumn, nameColumn } from '#api/kinds/columns.ts'
import { isExtendedResource } from '#api/kinds/core/resource-names.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { clusterMetadata, metadataUpdate } from '#api/kinds/metadata.ts'
import { MAX_CONFIGS, validateConfiguration, validateSelectors } from '#api/kinds/resource/device-claim.ts'
import { boundedList } from '#api/kinds/resource/lists.ts'
import { invalid, Path } from '#api/meta/field-error.ts'
import { isDNS1123Subdomain } from '#api/meta/names.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type { DeviceClass } from '#api/types/resource.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')
/** A declared rule upstream, and those count bytes. */
const validateName = (name: string): readonly string[] => isDNS1123Subdomain(name, 'bytes')

export const deviceClass = defineKind<Draft<DeviceClass>>({
  group: 'resource.k8s.io',
  kind: 'DeviceClass',
  resource: 'deviceclasses',
  singular: 'deviceclass',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: true,
  allowUnconditionalUpdate: true,
  *validate(object) {
    yield* clusterMetadata(object, validateName)
    yield* validateSpec(object)
  },
  *validateUpdate(object, old) {
    yield* clusterMetadata(object, validateName)
    yield* metadataUpdate(object, old)
    yield* validateSpec(object)
  },
  columns: [nameColumn(), ageColumn()],
})

function* validateSpec({ spec }: DeviceClass): FieldErrors {
  const { selectors, config, extendedResourceName } = spec ?? {}
  yield* validateSelectors(selectors, SPEC.child('selectors'))
  yield* boundedList(config, MAX_CONFIGS, SPEC.child('config'), validateConfiguration)
  if (extendedResourceName !== undefined && !isExtendedResource(extendedResourceName)) {
    const text = 'must be a valid extended resource name'
    yield invalid(SPEC.child('extendedResourceName'), extendedResourceName, text)
  }
}
