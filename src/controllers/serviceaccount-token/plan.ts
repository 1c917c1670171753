// What a Secret with a token of a service account holds, and what it lacks. Pure.
//
// Such tokens are valid as long as their Secret exists; pods have not been given any since 1.24.
// Upstream: pkg/controller/serviceaccount/tokens_controller.go, pkg/serviceaccount/legacy.go

import type { Secret, ServiceAccount } from '#api/types/core.ts'

export const TYPE = 'kubernetes.io/service-account-token'
export const ACCOUNT_NAME = 'kubernetes.io/service-account.name'
const ACCOUNT_UID = 'kubernetes.io/service-account.uid'
const ISSUER = 'kubernetes/serviceaccount'

export const isTokenSecret = ({ type, metadata }: Secret): boolean =>
  type === TYPE && (metadata?.annotations?.[ACCOUNT_NAME] ?? '') !== ''

/** The Secret is for this account, and not for an earlier one of the same name. */
export function isFor({ metadata }: Secret, account: ServiceAccount): boolean {
  const { [ACCOUNT_NAME]: name, [ACCOUNT_UID]: uid } = metadata?.annotations ?? {}
  const isSameName = name === account.metadata?.name && metadata?.namespace === account.metadata?.namespace
  return isSameName && (!uid || uid === account.metadata?.uid)
}

export interface Lack {
  readonly ca: boolean
  readonly namespace: boolean
  readonly token: boolean
}

/** Undefined when nothing is missing. */
export function lackOf({ data = {} }: Secret, rootCA: string | undefined): Lack | undefined {
  const lack = {
    ca: rootCA !== undefined && decoded(data['ca.crt']) !== rootCA,
    namespace: !data['namespace'],
    token: !data['token'],
  }
  return lack.ca || lack.namespace || lack.token ? lack : undefined
}

export function tokenClaims(account: ServiceAccount, secret: Secret): Readonly<Record<string, unknown>> {
  const { namespace, name, uid } = account.metadata ?? {}
  return {
    iss: ISSUER,
    'kubernetes.io/serviceaccount/namespace': namespace,
    'kubernetes.io/serviceaccount/secret.name': secret.metadata?.name,
    'kubernetes.io/serviceaccount/service-account.name': name,
    'kubernetes.io/serviceaccount/service-account.uid': uid,
    sub: `system:serviceaccount:${namespace}:${name}`,
  }
}

/** The Secret with what it lacked; `token` where it lacked one. */
export function filled(
  secret: Secret,
  account: ServiceAccount,
  lack: Lack,
  { rootCA = '', token = '' }: { readonly rootCA?: string | undefined; readonly token?: string | undefined },
): Secret {
  const { namespace = '', annotations } = secret.metadata ?? {}
  return {
    ...secret,
    metadata: {
      ...secret.metadata,
      annotations: {
        ...annotations,
        [ACCOUNT_NAME]: account.metadata?.name ?? '',
        [ACCOUNT_UID]: account.metadata?.uid ?? '',
      },
    },
    data: {
      ...secret.data,
      ...(lack.ca && { 'ca.crt': encoded(rootCA) }),
      ...(lack.namespace && { namespace: encoded(namespace) }),
      ...(lack.token && { token: encoded(token) }),
    },
  }
}

const encoded = (text: string): string => Buffer.from(text).toString('base64')
const decoded = (text = ''): string => Buffer.from(text, 'base64').toString()
