import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PodTemplateSpec } from '#api/types/core.ts'
import { templateHash } from '#controllers/hash/template-hash.ts'

// What upstream's ComputeHash gave for these templates.
const CASES: readonly { name: string; hash: string; template: object }[] = [
  {
    name: 'the least that validates',
    hash: 'fd5cb659f',
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'c', image: 'busybox' }] },
    },
  },
  {
    name: 'defaults filled in, as stored',
    hash: '766765b9df',
    template: {
      metadata: { labels: { app: 'web', tier: 'front' } },
      spec: {
        containers: [
          {
            name: 'web',
            image: 'docker.io/library/busybox:1.36',
            command: ['sh', '-c', 'sleep 3600'],
            resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '1', memory: '100Mi' } },
            terminationMessagePath: '/dev/termination-log',
            terminationMessagePolicy: 'File',
            imagePullPolicy: 'IfNotPresent',
            ports: [{ containerPort: 80, protocol: 'TCP', name: 'http' }],
            readinessProbe: {
              httpGet: { path: '/', port: 'http', scheme: 'HTTP' },
              timeoutSeconds: 1,
              periodSeconds: 10,
              successThreshold: 1,
              failureThreshold: 3,
            },
          },
        ],
        restartPolicy: 'Always',
        terminationGracePeriodSeconds: 30,
        dnsPolicy: 'ClusterFirst',
        securityContext: {},
        schedulerName: 'default-scheduler',
      },
    },
  },
  {
    name: 'absent, null and empty are one',
    hash: 'fd5cb659f',
    template: {
      metadata: { labels: { app: 'web' }, annotations: {}, creationTimestamp: null },
      spec: { containers: [{ name: 'c', image: 'busybox', args: [], resources: {} }], nodeSelector: null },
    },
  },
  {
    name: 'volumes of several sources, embedded structs',
    hash: '6b69f64d87',
    template: {
      spec: {
        containers: [
          {
            name: 'c',
            env: [
              { name: 'A', value: '1' },
              { name: 'B', valueFrom: { configMapKeyRef: { name: 'm', key: 'k', optional: true } } },
              { name: 'C', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '0' } } },
            ],
            volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true }],
          },
        ],
        volumes: [
          { name: 'v', configMap: { name: 'm', defaultMode: 420 } },
          { name: 'e', emptyDir: {} },
          { name: 's', emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } },
          {
            name: 'p',
            projected: {
              sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 3607 } }],
              defaultMode: 420,
            },
          },
        ],
      },
    },
  },
  {
    name: 'big and small quantities',
    hash: '79f8bbddbc',
    template: {
      spec: {
        containers: [
          {
            name: 'c',
            resources: {
              limits: {
                cpu: '0.5',
                memory: '1Ei',
                'example.com/a': '12345678901234567890',
                'example.com/b': '1500m',
              },
              requests: { cpu: '1n', memory: '1.5Gi' },
            },
          },
        ],
      },
    },
  },
  {
    name: 'numbers, booleans and letters beyond ASCII',
    hash: 'b597cf594',
    template: {
      metadata: { annotations: { note: 'größe ☃' } },
      spec: {
        hostNetwork: true,
        priority: -5,
        terminationGracePeriodSeconds: 0,
        automountServiceAccountToken: false,
        tolerations: [{ key: 'k', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 }],
        securityContext: { runAsUser: 1000, fsGroup: 2000, supplementalGroups: [1, 2] },
        containers: [
          {
            name: 'c',
            livenessProbe: { tcpSocket: { port: 8080 } },
            lifecycle: { preStop: { sleep: { seconds: 5 } } },
          },
        ],
      },
    },
  },
]

for (const { name, hash, template } of CASES) {
  test(`a template hashes as in Go: ${name}`, () => {
    assert.equal(templateHash(template as PodTemplateSpec), hash)
  })
}

test('a collision count gives another hash, and zero is a count', () => {
  const template = CASES[0]?.template as PodTemplateSpec
  const hashes = [templateHash(template), templateHash(template, 0), templateHash(template, 1)]
  assert.equal(new Set(hashes).size, 3)
})
