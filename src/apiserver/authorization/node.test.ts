import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#api/types/core.ts'
import { nodeAuthorizer, nodeOf } from '#apiserver/authorization/node.ts'
import type { NodeLookups } from '#apiserver/authorization/node-relations.ts'
import { request, user } from '#apiserver/authorization/testing-rbac.ts'
import { rulesOf } from '#apiserver/bootstrap/rbac-policy.ts'
import type { RequestInfo } from '#apiserver/request.ts'

const pod: Pod = {
  metadata: { namespace: 'ns', name: 'mine' },
  spec: {
    nodeName: 'n1',
    serviceAccountName: 'robot',
    imagePullSecrets: [{ name: 'pull' }],
    containers: [
      {
        name: 'a',
        envFrom: [{ configMapRef: { name: 'env' } }],
        env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'key', key: 'k' } } }],
      },
    ],
    volumes: [
      { name: 's', secret: { secretName: 'volume' } },
      { name: 'p', projected: { sources: [{ configMap: { name: 'projected' } }] } },
      { name: 'c', persistentVolumeClaim: { claimName: 'claim' } },
      { name: 'e', ephemeral: {} },
    ],
  },
}
const mirror: Pod = {
  metadata: { namespace: 'ns', name: 'mirror', annotations: { 'kubernetes.io/config.mirror': 'x' } },
  spec: { nodeName: 'n1', containers: [], volumes: [{ name: 's', secret: { secretName: 'stolen' } }] },
}

const lookups: NodeLookups = {
  podsOf: (node) => (node === 'n1' ? [pod, mirror] : []),
  claim: async (_namespace, name) => (name === 'claim' ? { spec: { volumeName: 'pv' } } : undefined),
  volume: async (name) =>
    name === 'pv'
      ? {
          spec: {
            claimRef: { namespace: 'ns', name: 'claim' },
            csi: {
              driver: 'd',
              volumeHandle: 'h',
              nodePublishSecretRef: { namespace: 'csi', name: 'publish' },
              controllerExpandSecretRef: { namespace: 'csi', name: 'expand' },
            },
          },
        }
      : undefined,
  attachment: async () => ({ spec: { nodeName: 'n1' } }),
  slice: async () => ({ spec: { nodeName: 'n2' } }),
  certificateRequest: async () => undefined,
}
const authorizer = nodeAuthorizer({ lookups, rules: rulesOf('system:node') })
const n1 = user('system:node:n1', 'system:nodes')
const NO_RELATION = "no relationship found between node 'n1' and this object"

test('a node is who has the name and the group', () => {
  assert.equal(nodeOf(n1), 'n1')
  assert.equal(nodeOf(user('system:node:n1')), undefined)
  assert.equal(nodeOf(user('bob', 'system:nodes')), undefined)
})

test('what a kubelet may do', async () => {
  const selecting = (text: string, fieldSelector: string): RequestInfo => ({
    ...request(text),
    fieldSelector,
  })
  const rows: readonly (readonly [request: string | RequestInfo, refusal: string | undefined])[] = [
    ['get secrets/pull in ns', undefined],
    ['get secrets/key in ns', undefined],
    ['watch secrets/volume in ns', undefined],
    ['get secrets/publish in csi', undefined],
    ['get secrets/expand in csi', NO_RELATION],
    ['get secrets/stolen in ns', NO_RELATION],
    ['get secrets/volume in other', NO_RELATION],
    ['list secrets in ns', 'No Object name found'],
    ['update secrets/volume in ns', 'can only read resources of this type'],
    ['get configmaps/env in ns', undefined],
    ['get configmaps/projected in ns', undefined],
    ['get persistentvolumeclaims/claim in ns', undefined],
    ['get persistentvolumeclaims/mine-e in ns', undefined],
    ['get persistentvolumes/pv', undefined],
    ['list persistentvolumes', 'can only get individual resources of this type'],
    ['patch persistentvolumeclaims:status/claim in ns', undefined],
    ['create serviceaccounts:token/robot in ns', undefined],
    ['create serviceaccounts:token/other in ns', NO_RELATION],
    ['get serviceaccounts/robot in ns', undefined],
    ['get nodes/n1', undefined],
    ['get nodes/n2', "node 'n1' cannot read 'n2', only its own Node object"],
    ['list nodes', "node 'n1' cannot read all nodes, only its own Node object"],
    ['patch nodes:status/n1', undefined],
    ['delete nodes/n1', ''],
    ['get pods/mine in ns', undefined],
    ['get pods/other in ns', NO_RELATION],
    [selecting('watch pods', 'spec.nodeName=n1'), undefined],
    [
      selecting('watch pods', 'spec.nodeName=n2'),
      'can only list/watch pods with spec.nodeName field selector',
    ],
    [
      selecting('watch pods', 'spec.nodeName!=n1'),
      'can only list/watch pods with spec.nodeName field selector',
    ],
    ['list pods', 'can only list/watch pods with spec.nodeName field selector'],
    ['patch pods:status/any in ns', undefined],
    ['patch pods/any in ns', ''],
    ['update leases.coordination.k8s.io/n1 in kube-node-lease', undefined],
    [
      'update leases.coordination.k8s.io/n2 in kube-node-lease',
      'can only access node lease with the same name as the requesting node',
    ],
    [
      'get leases.coordination.k8s.io/n1 in ns',
      'can only access leases in the "kube-node-lease" system namespace',
    ],
    ['get csinodes.storage.k8s.io/n1', undefined],
    ['list csinodes.storage.k8s.io', 'can only get, create, update, patch, or delete a CSINode'],
    ['get volumeattachments.storage.k8s.io/x', undefined],
    ['delete resourceslices.resource.k8s.io/x', NO_RELATION],
    ['list services', undefined],
    ['list deployments.apps', ''],
  ]
  for (const [asked, refusal] of rows) {
    const info = typeof asked === 'string' ? request(asked) : asked
    const { decision, reason } = await authorizer.authorize(n1, info)
    assert.deepEqual(
      [decision, reason],
      refusal === undefined ? ['allow', ''] : ['no-opinion', refusal],
      JSON.stringify(asked),
    )
  }
})

test('others are left to RBAC', async () => {
  const { decision } = await authorizer.authorize(user('bob'), request('get nodes/n1'))
  assert.equal(decision, 'no-opinion')
})
