// The kinds of the API group networking.k8s.io.

import type { KindDefinition } from '#api/kinds/kind.ts'
import { ingress } from '#api/kinds/networking/ingress.ts'
import { ingressClass } from '#api/kinds/networking/ingress-class.ts'
import { ipAddress } from '#api/kinds/networking/ip-address.ts'
import { networkPolicy } from '#api/kinds/networking/network-policy.ts'
import { serviceCIDR } from '#api/kinds/networking/service-cidr.ts'

export const networkingKinds: readonly KindDefinition[] = [
  ingressClass,
  ingress,
  ipAddress,
  networkPolicy,
  serviceCIDR,
]
