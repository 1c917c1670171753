// What the kubelet writes on sandboxes and containers, so that after a restart it knows them again.
//
// The keys and the hash are upstream's: a node may change from one kubelet to the other under running pods.
// Upstream: pkg/kubelet/kuberuntime/labels.go, pkg/kubelet/container/helpers.go (HashContainer)

import type { Container, LifecycleHandler, Pod } from '#api/types/core.ts'

export const POD_NAME = 'io.kubernetes.pod.name'
export const POD_NAMESPACE = 'io.kubernetes.pod.namespace'
export const POD_UID = 'io.kubernetes.pod.uid'
export const CONTAINER_NAME = 'io.kubernetes.container.name'

const HASH = 'io.kubernetes.container.hash'
const RESTART_COUNT = 'io.kubernetes.container.restartCount'
const MESSAGE_PATH = 'io.kubernetes.container.terminationMessagePath'
const MESSAGE_POLICY = 'io.kubernetes.container.terminationMessagePolicy'
const PRE_STOP = 'io.kubernetes.container.preStopHandler'
const PORTS = 'io.kubernetes.container.ports'
const DELETION_GRACE = 'io.kubernetes.pod.deletionGracePeriod'
const TERMINATION_GRACE = 'io.kubernetes.pod.terminationGracePeriod'

type StringMap = Readonly<Record<string, string>>

/** Labels of a sandbox: those of the pod and the three that name it. */
export function sandboxLabels(pod: Pod): StringMap {
  return { ...pod.metadata?.labels, ...podIdentity(pod) }
}

export function containerLabels(pod: Pod, container: Container): StringMap {
  return { ...podIdentity(pod), [CONTAINER_NAME]: container.name }
}

function podIdentity(pod: Pod): StringMap {
  return {
    [POD_NAME]: pod.metadata?.name ?? '',
    [POD_NAMESPACE]: pod.metadata?.namespace ?? '',
    [POD_UID]: pod.metadata?.uid ?? '',
  }
}

/** Annotations of a container: what its end needs to know when the pod's spec is gone. */
export function containerAnnotations(pod: Pod, container: Container, restartCount: number): StringMap {
  const deletionGrace = pod.metadata?.deletionGracePeriodSeconds
  const terminationGrace = pod.spec?.terminationGracePeriodSeconds
  return {
    [HASH]: containerHash(container),
    [RESTART_COUNT]: String(restartCount),
    [MESSAGE_PATH]: container.terminationMessagePath ?? '',
    [MESSAGE_POLICY]: container.terminationMessagePolicy ?? '',
    ...(deletionGrace !== undefined && { [DELETION_GRACE]: String(deletionGrace) }),
    ...(terminationGrace !== undefined && { [TERMINATION_GRACE]: String(terminationGrace) }),
    ...(container.lifecycle?.preStop && { [PRE_STOP]: JSON.stringify(container.lifecycle.preStop) }),
    ...(container.ports && container.ports.length > 0 && { [PORTS]: JSON.stringify(container.ports) }),
  }
}

export interface ContainerRecord {
  readonly hash: string
  readonly restartCount: number
  readonly terminationMessagePath: string
  readonly terminationMessagePolicy: string
  readonly terminationGracePeriodSeconds: number | undefined
  readonly preStop: LifecycleHandler | undefined
  readonly ports: Container['ports']
}

/** Reads the annotations back. Containers of others have none: then all is empty. */
export function readContainerAnnotations(annotations: StringMap): ContainerRecord {
  const grace = annotations[DELETION_GRACE] ?? annotations[TERMINATION_GRACE]
  return {
    hash: annotations[HASH] ?? '',
    restartCount: Number(annotations[RESTART_COUNT] ?? 0) || 0,
    terminationMessagePath: annotations[MESSAGE_PATH] ?? '',
    terminationMessagePolicy: annotations[MESSAGE_POLICY] ?? '',
    terminationGracePeriodSeconds: grace === undefined ? undefined : Number(grace),
    preStop: parsed<LifecycleHandler>(annotations[PRE_STOP]),
    ports: parsed<NonNullable<Container['ports']>>(annotations[PORTS]) ?? [],
  }
}

function parsed<T>(text: string | undefined): T | undefined {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as T
  } catch {
    return undefined
  }
}

/** Changes when the container has to be replaced: FNV-1a over name and image, printed as Go prints bytes. */
export function containerHash(container: Container): string {
  const json = JSON.stringify({ image: container.image ?? '', name: container.name })
  const printed = `([]uint8)[${[...Buffer.from(json)].join(' ')}]`
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(printed)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash.toString(16)
}
