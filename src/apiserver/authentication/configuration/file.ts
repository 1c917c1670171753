// AuthenticationConfiguration: the file that says which issuers' tokens are good, and who their bearers are.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/apis/apiserver/types.go, pkg/kubeapiserver/options/authentication.go

import { decodeConfigFile } from '#api/codec/config-file.ts'
import { configSchema, listOf } from '#api/schema/config-schema.ts'

export interface AuthenticationConfiguration {
  readonly jwt?: readonly JwtAuthenticator[]
  readonly anonymous?: AnonymousConfiguration
}

export interface AnonymousConfiguration {
  readonly enabled?: boolean
  /** Only these paths; none: all of them. */
  readonly conditions?: readonly { readonly path?: string }[]
}

export interface JwtAuthenticator {
  readonly issuer?: Issuer
  readonly claimValidationRules?: readonly ClaimValidationRule[]
  readonly claimMappings?: ClaimMappings
  readonly userValidationRules?: readonly UserValidationRule[]
}

export interface Issuer {
  readonly url?: string
  readonly discoveryURL?: string
  /** PEM; absent: the authorities that everybody trusts. */
  readonly certificateAuthority?: string
  readonly audiences?: readonly string[]
  readonly audienceMatchPolicy?: string
  readonly egressSelectorType?: string
}

export interface ClaimValidationRule {
  readonly claim?: string
  readonly requiredValue?: string
  readonly expression?: string
  readonly message?: string
}

export interface ClaimOrExpression {
  readonly claim?: string
  readonly expression?: string
}

export interface PrefixedClaimOrExpression extends ClaimOrExpression {
  readonly prefix?: string
}

export interface ClaimMappings {
  readonly username?: PrefixedClaimOrExpression
  readonly groups?: PrefixedClaimOrExpression
  readonly uid?: ClaimOrExpression
  readonly extra?: readonly { readonly key?: string; readonly valueExpression?: string }[]
}

export interface UserValidationRule {
  readonly expression?: string
  readonly message?: string
}

const PREFIXED = { claim: 'string', prefix: 'string?', expression: 'string' } as const

const KIND = {
  group: 'apiserver.config.k8s.io',
  versions: ['v1', 'v1beta1', 'v1alpha1'],
  kind: 'AuthenticationConfiguration',
  schema: configSchema('AuthenticationConfiguration', {
    jwt: listOf({
      issuer: {
        url: 'string',
        discoveryURL: 'string',
        certificateAuthority: 'string',
        audiences: listOf('string'),
        audienceMatchPolicy: 'string',
        egressSelectorType: 'string',
      },
      claimValidationRules: listOf({
        claim: 'string',
        requiredValue: 'string',
        expression: 'string',
        message: 'string',
      }),
      claimMappings: {
        username: PREFIXED,
        groups: PREFIXED,
        uid: { claim: 'string', expression: 'string' },
        extra: listOf({ key: 'string', valueExpression: 'string' }),
      },
      userValidationRules: listOf({ expression: 'string', message: 'string' }),
    }),
    anonymous: { enabled: 'bool', conditions: listOf({ path: 'string' }) },
  }),
}

/** Reads the file's text strictly; nothing is judged yet. Throws an Error in Go's words. */
export function readAuthenticationConfiguration(text: string): AuthenticationConfiguration {
  if (text === '') throw new Error('empty config data')
  return decodeConfigFile(text, KIND) as AuthenticationConfiguration
}
