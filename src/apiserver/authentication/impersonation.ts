// Acting as somebody else (`kubectl --as`): who is asked for, and whether the asker may be that user.
//
// The constrained modes come first: "may act as this kind of user" and "may do this verb while acting so" are two
// permissions. The old verb `impersonate` on each part of the user comes last; its refusal is shown when no constrained
// mode applies, else that of the first mode tried. Invariant: every name, group, uid and extra value that ends up in the
// user has been authorized. Who has been allowed by one mode before meets that first, and then its refusal.
// Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/filters/impersonation

import { badRequest, isForbidden } from '#api/meta/status.ts'
import {
  ANONYMOUS_USER,
  AUTHENTICATED_GROUP,
  headerValues,
  prefixedHeaders,
  UNAUTHENTICATED_GROUP,
} from '#apiserver/authentication/chain.ts'
import {
  serviceAccountGroups,
  splitServiceAccountUser,
} from '#apiserver/authentication/service-account-names.ts'
import { type Authorization, forbiddenRequest } from '#apiserver/authorization/chain.ts'
import type { RequestHead, RequestInfo, UserInfo } from '#apiserver/request.ts'

export type Impersonation = (
  user: UserInfo,
  info: RequestInfo,
  head: RequestHead,
  /** Told of the user who is acted as, and the verb that allowed it ('' for the old one). */
  onActing?: (user: UserInfo, constraint: string) => void,
) => Promise<UserInfo>

const USER_HEADER = 'impersonate-user'
const GROUP_HEADER = 'impersonate-group'
const UID_HEADER = 'impersonate-uid'
const EXTRA_PREFIX = 'impersonate-extra-'
const NODE_PREFIX = 'system:node:'
const MASTERS = 'system:masters'
/** From so many groups or values on, one check for all of them is tried first. */
const MANY = 4
const MAX_REMEMBERED = 10_000

/** Gives the user to go on with: the one who is asked for, or the asker where the headers ask for nobody. */
export function createImpersonation(authorization: Authorization): Impersonation {
  /** By who asks: what was right the last time is tried first. The least recently right goes first. */
  const lastModes = new Map<string, Mode>()
  const remember = (name: string, mode: Mode): void => {
    lastModes.delete(name)
    if (lastModes.size >= MAX_REMEMBERED) lastModes.delete(lastModes.keys().next().value ?? '')
    lastModes.set(name, mode)
  }
  return async (requestor, info, head, onActing) => {
    const wanted = wantedUser(head)
    if (!wanted) return requestor
    let firstError: unknown
    const modes = modesFor(wanted, requestor)
    const last = modes.filter((mode) => mode === lastModes.get(requestor.name))
    for (const mode of new Set([...last, ...modes])) {
      try {
        const user = await impersonate(authorization, mode, requestor, wanted, info)
        remember(requestor.name, mode)
        onActing?.(user, mode === 'legacy' ? '' : `impersonate:${mode}`)
        return user
      } catch (error) {
        if (!isForbidden(error)) throw error
        firstError ??= error
      }
    }
    throw firstError
  }
}

function wantedUser(head: RequestHead): UserInfo | undefined {
  const name = headerValues(head, USER_HEADER)[0] ?? ''
  const uid = headerValues(head, UID_HEADER)[0] ?? ''
  const groups = headerValues(head, GROUP_HEADER)
  const extra = prefixedHeaders(head, EXTRA_PREFIX)
  if (name !== '') return { name, groups, extra, ...(uid !== '' && { uid }) }
  if (uid !== '' || groups.length > 0 || Object.keys(extra).length > 0) {
    throw badRequest(`requested ${goSyntax(uid, groups, extra)} without impersonating a user name`)
  }
  return undefined
}

/** The user as Go's %#v prints it: clients see that text. */
function goSyntax(
  uid: string,
  groups: readonly string[],
  extra: Readonly<Record<string, readonly string[]>>,
): string {
  const strings = (values: readonly string[]) => values.map((value) => JSON.stringify(value)).join(', ')
  const list = groups.length > 0 ? `[]string{${strings(groups)}}` : '[]string(nil)'
  const entries = Object.entries(extra).sort(([a], [b]) => (a < b ? -1 : 1))
  const pairs = entries.map(([key, values]) => `${JSON.stringify(key)}:[]string{${strings(values)}}`)
  const map = pairs.length > 0 ? `map[string][]string{${pairs.join(', ')}}` : 'map[string][]string(nil)'
  return `&user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:${list}, Extra:${map}}`
}

type Mode = 'associated-node' | 'arbitrary-node' | 'serviceaccount' | 'user-info' | 'legacy'

