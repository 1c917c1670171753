// The kinds of the API group certificates.k8s.io.

import { certificateSigningRequest } from '#api/kinds/certificates/certificate-signing-request.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'

export const certificatesKinds: readonly KindDefinition[] = [certificateSigningRequest]
