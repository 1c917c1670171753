// Who asks, as told by an aggregating proxy in front of this server.
//
// The headers count only when the connection's client certificate comes from the front proxy's own authority and
// carries an allowed name: anybody can send headers. Upstream:
// staging/src/k8s.io/apiserver/pkg/authentication/request/headerrequest/requestheader.go

import { unauthorized } from '#api/meta/status.ts'
import { headerValues, prefixedHeaders } from '#apiserver/authentication/chain.ts'
import type { CertificateVerifier } from '#apiserver/authentication/client-certificate.ts'
import type { Authenticator } from '#apiserver/request.ts'

export const REMOTE_USER_HEADER = 'x-remote-user'
export const REMOTE_UID_HEADER = 'x-remote-uid'
export const REMOTE_GROUP_HEADER = 'x-remote-group'
export const REMOTE_EXTRA_PREFIX = 'x-remote-extra-'

export interface FrontProxyOptions {
  readonly verifier: CertificateVerifier
  /** Common names that a proxy may have; empty allows all that the authority signed. */
  readonly allowedNames: readonly string[]
}

export function frontProxyAuthenticator(options: FrontProxyOptions): Authenticator {
  return {
    name: 'front-proxy',
    async authenticate(head) {
      const name = headerValues(head, REMOTE_USER_HEADER)[0]
      if (name === undefined || name === '' || !head.clientCertificates) return undefined
      const { commonName } = options.verifier.verify(head.clientCertificates)
      if (options.allowedNames.length > 0 && !options.allowedNames.includes(commonName)) {
        throw unauthorized(`x509: subject with cn=${commonName} is not in the allowed list`)
      }
      const uid = headerValues(head, REMOTE_UID_HEADER)[0]
      return {
        name,
        ...(uid && { uid }),
        groups: headerValues(head, REMOTE_GROUP_HEADER).filter((group) => group !== ''),
        extra: prefixedHeaders(head, REMOTE_EXTRA_PREFIX),
      }
    },
  }
}
