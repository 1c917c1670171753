// The group system:masters may do everything: nobody can lock the administrator out, whatever RBAC says.
//
// Only the cluster's own certificate authority gives it out. Upstream:
// staging/src/k8s.io/apiserver/pkg/authorization/authorizerfactory/builtin.go (NewPrivilegedGroups)

import type { Authorizer } from '#apiserver/request.ts'

export const MASTERS_GROUP = 'system:masters'

export const mastersAuthorizer: Authorizer = {
  name: 'AlwaysAllowMasters',
  authorize: async (user) =>
    user.groups.includes(MASTERS_GROUP)
      ? { decision: 'allow', reason: '' }
      : { decision: 'no-opinion', reason: '' },
}
