// The objects of the measurement: pods of about four kilobytes, spread over namespaces, ten to a label.

import { encodeProtobuf } from '#api/codec/protobuf.ts'
import type { JsonObject } from '#api/meta/object.ts'

export const POD_COUNT = 10_000
export const NAMESPACE_COUNT = 100
export const namespaceOf = (index: number): string => `bench-${index % NAMESPACE_COUNT}`
/** Where objects are created and deleted beside those. */
export const SCRATCH = 'bench-scratch'
/** Ten pods carry this label. */
export const RARE_LABEL = 'app=app-7'

const PROTOBUF = 'application/vnd.kubernetes.protobuf'

/** What a request says and takes: `json` or `protobuf`. */
export type Encoding = 'json' | 'protobuf'

export const mediaTypeOf = (encoding: Encoding): string =>
  encoding === 'json' ? 'application/json' : PROTOBUF

export function encode(object: JsonObject, encoding: Encoding): Uint8Array {
  return encoding === 'json' ? Buffer.from(JSON.stringify(object)) : encodeProtobuf(object)
}

export const podName = (index: number): string => `pod-${String(index).padStart(5, '0')}`

/** A pod as a Deployment makes them, about 4 KB once it is stored. */
export function podOf(namespace: string, name: string, index: number): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: { app: `app-${index % (POD_COUNT / 10)}`, tier: 'bench', 'pod-template-hash': '7c5ddbdf54' },
    },
    spec: {
      containers: ['main', 'side'].map((container) => ({
        name: container,
        image: `registry.example.com/team/${container}:v1.2.3`,
        args: ['--listen=:8080', '--log-level=info'],
        ports: [{ name: 'http', containerPort: 8080 }],
        env: Array.from({ length: 3 }, (_, i) => ({ name: `SETTING_${i}`, value: `value-${i}-of-${name}` })),
        resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
        readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 10 },
      })),
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      // said here, so that the same object is also an update
      serviceAccountName: 'default',
      automountServiceAccountToken: false,
    },
  }
}

/** A config map whose data says when it was written, in a form that can be found in any encoding of it. */
export function stampedConfigMap(name: string, nanoseconds: bigint): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: SCRATCH },
    data: { sent: `${STAMP}${String(nanoseconds).padStart(STAMP_DIGITS, '0')}`, more: 'y'.repeat(500) },
  }
}

export const STAMP = 'stamp='
export const STAMP_DIGITS = 20
