// OwnerReferencesPermissionEnforcement (off unless asked for): who makes an object an owner's must be allowed to delete
// it, and who lets it block the owner's deletion must be allowed to set the owner's finalizers.
//
// Upstream: plugin/pkg/admission/gc/gc_admission.go

import type { KindDefinition } from '#api/kinds/kind.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { type ObjectMeta, type OwnerReference, parseApiVersion } from '#api/meta/object.ts'
import type { AdmissionPlugin, AdmissionRequest } from '#apiserver/admission/plugin.ts'
import { refuse } from '#apiserver/admission/refuse.ts'
import type { Authorization } from '#apiserver/authorization/chain.ts'
import type { RequestInfo } from '#apiserver/request.ts'

/** `kindOf` finds the kind that a reference names. */
export function ownerReferencesPermissionEnforcement(
  authorization: Authorization,
  kindOf: (group: string, kind: string) => KindDefinition | undefined,
): AdmissionPlugin {
  const authorize = (request: AdmissionRequest, info: Partial<RequestInfo>) =>
    authorization.authorize(request.user, {
      isResourceRequest: true,
      verb: 'update',
      apiPrefix: '',
      group: '',
      version: '*',
      namespace: '',
      resource: '',
      subresource: 'finalizers',
      name: '',
      parts: [],
      path: '',
      ...info,
    })

  async function checkBlocking(request: AdmissionRequest, ref: OwnerReference): Promise<void> {
    const { group, version } = parseApiVersion(ref.apiVersion)
    const kind = kindOf(group, ref.kind)
    if (!kind) {
      const why = `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${ref.apiVersion} Kind ${ref.kind}: no matches for kind ${JSON.stringify(ref.kind)} in version ${JSON.stringify(ref.apiVersion)}`
      throw refuse(request, why)
    }
    const { decision, reason } = await authorize(request, {
      group,
      version,
      resource: kind.resource,
      name: ref.name,
      namespace: kind.namespaced ? request.namespace : '',
    })
    if (decision === 'allow') return
    const why = `cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: ${reason}, <nil>`
    throw refuse(request, why)
  }

  return {
    name: 'OwnerReferencesPermissionEnforcement',
    handles: ({ operation, kind, subresource }) =>
      (operation === 'CREATE' || operation === 'UPDATE') &&
      // The status of a pod is its kubelet's, which may delete no pods of others.
      !(kind.group === '' && kind.resource === 'pods' && subresource === 'status'),
    async validate(request) {
      const [now, before] = [ownersOf(request.object), ownersOf(request.oldObject)]
      if (semanticEqual(now, before)) return
      if (request.operation !== 'CREATE') {
        const { decision, reason } = await authorize(request, {
          verb: 'delete',
          group: request.kind.group,
          version: request.version,
          resource: request.kind.resource,
          subresource: request.subresource,
          namespace: request.namespace,
          name: request.name,
        })
        if (decision !== 'allow') {
          throw refuse(request, `cannot set an ownerRef on a resource you can't delete: ${reason}, <nil>`)
        }
      }
      const blocked = new Set(before.filter((ref) => ref.blockOwnerDeletion).map((ref) => ref.uid))
      const added = now.filter((ref) => ref.blockOwnerDeletion && !blocked.has(ref.uid))
      if (added.length === 0) return
      const everything = await authorize(request, { group: '*', resource: '*', name: '*' })
      if (everything.decision === 'allow') return
      for (const ref of added) await checkBlocking(request, ref)
    },
  }
}

function ownersOf(object: AdmissionRequest['object']): readonly OwnerReference[] {
  return (object?.['metadata'] as ObjectMeta | undefined)?.ownerReferences ?? []
}
