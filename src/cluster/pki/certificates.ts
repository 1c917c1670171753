// Which certificates a cluster has: one entry a file, with who it is and what it may be used for. Pure.
//
// The names are what RBAC and the Node authorizer know: CN is the user, O are the groups. File names are kubeadm's
// where it has one. Upstream: cmd/kubeadm/app/phases/certs/certlist.go

import type { CertificateRequest } from '#cluster/pki/authority.ts'

export type AuthorityName = 'ca' | 'front-proxy-ca' | 'etcd-ca'

export const AUTHORITIES: Readonly<Record<AuthorityName, string>> = {
  ca: 'kubernetes',
  'front-proxy-ca': 'front-proxy-ca',
  'etcd-ca': 'etcd-ca',
}

export interface CertificateSpec extends CertificateRequest {
  /** File name without `.crt` and `.key`. */
  readonly name: string
  readonly authority: AuthorityName
  /** Several servers with addresses of their own present it. */
  readonly isShared?: boolean
}

export interface ClusterNames {
  /** `cluster.local` */
  readonly clusterDomain: string
  /** The `kubernetes` Service's address, the first of the range. */
  readonly serviceAddress: string
  /** Further addresses and names under which the API server is reached. */
  readonly serverAddresses: readonly string[]
  readonly serverNames: readonly string[]
}

export interface NodeNames {
  readonly name: string
  readonly addresses: readonly string[]
}

/** The control plane's certificates and those of the components that are not tied to a node. */
export function clusterCertificates(names: ClusterNames): CertificateSpec[] {
  return [
    {
      name: 'apiserver',
      authority: 'ca',
      isShared: true,
      commonName: 'kube-apiserver',
      usages: ['serverAuth'],
      dnsNames: [
        'kubernetes',
        'kubernetes.default',
        'kubernetes.default.svc',
        `kubernetes.default.svc.${names.clusterDomain}`,
        'localhost',
        ...names.serverNames,
      ],
      ipAddresses: [...new Set(['127.0.0.1', '::1', names.serviceAddress, ...names.serverAddresses])],
    },
    client('apiserver-kubelet-client', 'kube-apiserver-kubelet-client', ['system:masters']),
    { ...client('apiserver-etcd-client', 'kube-apiserver-etcd-client', []), authority: 'etcd-ca' },
    {
      name: 'etcd-server',
      authority: 'etcd-ca',
      commonName: 'etcd',
      usages: ['serverAuth', 'clientAuth'],
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1', '::1'],
    },
    { ...client('front-proxy-client', 'front-proxy-client', []), authority: 'front-proxy-ca' },
    client('admin', 'kubernetes-admin', ['system:masters']),
    client('controller-manager', 'system:kube-controller-manager', []),
    client('scheduler', 'system:kube-scheduler', []),
    client('proxy', 'system:kube-proxy', []),
    client('dns', 'system:dns', []),
    client('network', 'system:network', []),
    client('metrics', 'system:metrics', []),
  ]
}

/** A node's client certificate (the Node authorizer knows it by name) and its kubelet's serving certificate. */
export function nodeCertificates(node: NodeNames): CertificateSpec[] {
  const user = `system:node:${node.name}`
  return [
    client(`kubelet-${node.name}`, user, ['system:nodes']),
    {
      name: `kubelet-serving-${node.name}`,
      authority: 'ca',
      commonName: user,
      organizations: ['system:nodes'],
      usages: ['serverAuth'],
      dnsNames: [node.name],
      ipAddresses: node.addresses,
    },
  ]
}

function client(name: string, commonName: string, organizations: readonly string[]): CertificateSpec {
  return { name, authority: 'ca', commonName, organizations, usages: ['clientAuth'] }
}
