// Pods and what the runtime has of them, for tests: only what a test is about has to be said.

import type { Container, Pod, PodSpec, PodStatus } from '#api/types/core.ts'
import type { SandboxStatus } from '#kubelet/cri/types.ts'
import { ProbeResultStore } from '#kubelet/probes/results.ts'
import { containerHash } from '#kubelet/runtime/labels.ts'
import type { RuntimeContainer, RuntimePod } from '#kubelet/runtime/runtime-pod.ts'

export const POD_UID = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee'
/** 2026-01-01T00:00:00Z */
export const START = Date.UTC(2026, 0, 1)

/** A container with the image `i`. */
export function container(name: string, fields: Partial<Container> = {}): Container {
  return { name, image: 'i', ...fields }
}

export function pod(spec: Partial<PodSpec> = {}, status: PodStatus = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'ns', uid: POD_UID, generation: 1 },
    spec: { containers: [container('main')], restartPolicy: 'Always', ...spec },
    status,
  }
}

/** What the runtime has of a container; `exited` with code 0 a minute after its start unless told otherwise. */
export function made(name: string, fields: Partial<RuntimeContainer> = {}): RuntimeContainer {
  const state = fields.state ?? 'running'
  return {
    id: `${name}-id`,
    name,
    sandboxId: 'sandbox',
    createdAt: START,
    startedAt: state === 'created' ? 0 : START,
    finishedAt: state === 'exited' ? START + 60_000 : 0,
    exitCode: 0,
    reason: state === 'exited' ? 'Completed' : '',
    message: '',
    image: 'i',
    imageRef: 'sha256:1',
    imageId: '',
    hash: containerHash(container(name)),
    restartCount: 0,
    logPath: '',
    mounts: [],
    resources: undefined,
    user: undefined,
    stopSignal: '',
    ...fields,
    state,
  }
}

export function sandbox(fields: Partial<SandboxStatus> = {}): SandboxStatus {
  return {
    id: 'sandbox',
    metadata: { name: 'p', namespace: 'ns', uid: POD_UID, attempt: 0 },
    state: 'SANDBOX_READY',
    createdAt: START,
    labels: {},
    annotations: {},
    runtimeHandler: '',
    network: { ip: '10.0.0.9', additionalIps: [] },
    linux: { namespaces: { options: { network: 'POD' } } },
    ...fields,
  }
}

/** A pod with a ready sandbox and these containers, newest first. */
export function runtimePod(...containers: readonly RuntimeContainer[]): RuntimePod {
  return { uid: POD_UID, namespace: 'ns', name: 'p', sandboxes: [sandbox()], containers, ips: ['10.0.0.9'] }
}

/** `{ 'main-id/liveness': 'failure' }` */
export function probeResults(
  results: Readonly<Record<string, 'success' | 'failure'>> = {},
): ProbeResultStore {
  const store = new ProbeResultStore()
  for (const [key, result] of Object.entries(results)) {
    const [id = '', type] = key.split('/')
    store.set(id, type as 'liveness', result)
  }
  return store
}
