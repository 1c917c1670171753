// Which requests a webhook or policy is asked about: groups, versions, resources, operations, scope.
//
// Upstream: validateRule and its kin in pkg/apis/admissionregistration/validation/validation.go

import { duplicate, invalid, notSupported, type Path, required } from '#api/meta/field-error.ts'
import { isPathSegmentName } from '#api/meta/names.ts'
import { each, type FieldErrors, oneOf, validateLabelSelector } from '#api/meta/validation.ts'
import type {
  MatchResources,
  NamedRuleWithOperations,
  RuleWithOperations,
} from '#api/types/admissionregistration.ts'
import type { Draft } from '#api/types/wire.ts'

export const FAILURE_POLICIES = ['Fail', 'Ignore']
export const MATCH_POLICIES = ['Equivalent', 'Exact']
const SCOPES = ['*', 'Cluster', 'Namespaced']
const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
const MUTATING_OPERATIONS = ['*', 'CONNECT', 'CREATE', 'UPDATE']

export function defaultRules(rules: Draft<RuleWithOperations>[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= '*'
}

export function defaultMatchResources(match: Draft<MatchResources> | undefined): void {
  if (!match) return
  match.matchPolicy ??= 'Equivalent'
  match.namespaceSelector ??= {}
  match.objectSelector ??= {}
  defaultRules(match.resourceRules)
  defaultRules(match.excludeResourceRules)
}

export function* validateRules(rules: readonly RuleWithOperations[] | undefined, path: Path): FieldErrors {
  for (const [i, rule] of (rules ?? []).entries()) yield* validateRule(rule, path.index(i))
}

function* validateRule(rule: RuleWithOperations, path: Path): FieldErrors {
  const operations = rule.operations ?? []
  const at = path.child('operations')
  if (operations.length === 0) yield required(at)
  yield* aloneIfAll(operations, at, 'operations')
  for (const [i, operation] of operations.entries()) yield* oneOf(at.index(i), operation, OPERATIONS)
  const groups = rule.apiGroups ?? []
  if (groups.length === 0) yield required(path.child('apiGroups'))
  yield* aloneIfAll(groups, path.child('apiGroups'), 'API groups')
  const versions = rule.apiVersions ?? []
  if (versions.length === 0) yield required(path.child('apiVersions'))
  yield* aloneIfAll(versions, path.child('apiVersions'), 'API versions')
  for (const [i, version] of versions.entries()) {
    if (version === '') yield required(path.child('apiVersions').index(i))
  }
  yield* validateResources(rule.resources ?? [], path.child('resources'))
  if (rule.scope !== undefined) yield* oneOf(path.child('scope'), rule.scope, SCOPES)
}

function* aloneIfAll(items: readonly string[], path: Path, what: string): FieldErrors {
  if (items.length > 1 && items.includes('*')) {
    yield invalid(path, items, `if '*' is present, must not specify other ${what}`)
  }
}

function* validateResources(resources: readonly string[], path: Path): FieldErrors {
  if (resources.length === 0) yield required(path)
  const withAllSubresources = new Set<string>()
  const ofAllResources = new Set<string>()
  // the last one decides, as upstream's loop leaves it
  let hasPlain = false
  for (const [i, text] of resources.entries()) {
    const at = path.index(i)
    if (text === '') {
      yield required(at)
      continue
    }
    const slash = text.indexOf('/')
    if (slash < 0) {
      hasPlain = text !== '*'
      continue
    }
    const [resource, subresource] = [text.slice(0, slash), text.slice(slash + 1)]
    const clash = (pattern: string): string => `if '${pattern}' is present, must not specify ${text}`
    if (withAllSubresources.has(resource)) yield invalid(at, text, clash(`${resource}/*`))
    if (ofAllResources.has(subresource)) yield invalid(at, text, clash(`*/${subresource}`))
    if (subresource === '*') withAllSubresources.add(resource)
    if (resource === '*') ofAllResources.add(subresource)
  }
  if (resources.length > 1 && resources.includes('*/*')) {
    yield invalid(path, resources, "if '*/*' is present, must not specify other resources")
  }
  if (resources.includes('*') && hasPlain) {
    const text = "if '*' is present, must not specify other resources without subresources"
    yield invalid(path, resources, text)
  }
}

export function* validateMatchResources(match: MatchResources, path: Path): FieldErrors {
  if (match.matchPolicy === undefined) yield required(path.child('matchPolicy'))
  else yield* oneOf(path.child('matchPolicy'), match.matchPolicy, MATCH_POLICIES)
  for (const name of ['namespaceSelector', 'objectSelector'] as const) {
    if (match[name]) yield* validateLabelSelector(match[name], path.child(name))
    else yield required(path.child(name))
  }
  for (const name of ['resourceRules', 'excludeResourceRules'] as const) {
    for (const [i, rule] of (match[name] ?? []).entries())
      yield* validateNamedRule(rule, path.child(name).index(i))
  }
}

function* validateNamedRule(rule: NamedRuleWithOperations, path: Path): FieldErrors {
  const names = rule.resourceNames ?? []
  for (const [i, name] of names.entries()) {
    yield* each(path.child('resourceNames').index(i), name, isPathSegmentName(name))
    if (names.indexOf(name) < i) yield duplicate(path.child('resourceNames').index(i), name)
  }
  yield* validateRule(rule, path)
}

/** What is deleted can no longer be changed. */
export function* onlyMutatingOperations(match: MatchResources | undefined, path: Path): FieldErrors {
  for (const { operations } of match?.resourceRules ?? []) {
    for (const operation of operations ?? []) {
      if (!MUTATING_OPERATIONS.includes(operation)) {
        yield notSupported(path.child('resourceRules', 'operations'), operation, MUTATING_OPERATIONS)
      }
    }
  }
}
