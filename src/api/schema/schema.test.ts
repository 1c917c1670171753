import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { kindSchema, type TypeSchema, typeNames, typeSchema } from '#api/schema/schema.ts'

function field(type: string, name: string): NonNullable<ReturnType<TypeSchema['byName']['get']>> {
  const found = typeSchema(type)?.byName.get(name)
  assert.ok(found, `${type}.${name}`)
  return found
}

test('every type expands', () => {
  assert.ok(typeNames().length > 570)
  for (const name of typeNames())
    assert.ok(typeSchema(name)?.openApiName.endsWith(name.slice(name.indexOf('.'))))
})

describe('kinds by group and version', () => {
  const rows: readonly (readonly [group: string, version: string, kind: string, name: string | undefined])[] =
    [
      ['', 'v1', 'Pod', 'core.v1.Pod'],
      ['apps', 'v1', 'Deployment', 'apps.v1.Deployment'],
      ['rbac.authorization.k8s.io', 'v1', 'Role', 'rbac.v1.Role'],
      ['autoscaling', 'v2', 'HorizontalPodAutoscaler', 'autoscaling.v2.HorizontalPodAutoscaler'],
      ['apps', 'v1', 'DeleteOptions', 'meta.v1.DeleteOptions'],
      ['apps', 'v1', 'Pod', undefined],
      ['apps.example.com', 'v1', 'Deployment', undefined],
    ]
  for (const [group, version, kind, name] of rows) {
    test(`${group}/${version} ${kind}`, () => assert.equal(kindSchema(group, version, kind)?.name, name))
  }
})

describe('what is known of a field', () => {
  test('lists by key, and how patches merge them', () => {
    const ports = field('core.v1.Container', 'ports')
    assert.deepEqual(ports.listMapKeys, ['containerPort', 'protocol'])
    assert.equal(ports.patchMergeKey, 'containerPort')
    assert.deepEqual(field('core.v1.PodSpec', 'volumes').patchStrategy, ['merge', 'retainKeys'])
    assert.deepEqual(field('apps.v1.DeploymentSpec', 'strategy').patchStrategy, ['retainKeys'])
  })

  test('sets and atomic lists and maps', () => {
    assert.equal(field('meta.v1.ObjectMeta', 'finalizers').listType, 'set')
    assert.equal(field('core.v1.Container', 'args').listType, 'atomic')
    assert.equal(field('core.v1.PodSpec', 'nodeSelector').mapType, 'atomic')
    assert.equal(typeSchema('core.v1.ObjectReference')?.mapType, 'atomic')
  })

  test('how Go writes what is empty', () => {
    assert.equal(field('core.v1.PodSpec', 'containers').whenEmpty, 'written')
    assert.equal(field('apps.v1.DeploymentSpec', 'replicas').pointer, true)
    assert.equal(field('meta.v1.ObjectMeta', 'creationTimestamp').whenEmpty, 'omittedWhenZero')
  })

  test('closed sets of values, and names in errors', () => {
    const { type } = field('core.v1.ContainerPort', 'protocol')
    assert.equal(type.goType, 'v1.Protocol')
    assert.deepEqual(type.kind === 'scalar' && type.values, ['SCTP', 'TCP', 'UDP'])
    assert.equal(field('core.v1.PodStatus', 'hostIPs').type.goType, '[]v1.HostIP')
  })

  test('embedded structs stand among the fields and keep their path', () => {
    assert.deepEqual(field('core.v1.Volume', 'configMap').embedded, ['VolumeSource'])
    assert.deepEqual(field('admissionregistration.v1.NamedRuleWithOperations', 'apiGroups').embedded, [
      'RuleWithOperations',
      'Rule',
    ])
  })
})
