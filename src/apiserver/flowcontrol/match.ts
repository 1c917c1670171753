// Whether a flow schema speaks of a request: who asks, and what for. Pure.
//
// A schema is compiled once, when it is read, since every request is held against several of them.
// Upstream: staging/src/k8s.io/apiserver/pkg/util/flowcontrol/rule.go

import type {
  FlowSchemaSpec,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from '#api/types/flowcontrol.ts'
import type { RequestInfo, UserInfo } from '#apiserver/request.ts'

export type FlowMatcher = (user: UserInfo, info: RequestInfo) => boolean
type Test<T> = (value: T) => boolean

const ACCOUNT_PREFIX = 'system:serviceaccount:'

/** The test of a schema: one of its rules has a subject that is this user and a rule that is this request. */
export function flowMatcher(spec: FlowSchemaSpec): FlowMatcher {
  const rules = (spec.rules ?? []).map(ruleMatcher)
  return (user, info) => rules.some((matches) => matches(user, info))
}

function ruleMatcher(rule: PolicyRulesWithSubjects): FlowMatcher {
  const subjects = rule.subjects.map(subjectTest)
  const resources = (rule.resourceRules ?? []).map(resourceTest)
  const paths = (rule.nonResourceRules ?? []).map(pathTest)
  return (user, info) =>
    subjects.some((matches) => matches(user)) &&
    (info.isResourceRequest ? resources : paths).some((matches) => matches(info))
}

function subjectTest(subject: Subject): Test<UserInfo> {
  const { user, group, serviceAccount } = subject
  if (subject.kind === 'User' && user) return user.name === '*' ? always : ({ name }) => name === user.name
  if (subject.kind === 'Group' && group) {
    return group.name === '*' ? always : ({ groups }) => groups.includes(group.name)
  }
  if (subject.kind === 'ServiceAccount' && serviceAccount) {
    const prefix = `${ACCOUNT_PREFIX}${serviceAccount.namespace}:`
    if (serviceAccount.name === '*') return ({ name }) => name.startsWith(prefix)
    return ({ name }) => name === prefix + serviceAccount.name
  }
  return never
}

function resourceTest(rule: ResourcePolicyRule): Test<RequestInfo> {
  const verb = oneOf(rule.verbs)
  const resource = oneOf(rule.resources)
  const group = oneOf(rule.apiGroups)
  const namespace = oneOf(rule.namespaces ?? [])
  return (info) =>
    verb(info.verb) &&
    resource(info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`) &&
    group(info.group) &&
    (info.namespace === '' ? rule.clusterScope === true : namespace(info.namespace))
}

function pathTest(rule: NonResourcePolicyRule): Test<RequestInfo> {
  const verb = oneOf(rule.verbs)
  const paths = rule.nonResourceURLs.map((url): Test<string> => {
    if (url === '*') return always
    const stem = url.replace(/\*$/, '')
    const folder = stem.endsWith('/') ? stem : `${stem}/`
    return (path) => path === url || path.startsWith(folder)
  })
  return (info) => verb(info.verb) && paths.some((matches) => matches(info.path))
}

const always = (): boolean => true
const never = (): boolean => false

/** The wildcard stands alone in its list, or is a word as any other. */
function oneOf(names: readonly string[]): Test<string> {
  if (names.length === 1 && names[0] === '*') return always
  return (name) => names.includes(name)
}
