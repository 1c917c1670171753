// ServiceCIDR `kubernetes`: the configured service ranges as an object, so that others can see and extend them.
//
// Upstream: pkg/controlplane/controller/defaultservicecidr

import { serviceCIDRs } from '#api/resources.ts'
import type { ServiceCIDR } from '#api/types/networking.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import { ensure } from '#apiserver/bootstrap/ensure.ts'
import { formatTime } from '#sys/clock.ts'

const NAME = 'kubernetes'
const MANAGER = 'kubernetes-service-cidr-controller'

/** Creates it, and says that it is ready. One that is there stays as it is. */
export async function ensureServiceCIDR(access: ServerAccess, cidrs: readonly string[]): Promise<void> {
  const wanted: ServiceCIDR = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name: NAME },
    spec: { cidrs },
  }
  await ensure(access.client, serviceCIDRs, wanted)
  const resource = access.client.resource(serviceCIDRs)
  const present = await resource.get('', NAME)
  if (present.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')) return
  const status = {
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: '',
        message: 'Kubernetes default Service CIDR is ready',
        lastTransitionTime: formatTime(access.clock.now()),
      },
    ],
  }
  await resource.patch('', NAME, 'merge', { status }, { subresource: 'status', fieldManager: MANAGER })
}
