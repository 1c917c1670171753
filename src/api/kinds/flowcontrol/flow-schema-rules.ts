// Which requests a flow schema matches: who asks, and for what.
//
// Upstream: ValidateFlowSchemaPolicyRulesWithSubjects in pkg/apis/flowcontrol/validation/validation.go

import { forbidden, invalid, notSupported, type Path, required } from '#api/meta/field-error.ts'
import { nameIsDNSLabel, nameIsDNSSubdomain } from '#api/meta/names.ts'
import { each, type FieldErrors } from '#api/meta/validation.ts'
import type {
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  ServiceAccountSubject,
  Subject,
} from '#api/types/flowcontrol.ts'

const VERBS = ['get', 'list', 'create', 'update', 'delete', 'deletecollection', 'patch', 'watch', 'proxy']
const SUBJECT_KINDS = ['Group', 'ServiceAccount', 'User']
const SUBJECT_FIELDS = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const

export function* validateFlowRule(rule: PolicyRulesWithSubjects, path: Path): FieldErrors {
  const { subjects, resourceRules, nonResourceRules } = rule
  for (const [i, subject] of (subjects ?? []).entries()) {
    yield* validateSubject(subject, path.child('subjects').index(i))
  }
  if ((subjects ?? []).length === 0) {
    yield required(path.child('subjects'), 'subjects must contain at least one value')
  }
  if ((resourceRules ?? []).length === 0 && (nonResourceRules ?? []).length === 0) {
    yield required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty')
  }
  for (const [i, item] of (resourceRules ?? []).entries()) {
    yield* validateResourceRule(item, path.child('resourceRules').index(i))
  }
  for (const [i, item] of (nonResourceRules ?? []).entries()) {
    yield* validateNonResourceRule(item, path.child('nonResourceRules').index(i))
  }
}

function* validateSubject(subject: Subject, path: Path): FieldErrors {
  const { kind } = subject
  if (!Object.hasOwn(SUBJECT_FIELDS, kind)) {
    yield notSupported(path.child('kind'), kind ?? '', SUBJECT_KINDS)
    return
  }
  const name = SUBJECT_FIELDS[kind as keyof typeof SUBJECT_FIELDS]
  const value = subject[name]
  const at = path.child(name)
  if (!value) yield required(at, `${name} is required when subject kind is '${kind}'`)
  else if (name === 'serviceAccount') yield* validateAccount(subject.serviceAccount!, at)
  else if (!value.name) yield required(at.child('name'))
  for (const [otherKind, other] of Object.entries(SUBJECT_FIELDS)) {
    if (other !== name && subject[other]) {
      yield forbidden(path.child(other), `${other} is forbidden when subject kind is not '${otherKind}'`)
    }
  }
}

function* validateAccount({ name, namespace }: ServiceAccountSubject, path: Path): FieldErrors {
  if (!name) yield required(path.child('name'))
  else if (name !== '*') yield* each(path.child('name'), name, nameIsDNSSubdomain(name, false))
  if (namespace) yield* each(path.child('namespace'), namespace, nameIsDNSLabel(namespace, false))
  else yield required(path.child('namespace'), 'must specify namespace for service account')
}

function* validateVerbs(verbs: readonly string[], path: Path): FieldErrors {
  if (verbs.length === 0) yield required(path, 'verbs must contain at least one value')
  else if (verbs.includes('*')) yield* aloneIfAll(verbs, path, 'verbs')
  else if (!verbs.every((verb) => VERBS.includes(verb))) yield notSupported(path, verbs, VERBS)
}

function* aloneIfAll(items: readonly string[], path: Path, what: string): FieldErrors {
  if (items.length > 1 && items.includes('*')) {
    yield invalid(path, items, `if '*' is present, must not specify other ${what}`)
  }
}

function* validateNonResourceRule(
  { verbs, nonResourceURLs }: NonResourcePolicyRule,
  path: Path,
): FieldErrors {
  yield* validateVerbs(verbs ?? [], path.child('verbs'))
  const urls = nonResourceURLs ?? []
  const at = path.child('nonResourceURLs')
  if (urls.length === 0) yield required(at, 'nonResourceURLs must contain at least one value')
  else if (urls.includes('*')) yield* aloneIfAll(urls, at, 'non-resource URLs')
  else {
    for (const [i, url] of urls.entries()) {
      const problem = urlProblem(url)
      if (problem !== undefined) yield invalid(at.index(i), url, problem)
    }
  }
}

function urlProblem(url: string): string | undefined {
  if (url === '') return 'must not be empty'
  if (url === '/') return undefined
  if (!url.startsWith('/')) return 'must start with slash'
  if (url.includes(' ')) return 'must not contain white-space'
  if (url.includes('//')) return 'must not contain double slash'
  const stars = url.split('*').length - 1
  if (stars > 1 || (stars === 1 && !url.endsWith('/*'))) return 'wildcard can only do suffix matching'
  return undefined
}

function* validateResourceRule(rule: ResourcePolicyRule, path: Path): FieldErrors {
  yield* validateVerbs(rule.verbs ?? [], path.child('verbs'))
  const groups = rule.apiGroups ?? []
  if (groups.length === 0) {
    yield required(path.child('apiGroups'), 'resource rules must supply at least one api group')
  } else yield* aloneIfAll(groups, path.child('apiGroups'), 'api groups')
  const resources = rule.resources ?? []
  if (resources.length === 0) {
    yield required(path.child('resources'), 'resource rules must supply at least one resource')
  } else yield* aloneIfAll(resources, path.child('resources'), 'resources')
  yield* validateNamespaces(rule, path.child('namespaces'))
}

function* validateNamespaces({ namespaces, clusterScope }: ResourcePolicyRule, path: Path): FieldErrors {
  const names = namespaces ?? []
  if (names.length === 0 && !clusterScope) {
    yield required(path, 'resource rules that are not cluster scoped must supply at least one namespace')
  } else if (names.includes('*')) yield* aloneIfAll(names, path, 'namespaces')
  else {
    for (const [i, name] of names.entries()) {
      for (const reason of nameIsDNSLabel(name, false)) {
        yield invalid(
          path.index(i),
          name,
          `each member of this list must be '*' or a DNS-1123 label; ${reason}`,
        )
      }
    }
  }
}
