import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notFound } from '#api/meta/status.ts'
import type { Container, Service } from '#api/types/core.ts'
import { containerEnvironment } from '#kubelet/containers/environment.ts'
import { container, pod } from '#kubelet/pods/fixtures.ts'

const services: readonly Service[] = [
  {
    metadata: { name: 'my-db', namespace: 'ns' },
    spec: { clusterIP: '10.96.0.5', ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }] },
  },
  {
    metadata: { name: 'kubernetes', namespace: 'default' },
    spec: { clusterIP: '10.96.0.1', ports: [{ port: 443 }] },
  },
  { metadata: { name: 'far', namespace: 'other' }, spec: { clusterIP: '10.96.0.6', ports: [{ port: 1 }] } },
  { metadata: { name: 'headless', namespace: 'ns' }, spec: { clusterIP: 'None', ports: [{ port: 1 }] } },
]

async function environmentOf(
  fields: Partial<Container>,
  enableServiceLinks = false,
): Promise<Record<string, string>> {
  const subject = container('main', { resources: { limits: { cpu: '1500m', memory: '64Mi' } }, ...fields })
  const environment = await containerEnvironment(
    pod({ containers: [subject], nodeName: 'n1', enableServiceLinks }),
    subject,
    { podIPs: ['10.0.0.9'], hostIPs: ['192.0.2.1'] },
    {
      configMap: (_namespace, name) =>
        name === 'cm'
          ? Promise.resolve({ data: { a: '1', b: '2' } })
          : Promise.reject(notFound({ group: '', resource: 'configmap' }, name)),
      secret: () => Promise.resolve({ data: { key: Buffer.from('hidden').toString('base64') } }),
      services: () => services,
      allocatable: { cpu: '4', memory: '8Gi' },
      volumePath: () => undefined,
    },
  )
  return Object.fromEntries(
    [...environment].filter(([name]) => enableServiceLinks || !name.startsWith('KUBERNETES')),
  )
}

test('variables may refer to those before them', async () => {
  const env = [
    { name: 'A', value: 'a' },
    { name: 'B', value: '$(A)-$(C)' },
    { name: 'C', value: 'c' },
  ]
  assert.deepEqual(await environmentOf({ env }), { A: 'a', B: 'a-$(C)', C: 'c' })
})

test('whole ConfigMaps come first, with their prefix', async () => {
  const envFrom = [{ prefix: 'P_', configMapRef: { name: 'cm' } }]
  assert.deepEqual(await environmentOf({ envFrom, env: [{ name: 'P_a', value: 'own' }] }), {
    P_a: 'own',
    P_b: '2',
  })
})

test('values from elsewhere', async () => {
  const from = (name: string, valueFrom: object) => ({ name, valueFrom })
  const env = [
    from('CM', { configMapKeyRef: { name: 'cm', key: 'b' } }),
    from('S', { secretKeyRef: { name: 's', key: 'key' } }),
    from('NAME', { fieldRef: { fieldPath: 'metadata.name' } }),
    from('IP', { fieldRef: { fieldPath: 'status.podIP' } }),
    from('NODE', { fieldRef: { fieldPath: 'spec.nodeName' } }),
    from('CPU', { resourceFieldRef: { resource: 'limits.cpu' } }),
    from('MILLI', { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } }),
    from('MEM', { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } }),
    from('NONE', { resourceFieldRef: { resource: 'requests.memory' } }),
    from('GONE', { configMapKeyRef: { name: 'nope', key: 'x', optional: true } }),
  ]
  assert.deepEqual(await environmentOf({ env }), {
    CM: '2',
    S: 'hidden',
    NAME: 'p',
    IP: '10.0.0.9',
    NODE: 'n1',
    CPU: '2',
    MILLI: '1500',
    MEM: '64',
    NONE: '0',
  })
})

test('a missing key says which', async () => {
  const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'cm', key: 'nope' } } }]
  await assert.rejects(environmentOf({ env }), { message: "couldn't find key nope in ConfigMap ns/cm" })
  await assert.rejects(environmentOf({ envFrom: [{ configMapRef: { name: 'nope' } }] }), {
    message: 'configmap "nope" not found',
  })
})

test('Services of the namespace are told, and the API server always', async () => {
  const environment = await environmentOf({}, true)
  assert.equal(environment['MY_DB_SERVICE_HOST'], '10.96.0.5')
  assert.equal(environment['MY_DB_SERVICE_PORT_SQL'], '5432')
  assert.equal(environment['MY_DB_PORT_5432_TCP'], 'tcp://10.96.0.5:5432')
  assert.equal(environment['KUBERNETES_SERVICE_HOST'], '10.96.0.1')
  assert.equal(
    Object.keys(environment).some((name) => /FAR|HEADLESS/.test(name)),
    false,
  )
})
