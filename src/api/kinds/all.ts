// Every built-in kind, in the order in which discovery lists the groups.
//
// To add a kind, add its file and a line in the list of its group.

import { admissionregistrationKinds } from '#api/kinds/admissionregistration/group.ts'
import { apiextensionsKinds } from '#api/kinds/apiextensions/group.ts'
import { apiregistrationKinds } from '#api/kinds/apiregistration/group.ts'
import { appsKinds } from '#api/kinds/apps/group.ts'
import { authenticationKinds } from '#api/kinds/authentication/group.ts'
import { authorizationKinds } from '#api/kinds/authorization/group.ts'
import { autoscalingKinds } from '#api/kinds/autoscaling/group.ts'
import { batchKinds } from '#api/kinds/batch/group.ts'
import { certificatesKinds } from '#api/kinds/certificates/group.ts'
import { coordinationKinds } from '#api/kinds/coordination/group.ts'
import { coreKinds } from '#api/kinds/core/group.ts'
import { discoveryKinds } from '#api/kinds/discovery/group.ts'
import { eventsKinds } from '#api/kinds/events/group.ts'
import { flowcontrolKinds } from '#api/kinds/flowcontrol/group.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'
import { networkingKinds } from '#api/kinds/networking/group.ts'
import { nodeKinds } from '#api/kinds/node/group.ts'
import { policyKinds } from '#api/kinds/policy/group.ts'
import { rbacKinds } from '#api/kinds/rbac/group.ts'
import { resourceKinds } from '#api/kinds/resource/group.ts'
import { schedulingKinds } from '#api/kinds/scheduling/group.ts'
import { storageKinds } from '#api/kinds/storage/group.ts'

export const allKinds: readonly KindDefinition[] = [
  ...coreKinds,
  ...apiregistrationKinds,
  ...appsKinds,
  ...eventsKinds,
  ...authenticationKinds,
  ...authorizationKinds,
  ...autoscalingKinds,
  ...batchKinds,
  ...certificatesKinds,
  ...networkingKinds,
  ...policyKinds,
  ...rbacKinds,
  ...storageKinds,
  ...admissionregistrationKinds,
  ...apiextensionsKinds,
  ...schedulingKinds,
  ...coordinationKinds,
  ...nodeKinds,
  ...discoveryKinds,
  ...resourceKinds,
  ...flowcontrolKinds,
]
