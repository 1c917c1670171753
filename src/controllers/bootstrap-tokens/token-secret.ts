// Bootstrap tokens as Secrets of kube-system: whether they are over, and whether they may sign. Pure.
//
// Upstream: staging/src/k8s.io/cluster-bootstrap/token/util, pkg/controller/bootstrap/util.go

import type { Secret } from '#api/types/core.ts'

const TYPE = 'bootstrap.kubernetes.io/token'
const NAME = /^bootstrap-token-([a-z0-9]{6})$/

export const isBootstrapToken = ({ type, metadata }: Secret): boolean =>
  type === TYPE && metadata?.namespace === 'kube-system'

const dataOf = ({ data }: Secret, key: string): string =>
  Buffer.from(data?.[key] ?? '', 'base64').toString('utf8')

/** In milliseconds since 1970; undefined when it lasts for ever. What is no time is over already. */
export function expirationMs(secret: Secret): number | undefined {
  const text = dataOf(secret, 'expiration')
  if (text === '') return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? 0 : ms
}

/** Id and secret of a token that may sign. */
export function signingToken(
  secret: Secret,
  nowMs: number,
): { readonly id: string; readonly secret: string } | undefined {
  const id = NAME.exec(secret.metadata?.name ?? '')?.[1]
  const value = dataOf(secret, 'token-secret')
  if (id === undefined || dataOf(secret, 'token-id') !== id || value === '') return undefined
  if ((expirationMs(secret) ?? Number.POSITIVE_INFINITY) <= nowMs) return undefined
  return dataOf(secret, 'usage-bootstrap-signing') === 'true' ? { id, secret: value } : undefined
}
