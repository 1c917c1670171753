// The documents by which others verify service account tokens without asking this server: OpenID discovery and JWKS.
//
// Served at /.well-known/openid-configuration and /openid/v1/jwks to whom RBAC lets (system:service-account-issuer-discovery).
// Upstream: pkg/serviceaccount/openidmetadata.go

import type { TokenKey } from '#sys/token-keys.ts'

export const OPENID_CONFIGURATION_PATH = '/.well-known/openid-configuration'
export const JWKS_PATH = '/openid/v1/jwks'

/** Fixed for the life of the process, so both are encoded once. */
export interface IssuerDocuments {
  /** application/json */
  readonly configuration: string
  /** application/jwk-set+json */
  readonly jwks: string
}

export const JWKS_MEDIA_TYPE = 'application/jwk-set+json'
/** Both may be cached by the client for so long. */
export const ISSUER_CACHE_CONTROL = 'public, max-age=3600'

/** `externalAddress`: host and port under which the JWKS can be fetched. */
export function issuerDocuments(
  issuer: string,
  externalAddress: string,
  keys: readonly TokenKey[],
): IssuerDocuments {
  const configuration = {
    issuer,
    jwks_uri: `https://${externalAddress}${JWKS_PATH}`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...new Set(keys.map((key) => key.algorithm))].sort(),
  }
  const jwks = {
    keys: keys.map((key) => {
      const { kty, ...parameters } = key.publicKey.export({ format: 'jwk' })
      return { use: 'sig', kty, kid: key.id, alg: key.algorithm, ...parameters }
    }),
  }
  return { configuration: JSON.stringify(configuration), jwks: JSON.stringify(jwks) }
}
