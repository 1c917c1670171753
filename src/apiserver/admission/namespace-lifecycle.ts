// NamespaceLifecycle: nothing is created in a namespace that is absent or going away, and some namespaces stay.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go

import { forbidden, isForbidden, StatusError } from '#api/meta/status.ts'
import { namespaces } from '#api/resources.ts'
import type { Namespace } from '#api/types/core.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AdmissionPlugin, AdmissionRequest } from '#apiserver/admission/plugin.ts'
import { refuse } from '#apiserver/admission/refuse.ts'

const IMMORTAL = new Set(['default', 'kube-system', 'kube-public'])
/** After somebody asked for a namespace's deletion the cache is not trusted for so long. */
const DISTRUST_MS = 30_000
const MAX_DISTRUSTED = 100

export function namespaceLifecycle(access: ServerAccess): AdmissionPlugin {
  const { client, clock } = access
  const informer = access.informers.informer(namespaces)
  /** Namespace → until when (monotonic) its cached state may be wrong. */
  const distrusted = new Map<string, number>()

  function distrust(name: string): void {
    if (distrusted.size >= MAX_DISTRUSTED) distrusted.delete(distrusted.keys().next().value ?? '')
    distrusted.set(name, clock.monotonic() + DISTRUST_MS)
  }

  async function find(name: string): Promise<Namespace> {
    const cached = informer.get(name)
    const mayBeStale = (distrusted.get(name) ?? 0) > clock.monotonic() && cached?.status?.phase === 'Active'
    return cached && !mayBeStale ? cached : client.resource(namespaces).get('', name)
  }

  return {
    name: 'NamespaceLifecycle',
    handles: ({ operation }) => operation !== 'CONNECT',
    async mutate(request) {
      const { kind, operation, namespace } = request
      if (kind.group === '' && kind.resource === 'namespaces') {
        if (operation !== 'DELETE') return
        if (IMMORTAL.has(request.name)) {
          throw forbidden(
            { group: '', resource: 'namespaces' },
            request.name,
            'this namespace may not be deleted',
          )
        }
        if (!request.dryRun) distrust(request.name)
        return
      }
      // To say that a namespace does not exist would tell it to somebody who only may ask for rights.
      if (!kind.namespaced || operation === 'DELETE' || kind.resource === 'localsubjectaccessreviews') return
      const { status } = await find(namespace)
      if (operation === 'CREATE' && status?.phase === 'Terminating') throw terminating(request)
    },
  }
}

function terminating(request: AdmissionRequest): StatusError {
  const { namespace } = request
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`
  const error = refuse(request, why)
  if (!isForbidden(error)) return error
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  }
  return new StatusError({ ...error.status, details: { ...error.status.details, causes: [cause] } })
}
