// The built-in resources by name, typed: how every component says which objects it means.
//
// `client.resource(pods)` is typed by the constant that it is given. One entry per kind that a component of
// this project reads or writes; the registry itself works from the kinds (api/kinds/).

import type { KubeObject } from '#api/meta/object.ts'
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from '#api/types/admissionregistration.ts'
import type { CustomResourceDefinition } from '#api/types/apiextensions.ts'
import type { APIService } from '#api/types/apiregistration.ts'
import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from '#api/types/apps.ts'
import type { HorizontalPodAutoscaler } from '#api/types/autoscaling.ts'
import type { CronJob, Job } from '#api/types/batch.ts'
import type { CertificateSigningRequest } from '#api/types/certificates.ts'
import type { Lease } from '#api/types/coordination.ts'
import type {
  ConfigMap,
  Endpoints,
  Event,
  LimitRange,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  ReplicationController,
  ResourceQuota,
  Secret,
  Service,
  ServiceAccount,
} from '#api/types/core.ts'
import type { EndpointSlice } from '#api/types/discovery.ts'
import type { FlowSchema, PriorityLevelConfiguration } from '#api/types/flowcontrol.ts'
import type { IngressClass, IPAddress, ServiceCIDR } from '#api/types/networking.ts'
import type { RuntimeClass } from '#api/types/node.ts'
import type { PodDisruptionBudget } from '#api/types/policy.ts'
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '#api/types/rbac.ts'
import type { PriorityClass } from '#api/types/scheduling.ts'
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from '#api/types/storage.ts'

/** Names a resource and carries its type. */
export interface ResourceType<T extends KubeObject = KubeObject> {
  readonly group: string
  readonly version: string
  /** Plural, as in paths. */
  readonly resource: string
  readonly kind: string
  readonly namespaced: boolean
  /** Never set; ties the constant to the type. */
  readonly type?: T
}

function core<T extends KubeObject>(resource: string, kind: string, namespaced = true): ResourceType<T> {
  return { group: '', version: 'v1', resource, kind, namespaced }
}

function inGroup<T extends KubeObject>(
  group: string,
  resource: string,
  kind: string,
  namespaced = true,
): ResourceType<T> {
  return { group, version: 'v1', resource, kind, namespaced }
}

