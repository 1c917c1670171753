// What a request means when it does not say: one device, and tolerations of equal values.
//
// Upstream: pkg/apis/resource/v1/defaults.go

import type { DeviceSubRequest, ResourceClaimSpec } from '#api/types/resource.ts'
import type { Draft } from '#api/types/wire.ts'

export function requestDefaults(spec: Draft<ResourceClaimSpec> | undefined): void {
  for (const { exactly, firstAvailable } of spec?.devices?.requests ?? []) {
    if (exactly) fill(exactly)
    for (const alternative of firstAvailable ?? []) fill(alternative)
  }
}

type AnyRequest = Omit<Draft<DeviceSubRequest>, 'name'>

function fill(request: AnyRequest): void {
  request.allocationMode ||= 'ExactCount'
  if (request.allocationMode === 'ExactCount') request.count ||= 1
  for (const toleration of request.tolerations ?? []) toleration.operator ||= 'Equal'
}
