// The list of all controllers, under upstream's names. To add a controller is to add a line here.
//
// Upstream: cmd/kube-controller-manager/names/controller_names.go, app/controllermanager.go

import { attachDetachController } from '#controllers/attach-detach/controller.ts'
import { bootstrapSigner } from '#controllers/bootstrap-signer/controller.ts'
import { certificateApprovingController } from '#controllers/certificate-approving/controller.ts'
import { certificateCleanerController } from '#controllers/certificate-cleaner/controller.ts'
import { certificateSigningController } from '#controllers/certificate-signing/controller.ts'
import { clusterRoleAggregationController } from '#controllers/clusterrole-aggregation/controller.ts'
import type { Controller, ControllerContext } from '#controllers/controller.ts'
import { cronJobController } from '#controllers/cronjob/controller.ts'
import { daemonSetController } from '#controllers/daemonset/controller.ts'
import { deploymentController } from '#controllers/deployment/controller.ts'
import { disruptionController } from '#controllers/disruption/controller.ts'
import { endpointsController } from '#controllers/endpoints/controller.ts'
import { endpointSliceController } from '#controllers/endpointslice/controller.ts'
import { endpointSliceMirroringController } from '#controllers/endpointslice-mirroring/controller.ts'
import { ephemeralVolumeController } from '#controllers/ephemeral-volume/controller.ts'
import { garbageCollector } from '#controllers/garbage-collector/controller.ts'
import { horizontalPodAutoscalerController } from '#controllers/horizontalpodautoscaler/controller.ts'
import { jobController } from '#controllers/job/controller.ts'
import { namespaceController } from '#controllers/namespace/controller.ts'
import { nodeIpamController } from '#controllers/node-ipam/controller.ts'
import { nodeLifecycleController } from '#controllers/node-lifecycle/controller.ts'
import { nodeTTLController } from '#controllers/node-ttl/controller.ts'
import { persistentVolumeBinder } from '#controllers/persistentvolume-binder/controller.ts'
import { persistentVolumeExpander } from '#controllers/persistentvolume-expander/controller.ts'
import { volumeProtectionController } from '#controllers/persistentvolume-protection/controller.ts'
import { claimProtectionController } from '#controllers/persistentvolumeclaim-protection/controller.ts'
import { podGarbageCollector } from '#controllers/pod-garbage-collector/controller.ts'
import { replicaSetController } from '#controllers/replicaset/controller.ts'
import { replicationControllerController } from '#controllers/replicationcontroller/controller.ts'
import { resourceQuotaController } from '#controllers/resourcequota/controller.ts'
import { rootCAPublisher } from '#controllers/root-ca-publisher/controller.ts'
import { serviceCIDRsController } from '#controllers/service-cidrs/controller.ts'
import { serviceAccountController } from '#controllers/serviceaccount/controller.ts'
import { serviceAccountTokenController } from '#controllers/serviceaccount-token/controller.ts'
import { statefulSetController } from '#controllers/statefulset/controller.ts'
import { taintEvictionController } from '#controllers/taint-eviction/controller.ts'
import { tokenCleaner } from '#controllers/token-cleaner/controller.ts'
import { ttlAfterFinishedController } from '#controllers/ttl-after-finished/controller.ts'
import { attributesClassProtectionController } from '#controllers/volumeattributesclass-protection/controller.ts'

export interface ControllerDescriptor {
  readonly name: string
  /** The service account in kube-system as which it writes; absent: as the controller manager itself. */
  readonly serviceAccount?: string
  create(context: ControllerContext): Controller
  /** Whether the cluster's settings give it anything to do; absent means yes. */
  isWanted?(settings: ControllerContext['settings']): boolean
}

