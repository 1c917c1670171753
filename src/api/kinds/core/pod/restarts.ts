// Whether a container that has ended may start again: by its own rules, its own policy, then the pod's.
//
// Upstream: ContainerShouldRestart, AllContainersCouldRestart in pkg/api/v1/pod/util.go

import type { Container, PodSpec } from '#api/types/core.ts'

/** Whether `container` starts again after `exitCode`. */
export function shouldRestart(container: Container, spec: PodSpec, exitCode: number): boolean {
  const { restartPolicy } = container
  if (restartPolicy !== undefined && (container.restartPolicyRules ?? []).some(appliesTo(exitCode)))
    return true
  return restarts(restartPolicy, exitCode) ?? restarts(spec.restartPolicy, exitCode) ?? true
}

type Rule = NonNullable<Container['restartPolicyRules']>[number]

/** Every action of a rule restarts the container, alone or with all others. */
const appliesTo =
  (exitCode: number) =>
  ({ exitCodes }: Rule): boolean => {
    if (!exitCodes) return false
    const isListed = (exitCodes.values ?? []).includes(exitCode)
    return exitCodes.operator === 'In' ? isListed : !isListed
  }

function restarts(policy: string | undefined, exitCode: number): boolean | undefined {
  if (policy === 'Always') return true
  if (policy === 'OnFailure') return exitCode !== 0
  return policy === 'Never' ? false : undefined
}

/** Whether one container's end may restart all of them. */
export function allContainersCouldRestart(spec: PodSpec): boolean {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? [])].some((container) =>
    (container.restartPolicyRules ?? []).some(({ action }) => action === 'RestartAllContainers'),
  )
}