export const namespaces = core<Namespace>('namespaces', 'Namespace', false)
export const nodes = core<Node>('nodes', 'Node', false)
export const pods = core<Pod>('pods', 'Pod')
export const services = core<Service>('services', 'Service')
export const endpoints = core<Endpoints>('endpoints', 'Endpoints')
export const configMaps = core<ConfigMap>('configmaps', 'ConfigMap')
export const secrets = core<Secret>('secrets', 'Secret')
export const serviceAccounts = core<ServiceAccount>('serviceaccounts', 'ServiceAccount')
export const mutatingAdmissionPolicies = inGroup<MutatingAdmissionPolicy>(
  'admissionregistration.k8s.io',
  'mutatingadmissionpolicies',
  'MutatingAdmissionPolicy',
  false,
)
export const mutatingAdmissionPolicyBindings = inGroup<MutatingAdmissionPolicyBinding>(
  'admissionregistration.k8s.io',
  'mutatingadmissionpolicybindings',
  'MutatingAdmissionPolicyBinding',
  false,
)
export const validatingAdmissionPolicies = inGroup<ValidatingAdmissionPolicy>(
  'admissionregistration.k8s.io',
  'validatingadmissionpolicies',
  'ValidatingAdmissionPolicy',
  false,
)
export const validatingAdmissionPolicyBindings = inGroup<ValidatingAdmissionPolicyBinding>(
  'admissionregistration.k8s.io',
  'validatingadmissionpolicybindings',
  'ValidatingAdmissionPolicyBinding',
  false,
)
export const mutatingWebhookConfigurations = inGroup<MutatingWebhookConfiguration>(
  'admissionregistration.k8s.io',
  'mutatingwebhookconfigurations',
  'MutatingWebhookConfiguration',
  false,
)
export const validatingWebhookConfigurations = inGroup<ValidatingWebhookConfiguration>(
  'admissionregistration.k8s.io',
  'validatingwebhookconfigurations',
  'ValidatingWebhookConfiguration',
  false,
)
export const customResourceDefinitions: ResourceType<CustomResourceDefinition> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
}
export const events = core<Event>('events', 'Event')
export const replicationControllers = core<ReplicationController>(
  'replicationcontrollers',
  'ReplicationController',
)
export const persistentVolumes = core<PersistentVolume>('persistentvolumes', 'PersistentVolume', false)
export const persistentVolumeClaims = core<PersistentVolumeClaim>(
  'persistentvolumeclaims',
  'PersistentVolumeClaim',
)
export const deployments = inGroup<Deployment>('apps', 'deployments', 'Deployment')
export const replicaSets = inGroup<ReplicaSet>('apps', 'replicasets', 'ReplicaSet')
export const statefulSets = inGroup<StatefulSet>('apps', 'statefulsets', 'StatefulSet')
export const controllerRevisions = inGroup<ControllerRevision>(
  'apps',
  'controllerrevisions',
  'ControllerRevision',
)
export const daemonSets = inGroup<DaemonSet>('apps', 'daemonsets', 'DaemonSet')
export const jobs = inGroup<Job>('batch', 'jobs', 'Job')
export const cronJobs = inGroup<CronJob>('batch', 'cronjobs', 'CronJob')
export const horizontalPodAutoscalers: ResourceType<HorizontalPodAutoscaler> = {
  group: 'autoscaling',
  version: 'v2',
  resource: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler',
  namespaced: true,
}
export const leases = inGroup<Lease>('coordination.k8s.io', 'leases', 'Lease')
export const endpointSlices = inGroup<EndpointSlice>('discovery.k8s.io', 'endpointslices', 'EndpointSlice')
export const roles = inGroup<Role>('rbac.authorization.k8s.io', 'roles', 'Role')
export const roleBindings = inGroup<RoleBinding>('rbac.authorization.k8s.io', 'rolebindings', 'RoleBinding')
export const clusterRoles = inGroup<ClusterRole>(
  'rbac.authorization.k8s.io',
  'clusterroles',
  'ClusterRole',
  false,
)
export const clusterRoleBindings = inGroup<ClusterRoleBinding>(
  'rbac.authorization.k8s.io',
  'clusterrolebindings',
  'ClusterRoleBinding',
  false,
)
export const podDisruptionBudgets = inGroup<PodDisruptionBudget>(
  'policy',
  'poddisruptionbudgets',
  'PodDisruptionBudget',
)
export const certificateSigningRequests = inGroup<CertificateSigningRequest>(
  'certificates.k8s.io',
  'certificatesigningrequests',
  'CertificateSigningRequest',
  false,
)
export const apiServices = inGroup<APIService>('apiregistration.k8s.io', 'apiservices', 'APIService', false)
export const priorityClasses = inGroup<PriorityClass>(
  'scheduling.k8s.io',
  'priorityclasses',
  'PriorityClass',
  false,
)
export const limitRanges = core<LimitRange>('limitranges', 'LimitRange')
export const resourceQuotas = core<ResourceQuota>('resourcequotas', 'ResourceQuota')
export const ingressClasses = inGroup<IngressClass>(
  'networking.k8s.io',
  'ingressclasses',
  'IngressClass',
  false,
)
export const ipAddresses = inGroup<IPAddress>('networking.k8s.io', 'ipaddresses', 'IPAddress', false)
export const serviceCIDRs = inGroup<ServiceCIDR>('networking.k8s.io', 'servicecidrs', 'ServiceCIDR', false)
export const runtimeClasses = inGroup<RuntimeClass>('node.k8s.io', 'runtimeclasses', 'RuntimeClass', false)
export const volumeAttributesClasses = inGroup<VolumeAttributesClass>(
  'storage.k8s.io',
  'volumeattributesclasses',
  'VolumeAttributesClass',
  false,
)
export const storageClasses = inGroup<StorageClass>('storage.k8s.io', 'storageclasses', 'StorageClass', false)
export const csiDrivers = inGroup<CSIDriver>('storage.k8s.io', 'csidrivers', 'CSIDriver', false)
export const csiNodes = inGroup<CSINode>('storage.k8s.io', 'csinodes', 'CSINode', false)
export const csiStorageCapacities = inGroup<CSIStorageCapacity>(
  'storage.k8s.io',
  'csistoragecapacities',
  'CSIStorageCapacity',
)
export const volumeAttachments = inGroup<VolumeAttachment>(
  'storage.k8s.io',
  'volumeattachments',
  'VolumeAttachment',
  false,
)
const FLOW_CONTROL = 'flowcontrol.apiserver.k8s.io'
export const flowSchemas = inGroup<FlowSchema>(FLOW_CONTROL, 'flowschemas', 'FlowSchema', false)
export const priorityLevelConfigurations = inGroup<PriorityLevelConfiguration>(
  FLOW_CONTROL,
  'prioritylevelconfigurations',
  'PriorityLevelConfiguration',
  false,
)
