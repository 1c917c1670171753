// Which container of a pod a request means: the one it names, or the only one.
//
// Upstream: pkg/registry/core/pod/strategy.go (validateContainer)

import { badRequest } from '#api/meta/status.ts'
import type { Pod } from '#api/types/core.ts'

/** Throws 400 where the request has to say more, or names what the pod does not have. */
export function chooseContainer(pod: Pod, wanted: string): string {
  const podName = pod.metadata?.name ?? ''
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {}
  const names = [...initContainers, ...containers, ...ephemeralContainers].map(({ name }) => name)
  if (wanted !== '') {
    if (names.includes(wanted)) return wanted
    throw badRequest(`container ${wanted} is not valid for pod ${podName}`)
  }
  if (containers.length === 1) return containers[0]!.name
  const choice = containers.length === 0 ? '' : `, choose one of: [${names.join(' ')}]`
  throw badRequest(`a container name must be specified for pod ${podName}${choice}`)
}
