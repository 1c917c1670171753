// Valid objects of many shapes, from which broken ones are made; and where they live.

import type { JsonObject } from '#api/meta/object.ts'

export interface Sample {
  /** The collection: `/api/v1/namespaces/default/pods`. */
  readonly path: string
  readonly object: JsonObject
}

const core = (resource: string) => `/api/v1/namespaces/default/${resource}`
const inGroup = (group: string, resource: string) => `/apis/${group}/v1/namespaces/default/${resource}`

const POD_SPEC = {
  containers: [
    {
      name: 'main',
      image: 'example.com/web:1',
      command: ['run', '$(A)'],
      env: [{ name: 'A', value: '1' }],
      ports: [{ containerPort: 80, protocol: 'TCP', name: 'http' }],
      resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '1' } },
      livenessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 5 },
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
      securityContext: { runAsNonRoot: true, capabilities: { drop: ['ALL'] } },
    },
  ],
  volumes: [{ name: 'v', configMap: { name: 'c', items: [{ key: 'k', path: 'p' }] } }],
  tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 3 }],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] }],
      },
    },
  },
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { a: 'b' } },
    },
  ],
}

const TEMPLATE = { metadata: { labels: { app: 'a' } }, spec: POD_SPEC }
const SELECTOR = { matchLabels: { app: 'a' } }

const sample = (path: string, apiVersion: string, kind: string, rest: JsonObject): Sample => ({
  path,
  object: {
    apiVersion,
    kind,
    metadata: {
      name: 'a',
      labels: { app: 'a', tier: 'front' },
      annotations: { note: 'x' },
      finalizers: ['example.com/hold'],
    },
    ...rest,
  },
})

export const SAMPLES: readonly Sample[] = [
  sample(core('configmaps'), 'v1', 'ConfigMap', { data: { k: 'v' }, binaryData: { b: 'AAEC' } }),
  sample(core('secrets'), 'v1', 'Secret', { type: 'Opaque', data: { k: 'dg==' }, stringData: { s: 't' } }),
  sample(core('pods'), 'v1', 'Pod', { spec: POD_SPEC }),
  sample(core('services'), 'v1', 'Service', {
    spec: {
      selector: { app: 'a' },
      type: 'NodePort',
      ports: [{ name: 'http', port: 80, targetPort: 'http' }],
    },
  }),
  sample(core('persistentvolumeclaims'), 'v1', 'PersistentVolumeClaim', {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  }),
  sample(core('resourcequotas'), 'v1', 'ResourceQuota', {
    spec: { hard: { pods: '100', 'requests.cpu': '50' } },
  }),
  sample(core('limitranges'), 'v1', 'LimitRange', {
    spec: { limits: [{ type: 'Container', default: { cpu: '1' }, max: { cpu: '2' } }] },
  }),
  sample(core('endpoints'), 'v1', 'Endpoints', {
    subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 1 }] }],
  }),
  sample('/api/v1/nodes', 'v1', 'Node', {
    spec: { taints: [{ key: 'a', effect: 'NoSchedule' }], podCIDR: '10.9.0.0/24' },
  }),
  sample('/api/v1/namespaces', 'v1', 'Namespace', { spec: { finalizers: ['kubernetes'] } }),
  sample(inGroup('apps', 'deployments'), 'apps/v1', 'Deployment', {
    spec: {
      replicas: 2,
      selector: SELECTOR,
      template: TEMPLATE,
      strategy: { rollingUpdate: { maxSurge: '25%' } },
    },
  }),
  sample(inGroup('apps', 'statefulsets'), 'apps/v1', 'StatefulSet', {
    spec: { serviceName: 's', selector: SELECTOR, template: TEMPLATE },
  }),
  sample(inGroup('batch', 'cronjobs'), 'batch/v1', 'CronJob', {
    spec: {
      schedule: '*/5 * * * *',
      jobTemplate: { spec: { template: { spec: { ...POD_SPEC, restartPolicy: 'Never' } } } },
    },
  }),
  sample(inGroup('networking.k8s.io', 'networkpolicies'), 'networking.k8s.io/v1', 'NetworkPolicy', {
    spec: {
      podSelector: SELECTOR,
      ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }] }],
    },
  }),
  sample(inGroup('networking.k8s.io', 'ingresses'), 'networking.k8s.io/v1', 'Ingress', {
    spec: {
      rules: [
        {
          host: 'a.b',
          http: {
            paths: [
              { path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 1 } } } },
            ],
          },
        },
      ],
    },
  }),
  sample(inGroup('rbac.authorization.k8s.io', 'roles'), 'rbac.authorization.k8s.io/v1', 'Role', {
    rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: ['a'] }],
  }),
  sample(inGroup('coordination.k8s.io', 'leases'), 'coordination.k8s.io/v1', 'Lease', {
    spec: { holderIdentity: 'x', leaseDurationSeconds: 5, renewTime: '2026-01-02T03:04:05.000006Z' },
  }),
  sample(inGroup('policy', 'poddisruptionbudgets'), 'policy/v1', 'PodDisruptionBudget', {
    spec: { minAvailable: '50%', selector: SELECTOR },
  }),
  sample(
    '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas',
    'flowcontrol.apiserver.k8s.io/v1',
    'FlowSchema',
    {
      spec: {
        priorityLevelConfiguration: { name: 'x' },
        rules: [
          {
            subjects: [{ kind: 'User', user: { name: 'a' } }],
            nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }],
          },
        ],
      },
    },
  ),
  sample(
    '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    'authorization.k8s.io/v1',
    'SubjectAccessReview',
    {
      spec: {
        user: 'a',
        groups: ['b'],
        resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'default' },
      },
    },
  ),
]
