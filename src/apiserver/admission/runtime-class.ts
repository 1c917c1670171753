// RuntimeClass: a pod's runtime class decides its overhead, and adds node selector and tolerations.
//
// Upstream: plugin/pkg/admission/runtimeclass/admission.go

import { semanticEqual } from '#api/meta/equality.ts'
import { runtimeClasses } from '#api/resources.ts'
import type { Pod } from '#api/types/core.ts'
import type { RuntimeClass } from '#api/types/node.ts'
import type { Draft } from '#api/types/wire.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AdmissionPlugin, AdmissionRequest } from '#apiserver/admission/plugin.ts'
import { isFor, objectOf, refuse } from '#apiserver/admission/refuse.ts'
import { mergeTolerations } from '#apiserver/admission/tolerations.ts'
import { unlessNotFound } from '#apiserver/bootstrap/ensure.ts'
import { plainError } from '#apiserver/registry/object-store.ts'

const MISMATCH = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"

export function runtimeClassAdmission(access: ServerAccess): AdmissionPlugin {
  const informer = access.informers.informer(runtimeClasses)

  async function classFor(request: AdmissionRequest): Promise<RuntimeClass | undefined> {
    const name = objectOf<Pod>(request).spec?.runtimeClassName
    if (name === undefined) return undefined
    // asked for by name, which '' is not: an error of the lookup, not of the pod
    if (name === '') throw plainError('resource name may not be empty')
    const found =
      informer.get(name) ?? (await unlessNotFound(access.client.resource(runtimeClasses).get('', name)))
    if (!found) throw refuse(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`)
    return found
  }

  return {
    name: 'RuntimeClass',
    handles: (request) => isFor(request, '', 'pods', ['CREATE']),
    async mutate(request) {
      const runtimeClass = await classFor(request)
      const { spec } = objectOf<Draft<Pod>>(request)
      if (!runtimeClass || !spec) return
      const overhead = runtimeClass.overhead?.podFixed
      if (runtimeClass.overhead) {
        if (Object.keys(spec.overhead ?? {}).length > 0 && !isSameOverhead(overhead, spec.overhead)) {
          throw refuse(request, MISMATCH)
        }
        spec.overhead = { ...overhead }
      }
      if (runtimeClass.scheduling) setScheduling(request, spec, runtimeClass.scheduling)
    },
    async validate(request) {
      const runtimeClass = await classFor(request)
      const overhead = objectOf<Pod>(request).spec?.overhead
      if (runtimeClass?.overhead) {
        if (!isSameOverhead(runtimeClass.overhead.podFixed, overhead)) throw refuse(request, MISMATCH)
      } else if (overhead !== undefined) {
        throw refuse(
          request,
          'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
        )
      }
    },
  }
}

type Overhead = Readonly<Record<string, string>> | undefined

/** By amount: `1000m` is `1`. */
const isSameOverhead = (a: Overhead, b: Overhead): boolean =>
  semanticEqual({ overhead: a ?? {} }, { overhead: b ?? {} })

function setScheduling(
  request: AdmissionRequest,
  spec: NonNullable<Draft<Pod>['spec']>,
  scheduling: NonNullable<RuntimeClass['scheduling']>,
): void {
  const own = spec.nodeSelector ?? {}
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    if (own[key] === undefined || own[key] === value) continue
    const why = `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own[key]}`
    throw refuse(request, why)
  }
  const selector = { ...own, ...scheduling.nodeSelector }
  if (Object.keys(selector).length > 0) spec.nodeSelector = selector
  const tolerations = mergeTolerations(spec.tolerations ?? [], scheduling.tolerations ?? [])
  if (tolerations.length > 0) spec.tolerations = tolerations.map((toleration) => ({ ...toleration }))
}
