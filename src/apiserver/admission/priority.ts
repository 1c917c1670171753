// Priority: a pod's priority class becomes a number, which only the class may decide; one class at most is the default.
//
// Upstream: plugin/pkg/admission/priority/admission.go

import { isNotFound } from '#api/meta/status.ts'
import { priorityClasses } from '#api/resources.ts'
import type { Pod } from '#api/types/core.ts'
import type { PriorityClass } from '#api/types/scheduling.ts'
import type { Draft } from '#api/types/wire.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AdmissionPlugin, AdmissionRequest } from '#apiserver/admission/plugin.ts'
import { isFor, objectOf, oldObjectOf, refuse } from '#apiserver/admission/refuse.ts'

const COMPUTED = 'must not be provided in pod spec; priority admission controller computed'

export function priorityAdmission(access: ServerAccess): AdmissionPlugin {
  const informer = access.informers.informer(priorityClasses)

  /** Of several defaults (two were made at once) the lowest. */
  function defaultClass(): PriorityClass | undefined {
    const defaults = informer.list().filter((candidate) => candidate.globalDefault)
    return defaults.reduce<PriorityClass | undefined>(
      (lowest, candidate) => (lowest && (lowest.value ?? 0) <= (candidate.value ?? 0) ? lowest : candidate),
      undefined,
    )
  }

  async function classNamed(request: AdmissionRequest, name: string): Promise<PriorityClass> {
    const cached = informer.get(name)
    if (cached) return cached
    try {
      return await access.client.resource(priorityClasses).get('', name)
    } catch (error) {
      if (!isNotFound(error)) throw error
      throw refuse(request, `no PriorityClass with name ${name} was found`)
    }
  }

  async function setPriority(request: AdmissionRequest, pod: Draft<Pod>): Promise<void> {
    const { spec } = pod
    if (!spec) return
    const found = spec.priorityClassName ? await classNamed(request, spec.priorityClassName) : defaultClass()
    const name = spec.priorityClassName || found?.metadata?.name
    const priority = found?.value ?? 0
    const policy = found ? found.preemptionPolicy : 'PreemptLowerPriority'
    if (name) spec.priorityClassName = name
    if (spec.priority !== undefined && spec.priority !== priority) {
      const why = `the integer value of priority (${spec.priority}) ${COMPUTED} ${priority} from the given PriorityClass name`
      throw refuse(request, why)
    }
    spec.priority = priority
    if (!policy) return
    if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
      const why = `the string value of PreemptionPolicy (${spec.preemptionPolicy}) ${COMPUTED} ${policy} from the given PriorityClass name`
      throw refuse(request, why)
    }
    spec.preemptionPolicy = policy
  }

  return {
    name: 'Priority',
    handles: (request) =>
      isFor(request, '', 'pods', ['CREATE', 'UPDATE']) ||
      isFor(request, 'scheduling.k8s.io', 'priorityclasses', ['CREATE', 'UPDATE']),
    async mutate(request) {
      if (request.kind.resource !== 'pods') return
      const pod = objectOf<Draft<Pod>>(request)
      if (request.operation === 'CREATE') return setPriority(request, pod)
      const old = oldObjectOf<Pod>(request)
      if (!pod.spec || !old.spec) return
      // A client that does not know these fields leaves them out; that is no change.
      if (pod.spec.priority === undefined && old.spec.priority !== undefined)
        pod.spec.priority = old.spec.priority
      if (pod.spec.preemptionPolicy === undefined && old.spec.preemptionPolicy !== undefined) {
        pod.spec.preemptionPolicy = old.spec.preemptionPolicy
      }
    },
    async validate(request) {
      if (request.kind.resource !== 'priorityclasses') return
      const { globalDefault, metadata } = objectOf<PriorityClass>(request)
      const other = globalDefault ? defaultClass() : undefined
      if (!other || (request.operation === 'UPDATE' && other.metadata?.name === metadata?.name)) return
      const name = other.metadata?.name ?? ''
      throw refuse(request, `PriorityClass ${name} is already marked as default. Only one default can exist`)
    },
  }
}
