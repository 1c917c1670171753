import assert from 'node:assert/strict'
import { test } from 'node:test'
import { internalForm, internalList } from '#api/kinds/internal-form.ts'

test('names, order and zero values of Go', () => {
  assert.equal(
    JSON.stringify(internalForm('ServicePort', { port: 80, protocol: 'TCP' })),
    '{"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
  )
})

test('nothing is null', () => {
  assert.equal(internalForm('ServicePort', undefined), null)
  assert.equal(internalList('ServicePort', undefined), null)
  assert.deepEqual(internalList('ServicePort', []), [])
})

test('embedded fields and lists', () => {
  assert.deepEqual(internalForm('ConfigMapKeySelector', { name: 'a', key: 'k', optional: true }), {
    Name: 'a',
    Key: 'k',
    Optional: true,
  })
  assert.deepEqual(internalList('NodeSelectorTerm', [{ matchFields: [{ key: 'k', operator: 'Exists' }] }]), [
    { MatchExpressions: null, MatchFields: [{ Key: 'k', Operator: 'Exists', Values: null }] },
  ])
})

test('the host fields of a pod are in its security context', () => {
  const form = internalForm('PodSpec', { hostNetwork: true, securityContext: {} }) as {
    SecurityContext: Record<string, unknown>
  }
  assert.equal(form.SecurityContext['HostNetwork'], true)
})
