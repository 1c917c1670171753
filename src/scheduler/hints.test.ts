// Which events wake a pod that a plugin has rejected.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod } from '#api/types/core.ts'
import type { ClusterEvent } from '#scheduler/cluster-events.ts'
import type { SchedulerPlugin } from '#scheduler/framework.ts'
import { interPodAffinity } from '#scheduler/plugins/inter-pod-affinity.ts'
import { nodeAffinity } from '#scheduler/plugins/node-affinity.ts'
import { nodePorts } from '#scheduler/plugins/node-ports.ts'
import { nodeUnschedulable } from '#scheduler/plugins/node-unschedulable.ts'
import { nodeVolumeLimits } from '#scheduler/plugins/node-volume-limits.ts'
import { podTopologySpread } from '#scheduler/plugins/pod-topology-spread.ts'
import { resourcesFit } from '#scheduler/plugins/resources-fit.ts'
import { taintToleration } from '#scheduler/plugins/taint-toleration.ts'
import { volumeBinding } from '#scheduler/plugins/volume-binding.ts'
import { volumeRestrictions } from '#scheduler/plugins/volume-restrictions.ts'
import { volumeZone } from '#scheduler/plugins/volume-zone.ts'

const node = (labels: Record<string, string>, spec: object = {}, allocatable: object = {}): Node => ({
  metadata: { name: 'n', labels },
  spec,
  status: { allocatable: { cpu: '2', memory: '1Gi', pods: '10', ...allocatable } },
})
const pod = (app: string, spec: object = {}, namespace = 'default'): Pod => ({
  metadata: { name: app, namespace, uid: app, labels: { app } },
  spec: { containers: [{ name: 'c' }], ...spec },
})
const asking = (cpu: string, extra: object = {}): object => ({
  containers: [{ name: 'c', resources: { requests: { cpu } }, ...extra }],
})
const ports = (hostPort: number): object => ({
  containers: [{ name: 'c', ports: [{ containerPort: 1, hostPort }] }],
})
const using = (claimName: string): object => ({
  volumes: [{ name: 'v', persistentVolumeClaim: { claimName } }],
})
const apart = (app: string): object => ({
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'zone', labelSelector: { matchLabels: { app } } },
      ],
    },
  },
})
const near = (app: string): object => ({
  affinity: {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'zone', labelSelector: { matchLabels: { app } } },
      ],
    },
  },
})
const spread: object = {
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'web' } },
    },
  ],
}

const came = (object: Pod): ClusterEvent => ({ type: 'assigned-pod-added', pod: object })
const went = (object: Pod): ClusterEvent => ({ type: 'assigned-pod-deleted', pod: object })
const changed = (previous: Pod, object: Pod): ClusterEvent => ({
  type: 'assigned-pod-updated',
  pod: object,
  previous,
})
const joined = (object: Node): ClusterEvent => ({ type: 'node-added', node: object })
const altered = (previous: Node, object: Node): ClusterEvent => ({
  type: 'node-updated',
  node: object,
  previous,
})
const claimed = (name: string, isNew = true): ClusterEvent => {
  const object = { metadata: { name, namespace: 'default' } }
  return { type: 'claim', object, previous: isNew ? undefined : object }
}
const csiNode = (count: number) => ({
  metadata: { name: 'n' },
  spec: { drivers: [{ name: 'd', nodeID: 'n', allocatable: { count } }] },
})
const cordoned = { unschedulable: true }
const tainted = { taints: [{ key: 'k', effect: 'NoSchedule' }] }
const zoneA = node({ zone: 'a' })

