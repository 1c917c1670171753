// The kinds of the API group rbac.authorization.k8s.io.

import type { KindDefinition } from '#api/kinds/kind.ts'
import { clusterRole } from '#api/kinds/rbac/cluster-role.ts'
import { clusterRoleBinding } from '#api/kinds/rbac/cluster-role-binding.ts'
import { role } from '#api/kinds/rbac/role.ts'
import { roleBinding } from '#api/kinds/rbac/role-binding.ts'

export const rbacKinds: readonly KindDefinition[] = [clusterRoleBinding, clusterRole, roleBinding, role]
