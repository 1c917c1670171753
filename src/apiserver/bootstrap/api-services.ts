// The APIServices of what this server serves by itself, one for each group and version.
//
// They say in which order clients see the groups, and keep a name from being claimed by somebody else's server.
// Written at each start only: who deletes one has a reason, and gets it back with the next start.
// Upstream: cmd/kube-apiserver/app/aggregator.go, pkg/controlplane/apiserver/aggregator.go,
// staging/src/k8s.io/kube-aggregator/pkg/controllers/autoregister
// Left out: those of custom resources, which come and go with their definitions.

import { allKinds } from '#api/kinds/all.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import type { APIService } from '#api/types/apiregistration.ts'
import type { Repair } from '#apiserver/bootstrap/ensure.ts'

const MANAGED_LABEL = 'kube-aggregator.kubernetes.io/automanaged'
const MANAGED_ON_START = 'onstart'

/** How early a group comes before others, and each of its versions before its other versions. */
const PRIORITIES: Readonly<
  Record<string, readonly [group: number, versions: Readonly<Record<string, number>>]>
> = {
  '': [18_000, { v1: 1 }],
  apps: [17_800, { v1: 15 }],
  'events.k8s.io': [17_750, { v1: 15 }],
  'authentication.k8s.io': [17_700, { v1: 15 }],
  'authorization.k8s.io': [17_600, { v1: 15 }],
  autoscaling: [17_500, { v2: 30, v1: 15 }],
  batch: [17_400, { v1: 15 }],
  'certificates.k8s.io': [17_300, { v1: 15 }],
  'networking.k8s.io': [17_200, { v1: 15 }],
  policy: [17_100, { v1: 15 }],
  'rbac.authorization.k8s.io': [17_000, { v1: 15 }],
  'storage.k8s.io': [16_800, { v1: 15 }],
  'apiextensions.k8s.io': [16_700, { v1: 15 }],
  'admissionregistration.k8s.io': [16_700, { v1: 15 }],
  'scheduling.k8s.io': [16_600, { v1: 15 }],
  'coordination.k8s.io': [16_500, { v1: 15 }],
  'node.k8s.io': [16_300, { v1: 15 }],
  'discovery.k8s.io': [16_200, { v1: 15 }],
  'resource.k8s.io': [16_200, { v1: 21 }],
  'flowcontrol.apiserver.k8s.io': [16_100, { v1: 21 }],
}

/** One for each built-in group and version, but for the group of the APIServices themselves. */
export function localApiServices(): readonly APIService[] {
  const served = new Set(
    allKinds.flatMap(({ group, versions }) => versions.map((version) => `${version}.${group}`)),
  )
  return Object.entries(PRIORITIES).flatMap(([group, [groupPriorityMinimum, versions]]) =>
    Object.entries(versions)
      .filter(([version]) => served.has(`${version}.${group}`))
      .map(([version, versionPriority]) => ({
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name: `${version}.${group}`, labels: { [MANAGED_LABEL]: MANAGED_ON_START } },
        spec: { ...(group !== '' && { group }), version, groupPriorityMinimum, versionPriority },
      })),
  )
}

/** Corrects what the server keeps; one without the label is somebody else's. */
export const repairApiService =
  (wanted: APIService): Repair<APIService> =>
  (present) => {
    const isManaged = present.metadata?.labels?.[MANAGED_LABEL] === MANAGED_ON_START
    if (!isManaged || semanticEqual(present.spec, wanted.spec)) return undefined
    return { type: 'update', object: { ...present, ...(wanted.spec && { spec: wanted.spec }) } }
  }
