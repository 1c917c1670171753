// The audit policy: which requests are recorded, and how much of them. The first rule that matches counts. Pure.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/audit/policy/checker.go

import type { Level, Stage } from '#apiserver/audit/event.ts'
import type { RequestInfo, UserInfo } from '#apiserver/request.ts'

export interface GroupResources {
  readonly group?: string
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
}

export interface PolicyRule {
  readonly level: Level
  readonly users?: readonly string[]
  readonly userGroups?: readonly string[]
  readonly verbs?: readonly string[]
  readonly resources?: readonly GroupResources[]
  readonly namespaces?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
  readonly omitStages?: readonly Stage[]
  readonly omitManagedFields?: boolean
}

export interface Policy {
  readonly rules: readonly PolicyRule[]
  readonly omitStages?: readonly Stage[]
  readonly omitManagedFields?: boolean
}

/** What is to be recorded of one request. */
export interface RequestAuditConfig {
  readonly level: Level
  readonly omitStages: readonly Stage[]
  readonly omitManagedFields: boolean
}

/** `user` is absent when nobody could be found out. What no rule matches is not recorded. */
export function evaluatePolicy(
  policy: Policy,
  user: UserInfo | undefined,
  info: RequestInfo,
): RequestAuditConfig {
  const rule = policy.rules.find((candidate) => matches(candidate, user, info))
  return {
    level: rule?.level ?? 'None',
    omitStages: [...(policy.omitStages ?? []), ...(rule?.omitStages ?? [])],
    omitManagedFields: rule?.omitManagedFields ?? policy.omitManagedFields ?? false,
  }
}

const names = (list: readonly unknown[] | undefined): boolean => list !== undefined && list.length > 0

function matches(rule: PolicyRule, user: UserInfo | undefined, info: RequestInfo): boolean {
  if (names(rule.users) && !(user && rule.users?.includes(user.name))) return false
  if (names(rule.userGroups) && !user?.groups.some((group) => rule.userGroups?.includes(group))) return false
  if (names(rule.verbs) && !rule.verbs?.includes(info.verb)) return false
  if (names(rule.namespaces) || names(rule.resources)) return matchesResource(rule, info)
  if (names(rule.nonResourceURLs)) return matchesPath(rule, info)
  return true
}

function matchesPath(
  { nonResourceURLs = [] }: PolicyRule,
  { isResourceRequest, path }: RequestInfo,
): boolean {
  if (isResourceRequest) return false
  return nonResourceURLs.some(
    (url) => url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.replace(/\*+$/, ''))),
  )
}

function matchesResource({ namespaces, resources }: PolicyRule, info: RequestInfo): boolean {
  if (!info.isResourceRequest) return false
  if (names(namespaces) && !namespaces?.includes(info.namespace)) return false
  if (!resources || resources.length === 0) return true
  return resources.some((candidate) => {
    const { group = '', resources: wanted, resourceNames } = candidate
    if (group !== info.group && group !== '*') return false
    if (!wanted || wanted.length === 0) return true
    if (names(resourceNames) && !resourceNames?.includes(info.name)) return false
    return wanted.some((pattern) => matchesPattern(pattern, info))
  })
}

/** Patterns are a resource, `resource/subresource`, or one of these with a star for either part, or a star alone. */
function matchesPattern(pattern: string, { resource, subresource }: RequestInfo): boolean {
  const combined = subresource === '' ? resource : `${resource}/${subresource}`
  return (
    pattern === '*' ||
    pattern === combined ||
    (subresource !== '' && pattern === `*/${subresource}`) ||
    pattern === `${resource}/*`
  )
}
