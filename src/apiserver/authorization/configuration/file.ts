// AuthorizationConfiguration: the file that says who is asked for permission, and in which order.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/apis/apiserver/{types.go,v1/defaults.go,load}

import { decodeConfigFile } from '#api/codec/config-file.ts'
import { configSchema, listOf } from '#api/schema/config-schema.ts'

export interface AuthorizationConfiguration {
  readonly authorizers?: readonly AuthorizerConfiguration[]
}

export interface AuthorizerConfiguration {
  readonly type?: string
  readonly name?: string
  readonly webhook?: WebhookConfiguration
}

/** Durations as Go writes them: `5m0s`. */
export interface WebhookConfiguration {
  readonly authorizedTTL?: string
  readonly cacheAuthorizedRequests?: boolean
  readonly unauthorizedTTL?: string
  readonly cacheUnauthorizedRequests?: boolean
  readonly timeout?: string
  readonly subjectAccessReviewVersion?: string
  readonly matchConditionSubjectAccessReviewVersion?: string
  readonly failurePolicy?: string
  readonly connectionInfo?: { readonly type?: string; readonly kubeConfigFile?: string }
  readonly matchConditions?: readonly { readonly expression?: string }[]
}

const KIND = {
  group: 'apiserver.config.k8s.io',
  versions: ['v1', 'v1beta1', 'v1alpha1'],
  kind: 'AuthorizationConfiguration',
  schema: configSchema('AuthorizationConfiguration', {
    authorizers: listOf({
      type: 'string',
      name: 'string',
      webhook: {
        authorizedTTL: 'string',
        cacheAuthorizedRequests: 'bool?',
        unauthorizedTTL: 'string',
        cacheUnauthorizedRequests: 'bool?',
        timeout: 'string',
        subjectAccessReviewVersion: 'string',
        matchConditionSubjectAccessReviewVersion: 'string',
        failurePolicy: 'string',
        connectionInfo: { type: 'string', kubeConfigFile: 'string?' },
        matchConditions: listOf({ expression: 'string' }),
      },
    }),
  }),
}

/** Reads the file's text strictly; nothing is judged yet. Throws an Error in Go's words. */
export function readAuthorizationConfiguration(text: string): AuthorizationConfiguration {
  try {
    return text === '' ? {} : (decodeConfigFile(text, KIND) as AuthorizationConfiguration)
  } catch (error) {
    const why = (error as Error).message
    throw new Error(`failed to load AuthorizationConfiguration from file: ${why}`, { cause: error })
  }
}
