// Who asks the kubelet's server, and whether he may.
//
// A client certificate of the cluster's authority, or a bearer token that the API server knows (TokenReview). What
// he may is asked of the API server (SubjectAccessReview on `nodes/<subresource>`); both answers are kept for a
// while, so that neither logs nor scrapes cost a request each. Upstream: pkg/kubelet/server/auth.go

import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { TokenReview } from '#api/types/authentication.ts'
import type { SubjectAccessReview } from '#api/types/authorization.ts'
import type { Client } from '#client/client.ts'
import type { Clock } from '#sys/clock.ts'

export interface User {
  readonly name: string
  readonly groups: readonly string[]
  readonly uid?: string
}

export type Decision =
  | { readonly isAllowed: true; readonly user: User }
  | { readonly isAllowed: false; readonly code: 401 | 403; readonly message: string }

export interface Access {
  check(request: IncomingMessage, path: string): Promise<Decision>
}

const TOKEN_MS = 2 * 60_000
const ALLOWED_MS = 5 * 60_000
const DENIED_MS = 30_000
const MAX_ENTRIES = 1000
/** Members may do everything at the API server, which would say the same. */
const ALL_POWERFUL = 'system:masters'

export function createAccess({
  client,
  clock,
  nodeName,
}: {
  readonly client: Client
  readonly clock: Clock
  readonly nodeName: string
}): Access {
  const users = expiring<User | undefined>(clock)
  const decisions = expiring<boolean>(clock)

  async function userOf(request: IncomingMessage): Promise<User | undefined> {
    const certificate = certificateUser(request.socket as TLSSocket)
    if (certificate) return certificate
    const [, token] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? []
    if (token === undefined) return undefined
    const key = createHash('sha256').update(token).digest('base64')
    return await users.get(key, TOKEN_MS, () => review(token))
  }

  async function review(token: string): Promise<User | undefined> {
    const body: TokenReview = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      metadata: {},
      spec: { token },
    }
    const answer = (await client.request({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/tokenreviews',
      query: {},
      body,
    })) as unknown as TokenReview
    const { authenticated, user } = answer.status ?? {}
    if (!authenticated || !user?.username) return undefined
    return {
      name: user.username,
      groups: user.groups ?? [],
      ...(user.uid !== undefined && { uid: user.uid }),
    }
  }

  async function mayUse(user: User, verb: string, subresource: string): Promise<boolean> {
    if (user.groups.includes(ALL_POWERFUL)) return true
    const key = JSON.stringify([user.name, user.groups, verb, subresource])
    const body: SubjectAccessReview = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      metadata: {},
      spec: {
        user: user.name,
        groups: user.groups,
        ...(user.uid !== undefined && { uid: user.uid }),
        resourceAttributes: {
          verb,
          group: '',
          version: 'v1',
          resource: 'nodes',
          subresource,
          name: nodeName,
        },
      },
    }
    return await decisions.get(
      key,
      (allowed) => (allowed ? ALLOWED_MS : DENIED_MS),
      async () => {
        const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews'
        const answer = (await client.request({
          method: 'POST',
          path,
          query: {},
          body,
        })) as unknown as SubjectAccessReview
        return answer.status?.allowed === true
      },
    )
  }

  return {
    async check(request, path) {
      const user = await userOf(request)
      if (!user) return { isAllowed: false, code: 401, message: 'Unauthorized' }
      const verb = VERBS[request.method ?? 'GET'] ?? 'get'
      const subresources = subresourcesOf(path)
      for (const name of subresources) if (await mayUse(user, verb, name)) return { isAllowed: true, user }
      const message = `Forbidden (user=${user.name}, verb=${verb}, resource=nodes, subresource(s)=[${subresources.join(' ')}])`
      return { isAllowed: false, code: 403, message }
    },
  }
}

const VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** Any of them will do; `proxy` is the right to everything. */
export function subresourcesOf(path: string): readonly string[] {
  const [first = ''] = path.split('/').filter((part) => part !== '')
  if (first === 'stats' || first === 'metrics') return [first]
  if (first === 'logs') return ['log']
  if (first === 'pods' || first === 'healthz') return [first, 'proxy']
  if (first === 'runningpods') return ['pods', 'proxy']
  return ['proxy']
}

/** Undefined unless the certificate was signed by the authority that the server was given. */
function certificateUser(socket: TLSSocket): User | undefined {
  if (!socket.authorized) return undefined
  const { subject } = socket.getPeerCertificate()
  if (!subject?.CN) return undefined
  const groups = subject.O as string | readonly string[] | undefined
  const name = Array.isArray(subject.CN) ? String(subject.CN[0]) : subject.CN
  return { name, groups: groups === undefined ? [] : typeof groups === 'string' ? [groups] : groups }
}

/** A bounded memory of answers. */
function expiring<T>(clock: Clock) {
  const entries = new Map<string, { value: T; until: number }>()
  return {
    async get(key: string, lifeMs: number | ((value: T) => number), find: () => Promise<T>): Promise<T> {
      const known = entries.get(key)
      if (known && clock.monotonic() < known.until) return known.value
      const value = await find()
      const life = typeof lifeMs === 'number' ? lifeMs : lifeMs(value)
      entries.delete(key)
      entries.set(key, { value, until: clock.monotonic() + life })
      const oldest = entries.keys().next()
      if (entries.size > MAX_ENTRIES && !oldest.done) entries.delete(oldest.value)
      return value
    },
  }
}