const rows: readonly [
  name: string,
  plugin: SchedulerPlugin,
  waiting: Pod,
  event: ClusterEvent,
  isHelped: boolean,
][] = [
  ['room: a pod went', resourcesFit, pod('p', asking('1')), went(pod('q')), true],
  ['room: a pod came', resourcesFit, pod('p', asking('1')), came(pod('q')), false],
  [
    'room: a pod asks for less',
    resourcesFit,
    pod('p', asking('1')),
    changed(pod('q', asking('1')), pod('q', asking('500m'))),
    true,
  ],
  [
    'room: a pod is labelled',
    resourcesFit,
    pod('p', asking('1')),
    changed(pod('q', asking('1')), pod('r', asking('1'))),
    false,
  ],
  ['room: a node that is large enough', resourcesFit, pod('p', asking('2')), joined(zoneA), true],
  ['room: a node that is too small', resourcesFit, pod('p', asking('3')), joined(zoneA), false],
  [
    'room: a node grows',
    resourcesFit,
    pod('p', asking('2')),
    altered(node({}, {}, { cpu: '1' }), zoneA),
    true,
  ],
  ['room: a node is labelled', resourcesFit, pod('p', asking('2')), altered(node({}), zoneA), false],
  ['cordon is lifted', nodeUnschedulable, pod('p'), altered(node({}, cordoned), node({})), true],
  ['a node is labelled', nodeUnschedulable, pod('p'), altered(node({}), zoneA), false],
  ['a cordoned node joins', nodeUnschedulable, pod('p'), joined(node({}, cordoned)), false],
  ['a taint goes', taintToleration, pod('p'), altered(node({}, tainted), node({})), true],
  ['a taint comes', taintToleration, pod('p'), altered(node({}), node({}, tainted)), false],
  [
    'the label that is selected',
    nodeAffinity,
    pod('p', { nodeSelector: { zone: 'a' } }),
    altered(node({}), zoneA),
    true,
  ],
  ['another label', nodeAffinity, pod('p', { nodeSelector: { zone: 'b' } }), altered(node({}), zoneA), false],
  ['the port is free again', nodePorts, pod('p', ports(80)), went(pod('q', ports(80))), true],
  ['another port is free', nodePorts, pod('p', ports(80)), went(pod('q', ports(81))), false],
  ['company came', interPodAffinity, pod('p', near('db')), came(pod('db')), true],
  ['others came', interPodAffinity, pod('p', near('db')), came(pod('web')), false],
  ['who was avoided went', interPodAffinity, pod('p', apart('db')), went(pod('db')), true],
  ['who avoids it went', interPodAffinity, pod('p'), went(pod('shy', apart('p'))), true],
  ['somebody went', interPodAffinity, pod('p', apart('db')), went(pod('web')), false],
  ['a node of the domain joined', interPodAffinity, pod('p', near('db')), joined(zoneA), true],
  ['a pod of those that are spread came', podTopologySpread, pod('web', spread), came(pod('web')), true],
  [
    'one of another namespace came',
    podTopologySpread,
    pod('web', spread),
    came(pod('web', {}, 'other')),
    false,
  ],
  ['another pod went', podTopologySpread, pod('web', spread), went(pod('db')), false],
  ['a node moved', podTopologySpread, pod('web', spread), altered(node({ zone: 'b' }), zoneA), true],
  [
    'a node of a zone went',
    podTopologySpread,
    pod('web', spread),
    { type: 'node-deleted', node: zoneA },
    true,
  ],
  ['its claim came', volumeBinding, pod('p', using('a')), claimed('a'), true],
  ['another claim came', volumeBinding, pod('p', using('a')), claimed('b'), false],
  ['its claim changed, not its user', volumeRestrictions, pod('p', using('a')), claimed('a', false), false],
  ['the user of its claim went', volumeRestrictions, pod('p', using('a')), went(pod('q', using('a'))), true],
  ['its claim changed', volumeZone, pod('p', using('a')), claimed('a', false), true],
  [
    'a limit is raised',
    nodeVolumeLimits,
    pod('p', using('a')),
    { type: 'csi-node', object: csiNode(2), previous: csiNode(1) },
    true,
  ],
  [
    'a limit falls',
    nodeVolumeLimits,
    pod('p', using('a')),
    { type: 'csi-node', object: csiNode(1), previous: csiNode(2) },
    false,
  ],
  ['a volume is detached', nodeVolumeLimits, pod('p', using('a')), { type: 'attachment-deleted' }, true],
]

for (const [name, plugin, waiting, event, isHelped] of rows) {
  test(`${plugin.name}: ${name}`, () => assert.equal(plugin.isHelpedBy?.(waiting, event), isHelped))
}
