// What a pod's spec means where it says nothing. Templates of workloads are defaulted by the same functions.
//
// Upstream: pkg/apis/core/v1/defaults.go, the walk of zz_generated.defaults.go

import { imagePullPolicyFor } from '#api/kinds/core/pod/image-name.ts'
import { podLevelDefaults } from '#api/kinds/core/pod/pod-level-defaults.ts'
import { defaultFieldRef, defaultVolumes } from '#api/kinds/core/pod/volume-defaults.ts'
import { roundResources } from '#api/kinds/core/resource-defaults.ts'
import type { ObjectMeta } from '#api/meta/object.ts'
import type {
  Container,
  EphemeralContainer,
  HTTPGetAction,
  Lifecycle,
  Pod,
  PodSpec,
  PodTemplateSpec,
  Probe,
} from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

type AnyContainer = Draft<Container> | Draft<EphemeralContainer>

/** Defaults of a pod proper, which templates do not get: they depend on its limits and host network. */
export function defaultPod(pod: Draft<Pod>): void {
  const spec = pod.spec
  if (!spec) return
  dropInitContainerAnnotations(pod.metadata)
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])])
    requestWhatIsLimited(container)
  podLevelDefaults(pod)
  spec.enableServiceLinks ??= true
  if (spec.hostNetwork) {
    for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
      for (const port of container.ports ?? []) port.hostPort ||= port.containerPort
    }
  }
  defaultPodSpec(spec)
  if (spec.terminationGracePeriodSeconds! < 0) spec.terminationGracePeriodSeconds = 1
  roundStatusResources(pod)
  alignPodIPs(pod)
}

/** The template of a workload. */
export function defaultPodTemplate(template: Draft<PodTemplateSpec> | undefined): void {
  if (!template) return
  dropInitContainerAnnotations(template.metadata)
  template.spec ??= { containers: [] }
  defaultPodSpec(template.spec)
}

/** What init containers were before they became a field. */
const INIT_CONTAINER_ANNOTATIONS = ['beta', 'alpha'].flatMap((stage) => [
  `pod.${stage}.kubernetes.io/init-containers`,
  `pod.${stage}.kubernetes.io/init-container-statuses`,
])

function dropInitContainerAnnotations(metadata: Draft<ObjectMeta> | undefined): void {
  if (!metadata?.annotations) return
  for (const name of INIT_CONTAINER_ANNOTATIONS) delete metadata.annotations[name]
}

/** `podIP` is the first of `podIPs`; a writer that knows only one of them wins. */
function alignPodIPs(pod: Draft<Pod>): void {
  const status = pod.status
  if (!status) return
  if (status.podIP && status.podIP !== status.podIPs?.[0]?.ip) status.podIPs = [{ ip: status.podIP }]
  else if (!status.podIP && status.podIPs?.[0]) status.podIP = status.podIPs[0].ip
}

/** Who limits a resource without requesting it requests as much. */
function requestWhatIsLimited(container: Draft<Container>): void {
  const limits = container.resources?.limits
  if (!limits || !container.resources) return
  container.resources.requests = { ...limits, ...container.resources.requests }
}

export function defaultPodSpec(spec: Draft<PodSpec>): void {
  spec.dnsPolicy ||= 'ClusterFirst'
  spec.restartPolicy ||= 'Always'
  spec.securityContext ??= {}
  spec.terminationGracePeriodSeconds ??= 30
  spec.schedulerName ||= 'default-scheduler'
  alignServiceAccount(spec)
  defaultVolumes(spec.volumes ?? [])
  for (const container of spec.initContainers ?? []) defaultContainer(container)
  for (const container of spec.containers ?? []) defaultContainer(container)
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container)
  roundResources(spec.overhead)
  roundResources(spec.resources?.limits)
  roundResources(spec.resources?.requests)
}

/** `serviceAccount` is the old name of `serviceAccountName`. */
function alignServiceAccount(spec: Draft<PodSpec>): void {
  const name = spec.serviceAccountName || spec.serviceAccount
  if (!name) return
  spec.serviceAccountName = name
  spec.serviceAccount = name
}

function defaultContainer(container: AnyContainer): void {
  container.imagePullPolicy ||= imagePullPolicyFor(container.image ?? '')
  container.terminationMessagePath ||= '/dev/termination-log'
  container.terminationMessagePolicy ||= 'File'
  for (const port of container.ports ?? []) port.protocol ||= 'TCP'
  for (const variable of container.env ?? []) {
    if (variable.valueFrom?.fieldRef) defaultFieldRef(variable.valueFrom.fieldRef)
    if (variable.valueFrom?.fileKeyRef) variable.valueFrom.fileKeyRef.optional ??= false
  }
  roundResources(container.resources?.limits)
  roundResources(container.resources?.requests)
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
    if (probe) defaultProbe(probe)
  }
  if (container.lifecycle) defaultLifecycle(container.lifecycle)
}

function defaultProbe(probe: Draft<Probe>): void {
  probe.timeoutSeconds ||= 1
  probe.periodSeconds ||= 10
  probe.successThreshold ||= 1
  probe.failureThreshold ||= 3
  if (probe.httpGet) defaultHttpGet(probe.httpGet)
  if (probe.grpc) probe.grpc.service ??= ''
}

function defaultLifecycle(lifecycle: Draft<Lifecycle>): void {
  if (lifecycle.postStart?.httpGet) defaultHttpGet(lifecycle.postStart.httpGet)
  if (lifecycle.preStop?.httpGet) defaultHttpGet(lifecycle.preStop.httpGet)
}

function defaultHttpGet(action: Draft<HTTPGetAction>): void {
  action.path ||= '/'
  action.scheme ||= 'HTTP'
}

function roundStatusResources(pod: Draft<Pod>): void {
  const status = pod.status
  if (!status) return
  for (const container of [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
    ...(status.ephemeralContainerStatuses ?? []),
  ]) {
    roundResources(container.allocatedResources)
    roundResources(container.resources?.limits)
    roundResources(container.resources?.requests)
  }
  roundResources(status.allocatedResources)
  roundResources(status.resources?.limits)
  roundResources(status.resources?.requests)
}
