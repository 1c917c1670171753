// Bootstrap tokens: what a machine has in hand before it is a node (`k8ts agent --token`).
//
// `ID.SECRET` matches the Secret bootstrap-token-ID in kube-system; whoever has it is system:bootstrap:ID in the group
// system:bootstrappers, which may ask for a certificate and little else. Anything wrong means: not mine.
// Upstream: plugin/pkg/auth/authenticator/token/bootstrap/bootstrap.go

import { timingSafeEqual } from 'node:crypto'
import type { Secret } from '#api/types/core.ts'
import type { TokenAuthenticator } from '#apiserver/authentication/bearer-token.ts'
import type { Clock } from '#sys/clock.ts'

const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/
const DEFAULT_GROUP = 'system:bootstrappers'
const EXTRA_GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/

export interface BootstrapTokenOptions {
  /** A Secret of kube-system. */
  secret(name: string): Promise<Secret | undefined>
  readonly clock: Clock
}

export function bootstrapTokenAuthenticator(options: BootstrapTokenOptions): TokenAuthenticator {
  return {
    name: 'bootstrap token',
    async authenticateToken(token) {
      const [, id, secretPart] = TOKEN.exec(token) ?? []
      if (id === undefined || secretPart === undefined) return undefined
      const secret = await options.secret(`bootstrap-token-${id}`)
      if (!secret || !isUsable(secret, id, secretPart, options.clock.now())) return undefined
      const groups = groupsOf(secret)
      return groups && { user: { name: `system:bootstrap:${id}`, groups } }
    },
  }
}

function isUsable(secret: Secret, id: string, secretPart: string, now: number): boolean {
  if (secret.metadata?.deletionTimestamp || secret.type !== 'bootstrap.kubernetes.io/token') return false
  const expiration = dataOf(secret, 'expiration')
  return (
    isSame(dataOf(secret, 'token-secret'), secretPart) &&
    dataOf(secret, 'token-id') === id &&
    dataOf(secret, 'usage-bootstrap-authentication') === 'true' &&
    (expiration === '' || Date.parse(expiration) > now)
  )
}

/** Undefined when the Secret names a group that bootstrap tokens may not give. */
function groupsOf(secret: Secret): readonly string[] | undefined {
  const extra = dataOf(secret, 'auth-extra-groups')
  const groups = extra === '' ? [] : extra.split(',').map((group) => group.trim())
  if (groups.some((group) => !EXTRA_GROUP.test(group))) return undefined
  return [...new Set([...groups, DEFAULT_GROUP])].sort()
}

function dataOf(secret: Secret, key: string): string {
  return Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8')
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
