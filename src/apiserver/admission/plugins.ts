// The plugins of a standard server, in upstream's order. To add one is to add its file and a line here.
//
// Upstream: pkg/kubeapiserver/options/plugins.go (AllOrderedPlugins, DefaultOffAdmissionPlugins)

import { allKinds } from '#api/kinds/all.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'
import { persistentVolumeClaims, persistentVolumes } from '#api/resources.ts'
import type { CSIDriver } from '#api/types/storage.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import {
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
} from '#apiserver/admission/certificates.ts'
import { defaultIngressClass } from '#apiserver/admission/default-ingress-class.ts'
import { defaultStorageClass } from '#apiserver/admission/default-storage-class.ts'
import { defaultTolerationSeconds } from '#apiserver/admission/default-toleration-seconds.ts'
import { limitRanger } from '#apiserver/admission/limit-ranger.ts'
import { namespaceLifecycle } from '#apiserver/admission/namespace-lifecycle.ts'
import { nodeRestriction, nodeRestrictionLookups } from '#apiserver/admission/node-restriction.ts'
import { ownerReferencesPermissionEnforcement } from '#apiserver/admission/owner-references-permission-enforcement.ts'
import { persistentVolumeClaimResize } from '#apiserver/admission/persistent-volume-claim-resize.ts'
import type { AdmissionPlugin } from '#apiserver/admission/plugin.ts'
import { podResize } from '#apiserver/admission/pod-resize.ts'
import { podSecurity } from '#apiserver/admission/pod-security/plugin.ts'
import { podTopologyLabels } from '#apiserver/admission/pod-topology-labels.ts'
import { mutatingAdmissionPolicy } from '#apiserver/admission/policies/mutating.ts'
import { validatingAdmissionPolicy } from '#apiserver/admission/policies/plugin.ts'
import { priorityAdmission } from '#apiserver/admission/priority.ts'
import { resourceQuotaAdmission } from '#apiserver/admission/resource-quota.ts'
import { runtimeClassAdmission } from '#apiserver/admission/runtime-class.ts'
import { serviceAccountAdmission } from '#apiserver/admission/service-account.ts'
import { storageObjectInUseProtection } from '#apiserver/admission/storage-object-in-use-protection.ts'
import { taintNodesByCondition } from '#apiserver/admission/taint-nodes-by-condition.ts'
import { webhookAdmission } from '#apiserver/admission/webhooks/plugin.ts'
import type { Authorization } from '#apiserver/authorization/chain.ts'
import { escalationCheck } from '#apiserver/authorization/escalation.ts'
import type { RuleResolver } from '#apiserver/authorization/rbac-resolver.ts'
import { unlessNotFound } from '#apiserver/bootstrap/ensure.ts'

export interface PluginDependencies {
  readonly access: ServerAccess
  readonly authorization: Authorization
  readonly resolver: RuleResolver
  /** Plugins beyond the default ones, by name. */
  readonly enabled?: readonly OptionalPlugin[]
}

export type OptionalPlugin = 'OwnerReferencesPermissionEnforcement'

/** To be made before the informers start. */
export function standardPlugins(dependencies: PluginDependencies): AdmissionPlugin[] {
  const { access, authorization, resolver, enabled = [] } = dependencies
  const { client } = access
  const csiDrivers = {
    group: 'storage.k8s.io',
    version: 'v1',
    resource: 'csidrivers',
    kind: 'CSIDriver',
    namespaced: false,
  }
  const audiences = {
    claim: (namespace: string, name: string) =>
      unlessNotFound(client.resource(persistentVolumeClaims).get(namespace, name)),
    volume: (name: string) => unlessNotFound(client.resource(persistentVolumes).get('', name)),
    csiDriver: (name: string) => unlessNotFound(client.resource<CSIDriver>(csiDrivers).get('', name)),
  }
  const [mutatingWebhooks, validatingWebhooks] = webhookAdmission(access, authorization)
  return [
    namespaceLifecycle(access),
    limitRanger(access),
    serviceAccountAdmission(access),
    nodeRestriction(nodeRestrictionLookups(access, authorization, audiences)),
    taintNodesByCondition,
    podSecurity(access),
    priorityAdmission(access),
    defaultTolerationSeconds,
    defaultStorageClass(access),
    storageObjectInUseProtection,
    ...(enabled.includes('OwnerReferencesPermissionEnforcement')
      ? [ownerReferencesPermissionEnforcement(authorization, kindNamed)]
      : []),
    persistentVolumeClaimResize(access),
    runtimeClassAdmission(access),
    certificateApproval(authorization),
    certificateSigning(authorization),
    certificateSubjectRestriction,
    defaultIngressClass(access),
    podTopologyLabels(access),
    podResize(access),
    escalationCheck(resolver, authorization),
    mutatingAdmissionPolicy(access, authorization),
    mutatingWebhooks,
    validatingAdmissionPolicy(access, authorization),
    validatingWebhooks,
    resourceQuotaAdmission(access),
  ]
}

function kindNamed(group: string, kind: string): KindDefinition | undefined {
  return allKinds.find((each) => each.group === group && each.kind === kind)
}