export const CONTROLLERS: readonly ControllerDescriptor[] = [
  { name: 'namespace-controller', serviceAccount: 'namespace-controller', create: namespaceController },
  {
    name: 'serviceaccount-controller',
    serviceAccount: 'service-account-controller',
    create: serviceAccountController,
  },
  {
    name: 'serviceaccount-token-controller',
    create: serviceAccountTokenController,
    isWanted: ({ serviceAccountKey }) => serviceAccountKey !== undefined,
  },
  { name: 'bootstrap-signer-controller', serviceAccount: 'bootstrap-signer', create: bootstrapSigner },
  { name: 'token-cleaner-controller', serviceAccount: 'token-cleaner', create: tokenCleaner },
  {
    name: 'clusterrole-aggregation-controller',
    serviceAccount: 'clusterrole-aggregation-controller',
    create: clusterRoleAggregationController,
  },
  {
    name: 'root-ca-certificate-publisher-controller',
    serviceAccount: 'root-ca-cert-publisher',
    create: rootCAPublisher,
    isWanted: ({ rootCA }) => rootCA !== undefined,
  },
  {
    name: 'certificatesigningrequest-approving-controller',
    serviceAccount: 'certificate-controller',
    create: certificateApprovingController,
  },
  {
    name: 'certificatesigningrequest-signing-controller',
    serviceAccount: 'certificate-controller',
    create: certificateSigningController,
    isWanted: ({ signer }) => signer !== undefined,
  },
  {
    name: 'certificatesigningrequest-cleaner-controller',
    serviceAccount: 'certificate-controller',
    create: certificateCleanerController,
  },
  {
    name: 'node-ipam-controller',
    serviceAccount: 'node-controller',
    create: nodeIpamController,
    isWanted: ({ clusterCIDRs }) => clusterCIDRs.length > 0,
  },
  { name: 'node-lifecycle-controller', serviceAccount: 'node-controller', create: nodeLifecycleController },
  { name: 'ttl-controller', serviceAccount: 'ttl-controller', create: nodeTTLController },
  { name: 'taint-eviction-controller', serviceAccount: 'node-controller', create: taintEvictionController },
  {
    name: 'pod-garbage-collector-controller',
    serviceAccount: 'pod-garbage-collector',
    create: podGarbageCollector,
  },
  {
    name: 'resourcequota-controller',
    serviceAccount: 'resourcequota-controller',
    create: resourceQuotaController,
  },
  {
    name: 'garbage-collector-controller',
    serviceAccount: 'generic-garbage-collector',
    create: garbageCollector,
  },
  {
    name: 'persistentvolume-binder-controller',
    serviceAccount: 'persistent-volume-binder',
    create: persistentVolumeBinder,
  },
  {
    name: 'persistentvolume-attach-detach-controller',
    serviceAccount: 'attachdetach-controller',
    create: attachDetachController,
  },
  {
    name: 'persistentvolume-expander-controller',
    serviceAccount: 'expand-controller',
    create: persistentVolumeExpander,
  },
  {
    name: 'persistentvolumeclaim-protection-controller',
    serviceAccount: 'pvc-protection-controller',
    create: claimProtectionController,
  },
  {
    name: 'persistentvolume-protection-controller',
    serviceAccount: 'pv-protection-controller',
    create: volumeProtectionController,
  },
  {
    name: 'volumeattributesclass-protection-controller',
    serviceAccount: 'volumeattributesclass-protection-controller',
    create: attributesClassProtectionController,
  },
  {
    name: 'ephemeral-volume-controller',
    serviceAccount: 'ephemeral-volume-controller',
    create: ephemeralVolumeController,
  },
  {
    name: 'ttl-after-finished-controller',
    serviceAccount: 'ttl-after-finished-controller',
    create: ttlAfterFinishedController,
  },
  { name: 'job-controller', serviceAccount: 'job-controller', create: jobController },
  { name: 'cronjob-controller', serviceAccount: 'cronjob-controller', create: cronJobController },
  { name: 'deployment-controller', serviceAccount: 'deployment-controller', create: deploymentController },
  { name: 'replicaset-controller', serviceAccount: 'replicaset-controller', create: replicaSetController },
  { name: 'daemonset-controller', serviceAccount: 'daemon-set-controller', create: daemonSetController },
  { name: 'statefulset-controller', serviceAccount: 'statefulset-controller', create: statefulSetController },
  {
    name: 'replicationcontroller-controller',
    serviceAccount: 'replication-controller',
    create: replicationControllerController,
  },
  {
    name: 'horizontal-pod-autoscaler-controller',
    serviceAccount: 'horizontal-pod-autoscaler',
    create: horizontalPodAutoscalerController,
  },
  { name: 'disruption-controller', serviceAccount: 'disruption-controller', create: disruptionController },
  {
    name: 'service-cidr-controller',
    serviceAccount: 'service-cidrs-controller',
    create: serviceCIDRsController,
  },
  { name: 'endpoints-controller', serviceAccount: 'endpoint-controller', create: endpointsController },
  {
    name: 'endpointslice-controller',
    serviceAccount: 'endpointslice-controller',
    create: endpointSliceController,
  },
  {
    name: 'endpointslice-mirroring-controller',
    serviceAccount: 'endpointslicemirroring-controller',
    create: endpointSliceMirroringController,
  },
]

/**
 * The controllers that a selection names, as `--controllers` does: `*` is all, `-name` takes one out. A name
 * counts more than `*`.
 */
export function selectControllers(selection: readonly string[]): readonly ControllerDescriptor[] {
  const known = new Set(CONTROLLERS.map(({ name }) => name))
  for (const word of selection) {
    const name = word.replace(/^-/, '')
    if (word !== '*' && !known.has(name)) throw new Error(`${JSON.stringify(name)} is not a controller`)
  }
  return CONTROLLERS.filter(({ name }) => {
    if (selection.includes(name)) return true
    return !selection.includes(`-${name}`) && selection.includes('*')
  })
}
