// ResourceSlice: the devices that a driver offers on a node or in a pool.
//
// Upstream: pkg/registry/resource/resourceslice/strategy.go

import { ageColumn, column, longField, nameColumn } from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { clusterMetadata, metadataUpdate } from '#api/kinds/metadata.ts'
import { validateSliceSpec } from '#api/kinds/resource/slice-spec.ts'
import { formatTime } from '#api/meta/time.ts'
import type { ResourceSlice } from '#api/types/resource.ts'
import type { Draft } from '#api/types/wire.ts'

/** Values of attributes that are behind a switch which is off by default. */
const LISTS = ['bools', 'ints', 'strings', 'versions']

export const resourceSlice = defineKind<Draft<ResourceSlice>>({
  group: 'resource.k8s.io',
  kind: 'ResourceSlice',
  resource: 'resourceslices',
  singular: 'resourceslice',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: true,
  allowUnconditionalUpdate: true,
  prepareForCreate: (draft, { now }) => prepare(draft, now),
  prepareForUpdate: (draft, _old, { now }) => prepare(draft, now),
  *validate(object) {
    yield* clusterMetadata(object)
    yield* validateSliceSpec(object.spec ?? {}, undefined)
  },
  *validateUpdate(object, old) {
    yield* metadataUpdate(object, old)
    yield* validateSliceSpec(object.spec ?? {}, old.spec ?? {})
  },
  warnings: driverWarnings,
  warningsOnUpdate: driverWarnings,
  notSelectable: (field, version) =>
    `field label not supported for resource.k8s.io/${version}, Kind=ResourceSlice: ${field}`,
  selectableFields: {
    'spec.nodeName': ({ spec }) => spec?.nodeName ?? '',
    'spec.driver': ({ spec }) => spec?.driver ?? '',
  },
  columns: [
    nameColumn(),
    column(
      'Node',
      longField('resource.v1.ResourceSliceSpec', 'nodeName'),
      ({ spec }) => spec?.nodeName ?? '',
    ),
    column('Driver', longField('resource.v1.ResourceSliceSpec', 'driver'), ({ spec }) => spec?.driver ?? ''),
    column('Pool', longField('resource.v1.ResourcePool', 'name'), ({ spec }) => spec?.pool?.name ?? ''),
    ageColumn(),
  ],
})

/** Taints begin when they are first written, and fields that are switched off are not kept. */
function prepare({ spec }: Draft<ResourceSlice>, now: number): void {
  for (const device of spec?.devices ?? []) {
    for (const taint of device.taints ?? []) taint.timeAdded ??= formatTime(now)
    delete device.nodeAllocatableResourceMappings
    for (const attribute of Object.values(device.attributes ?? {})) {
      for (const name of LISTS) delete (attribute as Record<string, unknown>)[name]
    }
  }
}

function driverWarnings({ spec }: ResourceSlice): readonly string[] {
  const driver = spec?.driver ?? ''
  if (driver === driver.toLowerCase()) return []
  return [
    `spec.driver: driver names should be lowercase; ${JSON.stringify(driver)} contains uppercase characters`,
  ]
}
