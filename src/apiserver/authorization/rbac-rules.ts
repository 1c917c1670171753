// What one RBAC rule allows, and whether a set of rules covers another. Pure.
//
// Upstream: pkg/apis/rbac/v1/evaluation_helpers.go, pkg/registry/rbac/validation/policy_compact.go,
// staging/src/k8s.io/component-helpers/auth/rbac/validation/policy_comparator.go

import type { PolicyRule } from '#api/types/rbac.ts'
import type { RequestInfo } from '#apiserver/request.ts'

const ALL = '*'

/** Whether `rule` allows the request. */
export function ruleAllows(rule: PolicyRule, info: RequestInfo): boolean {
  if (!matches(rule.verbs, info.verb)) return false
  if (!info.isResourceRequest) return (rule.nonResourceURLs ?? []).some((url) => urlCovers(url, info.path))
  return (
    matches(rule.apiGroups, info.group) &&
    resourceMatches(rule.resources, info.resource, info.subresource) &&
    ((rule.resourceNames?.length ?? 0) === 0 || rule.resourceNames!.includes(info.name))
  )
}

function matches(list: readonly string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes(value) || list.includes(ALL))
}

/** `pods/log` is allowed by `pods/log`, by a `*` before the slash, and by `*` alone. */
function resourceMatches(
  list: readonly string[] | undefined,
  resource: string,
  subresource: string,
): boolean {
  if (!list) return false
  if (subresource === '') return matches(list, resource)
  return matches(list, `${resource}/${subresource}`) || list.includes(`*/${subresource}`)
}

function urlCovers(rule: string, path: string): boolean {
  return rule === path || (rule.endsWith(ALL) && path.startsWith(rule.replace(/\*+$/, '')))
}

/** The rights of `wanted` that no single rule of `owned` covers, broken down to one verb and one resource each. */
export function uncoveredRules(
  owned: readonly PolicyRule[],
  wanted: readonly PolicyRule[],
): readonly PolicyRule[] {
  return wanted.flatMap(breakDown).filter((atom) => !owned.some((rule) => covers(rule, atom)))
}

function breakDown(rule: PolicyRule): readonly PolicyRule[] {
  const { verbs, resourceNames = [], nonResourceURLs = [] } = rule
  const names: readonly (string | undefined)[] = resourceNames.length > 0 ? resourceNames : [undefined]
  const atoms: PolicyRule[] = []
  for (const group of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const verb of verbs) {
        for (const name of names) {
          const named = name !== undefined && { resourceNames: [name] }
          atoms.push({ apiGroups: [group], resources: [resource], ...named, verbs: [verb] })
        }
      }
    }
  }
  for (const url of nonResourceURLs)
    for (const verb of verbs) atoms.push({ nonResourceURLs: [url], verbs: [verb] })
  return atoms
}

function covers(rule: PolicyRule, atom: PolicyRule): boolean {
  const names = rule.resourceNames ?? []
  const isUrl = atom.nonResourceURLs !== undefined
  return (
    atom.verbs.every((verb) => matches(rule.verbs, verb)) &&
    (isUrl || (atom.apiGroups ?? []).every((group) => matches(rule.apiGroups, group))) &&
    (isUrl || (atom.resources ?? []).every((resource) => coversResource(rule.resources, resource))) &&
    (names.length === 0 || (atom.resourceNames?.length === 1 && names.includes(atom.resourceNames[0]!))) &&
    (atom.nonResourceURLs ?? []).every((url) =>
      (rule.nonResourceURLs ?? []).some((own) => urlCovers(own, url)),
    )
  )
}

function coversResource(list: readonly string[] | undefined, resource: string): boolean {
  const slash = resource.indexOf('/')
  return (
    matches(list, resource) || (slash >= 0 && (list?.includes(`*/${resource.slice(slash + 1)}`) ?? false))
  )
}

/** Joins rules that differ only in their verb, and writes each as upstream's messages do, in alphabetical order. */
export function describeRules(rules: readonly PolicyRule[]): readonly string[] {
  const verbsOf = new Map<string, { rule: PolicyRule; verbs: string[] }>()
  for (const rule of rules) {
    const { verbs, ...rest } = rule
    const key = JSON.stringify(rest)
    const entry = verbsOf.get(key)
    if (entry && !rule.nonResourceURLs) entry.verbs.push(...verbs)
    else verbsOf.set(entry ? JSON.stringify(rule) : key, { rule, verbs: [...verbs] })
  }
  const texts = [...verbsOf.values()].map(({ rule, verbs }) => describeRule({ ...rule, verbs }))
  return [...new Set(texts)].sort()
}

function describeRule(rule: PolicyRule): string {
  const parts: readonly (readonly [string, readonly string[] | undefined])[] = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ]
  const texts = parts.flatMap(([label, values]) => (values?.length ? [`${label}:${quotedList(values)}`] : []))
  return `{${texts.join(', ')}}`
}

/** `["a" "b"]`, as Go prints a list of strings with %q. */
export function quotedList(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`
}
