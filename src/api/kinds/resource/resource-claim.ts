// ResourceClaim: asks for devices; allocated by the scheduler, reserved for pods.
//
// Upstream: pkg/registry/resource/resourceclaim/strategy.go
// Left out: whether the namespace lets its users ask for access as an administrator

import { ageColumn, column, nameColumn } from '#api/kinds/columns.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { allocatedDevices, deviceId, validateClaimStatus } from '#api/kinds/resource/claim-status.ts'
import { validateDeviceClaim } from '#api/kinds/resource/device-claim.ts'
import { requestDefaults } from '#api/kinds/resource/request-defaults.ts'
import { keepField, keepMetadata } from '#api/kinds/status-metadata.ts'
import { Path } from '#api/meta/field-error.ts'
import { immutable } from '#api/meta/validation.ts'
import type { ResourceClaim } from '#api/types/resource.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')

export const resourceClaim = defineKind<Draft<ResourceClaim>>({
  group: 'resource.k8s.io',
  kind: 'ResourceClaim',
  resource: 'resourceclaims',
  singular: 'resourceclaim',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: false,
  allowUnconditionalUpdate: true,
  defaults: ({ spec }) => requestDefaults(spec),
  prepareForCreate(draft) {
    draft.status = {}
  },
  prepareForUpdate: (draft, old) => keepField(draft, old, 'status'),
  *validate(object) {
    yield* namespacedMetadata(object)
    yield* validateDeviceClaim(object.spec?.devices ?? {}, SPEC.child('devices'))
  },
  *validateUpdate(object, old) {
    yield* namespacedMetadata(object)
    yield* metadataUpdate(object, old)
    yield* immutable(SPEC, object.spec, old.spec, internalForm('ResourceClaimSpec', object.spec ?? {}))
  },
  status: {
    prepareForUpdate(draft, old) {
      keepField(draft, old, 'spec')
      keepMetadata(draft, old)
      forgetDeallocated(draft, old)
    },
    *validateUpdate(object, old) {
      yield* metadataUpdate(object, old)
      yield* validateClaimStatus(object, old)
    },
  },
  columns: [
    nameColumn(),
    column('State', 'A summary of the current state (allocated, pending, reserved, etc.).', stateOf),
    ageColumn(),
  ],
})

/** What drivers reported of devices that the claim has no more. */
function forgetDeallocated(draft: Draft<ResourceClaim>, old: ResourceClaim): void {
  const devices = draft.status?.devices
  if (!draft.status || !devices) return
  const now = allocatedDevices(draft)
  const gone = new Set([...allocatedDevices(old)].filter((id) => !now.has(id)))
  const left = devices.filter((device) => !gone.has(deviceId(device)))
  if (left.length > 0) draft.status.devices = left
  else delete draft.status.devices
}

function stateOf({ metadata, status }: ResourceClaim): string {
  const states: string[] = []
  if (metadata?.deletionTimestamp !== undefined) states.push('deleted')
  if (!status?.allocation) {
    if (states.length === 0) states.push('pending')
  } else {
    states.push('allocated')
    states.push(...((status.reservedFor ?? []).length > 0 ? ['reserved'] : []))
  }
  return states.join(',')
}
