// Asks the API server for a token of a service account, and says when it should be renewed.
//
// Upstream: pkg/kubelet/token/token_manager.go, staging/src/k8s.io/controller-manager/pkg/clientbuilder

import { serviceAccounts } from '#api/resources.ts'
import type { TokenRequest, TokenRequestSpec } from '#api/types/authentication.ts'
import type { Client } from '#client/client.ts'

export interface IssuedToken {
  readonly token: string
  /** Wall time in milliseconds. */
  readonly expiresAt: number
  readonly lifeMs: number
}

/** `expirationSeconds` is a wish: the server says what it became. Rejects with StatusError. */
export async function requestToken(
  client: Client,
  namespace: string,
  account: string,
  spec: TokenRequestSpec & { readonly expirationSeconds: number },
): Promise<IssuedToken> {
  const body: TokenRequest = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: {},
    spec,
  }
  const answer = (await client
    .resource(serviceAccounts)
    .createSubresource(namespace, account, 'token', body)) as unknown as TokenRequest
  return {
    token: answer.status?.token ?? '',
    expiresAt: Date.parse(answer.status?.expirationTimestamp ?? ''),
    lifeMs: (answer.spec?.expirationSeconds ?? spec.expirationSeconds) * 1000,
  }
}