function modesFor(wanted: UserInfo, requestor: UserInfo): readonly Mode[] {
  const isBare = !wanted.uid && wanted.groups.length === 0 && Object.keys(wanted.extra ?? {}).length === 0
  const node = nodeNameOf(wanted.name)
  if (node !== undefined) {
    if (!isBare) return ['legacy']
    const isAssociated =
      splitServiceAccountUser(requestor.name) !== undefined &&
      requestor.extra?.['authentication.kubernetes.io/node-name']?.[0] === node
    return isAssociated ? ['associated-node', 'arbitrary-node', 'legacy'] : ['arbitrary-node', 'legacy']
  }
  if (splitServiceAccountUser(wanted.name)) return isBare ? ['serviceaccount', 'legacy'] : ['legacy']
  return ['user-info', 'legacy']
}

function nodeNameOf(user: string): string | undefined {
  return user.startsWith(NODE_PREFIX) && user.length > NODE_PREFIX.length
    ? user.slice(NODE_PREFIX.length)
    : undefined
}

async function impersonate(
  authorization: Authorization,
  mode: Mode,
  requestor: UserInfo,
  wanted: UserInfo,
  info: RequestInfo,
): Promise<UserInfo> {
  const isConstrained = mode !== 'legacy'
  if (isConstrained) {
    await authorization.require(requestor, { ...info, verb: `impersonate-on:${mode}:${info.verb}` })
  }
  const verb = isConstrained ? `impersonate:${mode}` : 'impersonate'
  const check = (group: string, resource: string, name: string, more: Partial<RequestInfo> = {}) =>
    authorization.require(requestor, attributes(verb, group, resource, name, more))

  const coreGroup = isConstrained ? 'authentication.k8s.io' : ''
  const groups = await authorizeName(mode, wanted, (resource, name, namespace) =>
    check(coreGroup, resource, name, { namespace }),
  )
  if (wanted.uid) await check('authentication.k8s.io', 'uids', wanted.uid)
  await authorizeGroups(wanted.groups, isConstrained, requestor, (name) => check(coreGroup, 'groups', name))
  await authorizeExtra(wanted.extra ?? {}, isConstrained, (subresource, name) =>
    check('authentication.k8s.io', 'userextras', name, { subresource }),
  )
  return { ...wanted, groups: completeGroups(wanted.name, groups) }
}

function attributes(
  verb: string,
  group: string,
  resource: string,
  name: string,
  more: Partial<RequestInfo>,
): RequestInfo {
  return {
    isResourceRequest: true,
    verb,
    apiPrefix: group === '' ? 'api' : 'apis',
    group,
    version: 'v1',
    namespace: '',
    resource,
    subresource: '',
    name,
    parts: [],
    path: '',
    ...more,
  }
}

/** Checks the name and gives the groups that come with it. */
async function authorizeName(
  mode: Mode,
  wanted: UserInfo,
  check: (resource: string, name: string, namespace: string) => Promise<void>,
): Promise<readonly string[]> {
  const node = nodeNameOf(wanted.name)
  if (mode !== 'legacy' && node !== undefined) {
    await check('nodes', mode === 'associated-node' ? '*' : node, '')
    return ['system:nodes']
  }
  const account = splitServiceAccountUser(wanted.name)
  if (!account) {
    await check('users', wanted.name, '')
    return wanted.groups
  }
  await check('serviceaccounts', account.name, account.namespace)
  return wanted.groups.length > 0 ? wanted.groups : serviceAccountGroups(account.namespace)
}

async function authorizeGroups(
  groups: readonly string[],
  isConstrained: boolean,
  requestor: UserInfo,
  check: (name: string) => Promise<void>,
): Promise<void> {
  if (isConstrained) {
    const refuse = (name: string, why: string) =>
      forbiddenRequest(
        requestor,
        attributes('impersonate:user-info', 'authentication.k8s.io', 'groups', name, {}),
        why,
      )
    if (groups.includes('')) throw refuse('', 'impersonating the empty string group is not allowed')
    if (groups.includes(MASTERS))
      throw refuse(MASTERS, 'impersonating the system:masters group is not allowed')
    if (groups.length >= MANY && (await isAllowed(check('*')))) return
  }
  for (const group of groups) await check(group)
}

async function authorizeExtra(
  extra: Readonly<Record<string, readonly string[]>>,
  isConstrained: boolean,
  check: (key: string, value: string) => Promise<void>,
): Promise<void> {
  const pairs = Object.entries(extra).flatMap(([key, values]) => values.map((value) => [key, value] as const))
  const isLarge = Object.keys(extra).length >= MANY || pairs.length >= MANY
  if (isConstrained && isLarge && (await isAllowed(check('*', '*')))) return
  for (const [key, value] of pairs) await check(key, value)
}

async function isAllowed(checking: Promise<void>): Promise<boolean> {
  try {
    await checking
    return true
  } catch (error) {
    if (!isForbidden(error)) throw error
    return false
  }
}

function completeGroups(name: string, groups: readonly string[]): readonly string[] {
  if (name === ANONYMOUS_USER) return withGroup(groups, UNAUTHENTICATED_GROUP)
  return groups.includes(UNAUTHENTICATED_GROUP) ? groups : withGroup(groups, AUTHENTICATED_GROUP)
}

const withGroup = (groups: readonly string[], group: string): readonly string[] =>
  groups.includes(group) ? groups : [...groups, group]
