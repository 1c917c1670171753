import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod, PodSpec } from '#api/types/core.ts'
import { refusalOf } from '#kubelet/pods/admission.ts'
import { container, pod } from '#kubelet/pods/fixtures.ts'

const node: Node = {
  metadata: { name: 'n1', labels: { disk: 'ssd' } },
  spec: { taints: [{ key: 'broken', effect: 'NoExecute' }] },
  status: { allocatable: { cpu: '1', memory: '1Gi', pods: '3' } },
}
const tolerations = [{ key: 'broken', operator: 'Exists' }]
const asking = (cpu: string) => [container('main', { resources: { requests: { cpu } } })]
const onPort = (hostPort: number) => [container('main', { ports: [{ containerPort: 80, hostPort }] })]

interface Row {
  readonly spec?: Partial<PodSpec>
  readonly others?: readonly Pod[]
  readonly node?: Node
  readonly refusal: readonly [string, string] | undefined
}

const rows: Readonly<Record<string, Row>> = {
  'a pod that fits': { refusal: undefined },
  'too little CPU': {
    spec: { containers: asking('800m') },
    others: [pod({ containers: asking('300m') })],
    refusal: ['OutOfcpu', "Node didn't have enough resource: cpu, requested: 800, used: 300, capacity: 1000"],
  },
  'too many pods': {
    others: [pod(), pod(), pod()],
    refusal: ['OutOfpods', "Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3"],
  },
  'a resource that the node never had does not count': {
    spec: { containers: [container('main', { resources: { requests: { 'example.com/gpu': '1' } } })] },
    refusal: undefined,
  },
  'another node is meant': {
    spec: { nodeSelector: { disk: 'tape' } },
    refusal: [
      'NodeAffinity',
      "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    ],
  },
  'a port that is taken': {
    spec: { containers: onPort(80) },
    others: [pod({ containers: onPort(80) })],
    refusal: [
      'NodePorts',
      "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
    ],
  },
  'a taint that is not tolerated': {
    spec: { tolerations: [] },
    refusal: [
      'TaintToleration',
      "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate",
    ],
  },
  'a sysctl that is not safe': {
    spec: { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } },
    refusal: ['SysctlForbidden', 'forbidden sysctl: "kernel.msgmax" not allowlisted'],
  },
  'another operating system': {
    spec: { os: { name: 'windows' } },
    refusal: ['PodOSNotSupported', "Failed to admit pod as the OS field doesn't match node OS"],
  },
  'a node without room on its disk': {
    node: { ...node, status: { ...node.status, conditions: [{ type: 'DiskPressure', status: 'True' }] } },
    refusal: ['Evicted', 'The node had condition: [DiskPressure]. '],
  },
}

for (const [name, row] of Object.entries(rows)) {
  test(`admission: ${name}`, () => {
    const refusal = refusalOf({
      pod: pod({ tolerations, ...row.spec }),
      node: row.node ?? node,
      others: row.others ?? [],
    })
    assert.deepEqual(refusal && [refusal.reason, refusal.message], row.refusal)
  })
}
