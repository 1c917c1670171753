import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { semanticEqual } from '#api/meta/equality.ts'
import type { KubeObject } from '#api/meta/object.ts'
import type { ClusterRole, ClusterRoleBinding } from '#api/types/rbac.ts'
import {
  defaultClusterRoleBindings,
  defaultClusterRoles,
  defaultRoleBindings,
  defaultRoles,
  parseRule,
} from '#apiserver/bootstrap/rbac-policy.ts'
import { reconcileBinding, reconcileRole } from '#apiserver/bootstrap/rbac-reconcile.ts'

const RECORDING = '../shared/upstream/recordings/access.jsonl'

interface Step {
  readonly path: string
  readonly got: { readonly body: { readonly items: readonly KubeObject[] } }
}

test('rules as text', () => {
  assert.deepEqual(parseRule('get,list core,apps:pods,pods/log #a,b'), {
    verbs: ['get', 'list'],
    apiGroups: ['', 'apps'],
    resources: ['pods', 'pods/log'],
    resourceNames: ['a', 'b'],
  })
  assert.deepEqual(parseRule('get /healthz /livez'), {
    verbs: ['get'],
    nonResourceURLs: ['/healthz', '/livez'],
  })
  assert.deepEqual(parseRule('* *'), { verbs: ['*'], nonResourceURLs: ['*'] })
  assert.deepEqual(parseRule('* *:*'), { verbs: ['*'], apiGroups: ['*'], resources: ['*'] })
})

test('the defaults are those of the original', { skip: !existsSync(RECORDING) }, () => {
  const { steps } = JSON.parse(readFileSync(RECORDING, 'utf8').split('\n')[0]!) as { steps: readonly Step[] }
  const recorded = (path: string) => steps.find((step) => step.path.endsWith(path))!.got.body.items
  const rows: readonly (readonly [path: string, ours: readonly KubeObject[]])[] = [
    ['/clusterroles', defaultClusterRoles()],
    ['/clusterrolebindings', defaultClusterRoleBindings()],
    [
      '/namespaces/kube-system/roles',
      defaultRoles().filter((role) => role.metadata?.namespace === 'kube-system'),
    ],
    [
      '/namespaces/kube-public/roles',
      defaultRoles().filter((role) => role.metadata?.namespace === 'kube-public'),
    ],
    [
      '/namespaces/kube-system/rolebindings',
      defaultRoleBindings().filter((each) => each.metadata?.namespace === 'kube-system'),
    ],
  ]
  for (const [path, ours] of rows) {
    const theirs = recorded(path)
    assert.equal(ours.length, theirs.length, path)
    for (const their of theirs) {
      const own = ours.find((each) => each.metadata?.name === their.metadata?.name)
      const { labels, annotations, name, namespace } = their.metadata ?? {}
      const expected = { ...their, metadata: { name, namespace, labels, annotations } }
      const { apiVersion: _version, kind: _kind, ...actual } = own ?? {}
      assert.ok(semanticEqual(actual, expected), `${path} ${their.metadata?.name}`)
    }
  }
})

const role = (more: Partial<ClusterRole> = {}): ClusterRole => ({
  metadata: { name: 'r', labels: { a: 'b' } },
  rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
  ...more,
})

test('roles are added to, never taken from', () => {
  const wide = role({ rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] })
  assert.equal(reconcileRole(role(), role()), undefined)
  assert.equal(reconcileRole(role(), wide), undefined)
  const missing = reconcileRole(
    role(),
    role({ rules: [{ verbs: ['list'], apiGroups: [''], resources: ['pods'] }] }),
  )
  assert.deepEqual(missing?.rules, [
    { verbs: ['list'], apiGroups: [''], resources: ['pods'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
  ])
  assert.deepEqual(reconcileRole(role(), role({ metadata: { name: 'r' } }))?.metadata?.labels, { a: 'b' })
  const hands = { 'rbac.authorization.kubernetes.io/autoupdate': 'false' }
  assert.equal(
    reconcileRole(role(), role({ rules: [], metadata: { name: 'r', annotations: hands } })),
    undefined,
  )
})

test('bindings get missing subjects, and are made anew for another role', () => {
  const binding = (role: string, ...names: readonly string[]): ClusterRoleBinding => ({
    metadata: { name: 'b' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: names.map((name) => ({ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name })),
  })
  assert.equal(reconcileBinding(binding('r', 'a'), binding('r', 'a', 'b')), undefined)
  assert.deepEqual(reconcileBinding(binding('r', 'a'), binding('r', 'b')), {
    type: 'update',
    object: binding('r', 'b', 'a'),
  })
  assert.deepEqual(reconcileBinding(binding('r', 'a'), binding('s', 'a')), { type: 'recreate' })
})
