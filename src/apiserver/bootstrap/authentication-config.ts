// ConfigMap kube-system/extension-apiserver-authentication: how extension servers recognise this server's users.
//
// An aggregated API server reads here which authorities sign clients and front proxies, and which headers tell the
// user. Upstream: pkg/controlplane/controller/clusterauthenticationtrust

import { semanticEqual } from '#api/meta/equality.ts'
import type { ConfigMap } from '#api/types/core.ts'
import type { Repair } from '#apiserver/bootstrap/ensure.ts'

export interface TrustOptions {
  /** PEM of the authorities. */
  readonly clientAuthority: string
  readonly frontProxyAuthority: string
  readonly frontProxyNames: readonly string[]
}

export function authenticationConfig(options: TrustOptions): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'kube-system', name: 'extension-apiserver-authentication' },
    data: {
      'client-ca-file': options.clientAuthority,
      'requestheader-allowed-names': JSON.stringify(options.frontProxyNames),
      'requestheader-client-ca-file': options.frontProxyAuthority,
      'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
      'requestheader-group-headers': '["X-Remote-Group"]',
      'requestheader-uid-headers': '["X-Remote-Uid"]',
      'requestheader-username-headers': '["X-Remote-User"]',
    },
  }
}

/** Keeps keys of others, sets ours. */
export function repairConfig(wanted: ConfigMap): Repair<ConfigMap> {
  return (present) => {
    const data = { ...present.data, ...wanted.data }
    return semanticEqual(data, present.data) ? undefined : { type: 'update', object: { ...present, data } }
  }
}
