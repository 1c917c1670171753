// How a service account is called as a user, and which groups it is in. Pure.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/authentication/serviceaccount/util.go

import { isDNS1123Label, isDNS1123Subdomain } from '#api/meta/names.ts'

const PREFIX = 'system:serviceaccount:'
export const ALL_SERVICE_ACCOUNTS_GROUP = 'system:serviceaccounts'

export const serviceAccountUser = (namespace: string, name: string): string => `${PREFIX}${namespace}:${name}`

export const serviceAccountGroups = (namespace: string): readonly string[] => [
  ALL_SERVICE_ACCOUNTS_GROUP,
  `${ALL_SERVICE_ACCOUNTS_GROUP}:${namespace}`,
]

/** The service account that a user name means, or nothing. */
export function splitServiceAccountUser(user: string): { namespace: string; name: string } | undefined {
  if (!user.startsWith(PREFIX)) return undefined
  const [namespace, name, ...rest] = user.slice(PREFIX.length).split(':')
  if (namespace === undefined || name === undefined || rest.length > 0) return undefined
  if (isDNS1123Label(namespace).length > 0 || isDNS1123Subdomain(name).length > 0) return undefined
  return { namespace, name }
}
