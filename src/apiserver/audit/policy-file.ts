// The file of the audit policy, `audit.k8s.io/v1`: read, and judged in upstream's words.
//
// Unknown fields are told and passed over, as upstream does for this file alone: a policy must not keep a server from
// starting because it is newer than the server. Upstream: staging/src/k8s.io/apiserver/pkg/audit/policy/reader.go,
// .../pkg/apis/audit/validation/validation.go

import { decodeConfigFile, StrictDecodingError } from '#api/codec/config-file.ts'
import { type FieldError, invalid, notSupportedInOrder, Path, required } from '#api/meta/field-error.ts'
import { isDNS1123Subdomain } from '#api/meta/names.ts'
import { configSchema, listOf } from '#api/schema/config-schema.ts'
import { LEVELS, STAGES } from '#apiserver/audit/event.ts'
import type { Policy, PolicyRule } from '#apiserver/audit/policy.ts'

const STRINGS = listOf('string')

const POLICY_KIND = {
  group: 'audit.k8s.io',
  versions: ['v1'],
  kind: 'Policy',
  schema: configSchema('Policy', {
    metadata: { name: 'string', creationTimestamp: 'string' },
    rules: listOf({
      level: 'string',
      users: STRINGS,
      userGroups: STRINGS,
      verbs: STRINGS,
      resources: listOf({ group: 'string', resources: STRINGS, resourceNames: STRINGS }),
      namespaces: STRINGS,
      nonResourceURLs: STRINGS,
      omitStages: STRINGS,
      omitManagedFields: 'bool',
    }),
    omitStages: STRINGS,
    omitManagedFields: 'bool',
  }),
}

/** Reads the text of `file`; `warn` is told of fields that are passed over. Throws an Error in upstream's words. */
export function readPolicy(text: string, file: string, warn: (problem: string) => void): Policy {
  try {
    const policy = decode(text, warn) as unknown as Policy
    const problems = validatePolicy(policy).map(({ field, body }) => `${field}: ${body}`)
    if (problems.length > 0) throw new Error(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`)
    if ((policy.rules ?? []).length === 0) throw new Error('loaded illegal policy with 0 rules')
    return policy
  } catch (error) {
    const { message } = error as Error
    throw new Error(`loading audit policy file: ${message}: from file ${file}`, { cause: error })
  }
}

function decode(text: string, warn: (problem: string) => void) {
  try {
    return decodeConfigFile(text, POLICY_KIND)
  } catch (error) {
    if (!(error instanceof StrictDecodingError))
      throw new Error(`failed decoding: ${(error as Error).message}`, { cause: error })
    warn(error.message)
    return error.object
  }
}

/** All that is wrong with a policy. */
function validatePolicy({ omitStages, rules = [] }: Policy): readonly FieldError[] {
  return [
    ...validateStages(omitStages, new Path('omitStages')),
    ...rules.flatMap((rule, i) => validateRule(rule, new Path('rules').index(i))),
  ]
}

function validateRule(rule: PolicyRule, path: Path): FieldError[] {
  const { level, nonResourceURLs = [], resources = [], namespaces = [] } = rule
  const urls = path.child('nonResourceURLs')
  return [
    ...(!level
      ? [required(path.child('level'))]
      : LEVELS.includes(level)
        ? []
        : [notSupportedInOrder(path.child('level'), level, LEVELS)]),
    ...nonResourceURLs.flatMap((url, i) => validateUrl(url, urls.index(i))),
    ...resources.flatMap((group) => validateGroup(group, path.child('resources'))),
    ...validateStages(rule.omitStages, path.child('omitStages')),
    ...(nonResourceURLs.length > 0 && resources.length + namespaces.length > 0
      ? [invalid(urls, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs')]
      : []),
  ]
}

function validateUrl(url: string, path: Path): FieldError[] {
  if (url === '*') return []
  const errors: FieldError[] = []
  if (!url.startsWith('/'))
    errors.push(invalid(path, url, "non-resource URL rules must begin with a '/' character"))
  if (url.slice(0, -1).includes('*'))
    errors.push(invalid(path, url, "non-resource URL wildcards '*' must be the final character of the rule"))
  return errors
}

function validateGroup(
  { group = '', resources = [], resourceNames = [] }: NonNullable<PolicyRule['resources']>[number],
  path: Path,
): FieldError[] {
  const problems = group === '' || group === '*' ? [] : isDNS1123Subdomain(group)
  return [
    ...(problems.length > 0 ? [invalid(path.child('group'), group, problems.join(','))] : []),
    ...(resourceNames.length > 0 && resources.length === 0
      ? [
          invalid(
            path.child('resourceNames'),
            resourceNames,
            'using resourceNames requires at least one resource',
          ),
        ]
      : []),
  ]
}

function validateStages(stages: PolicyRule['omitStages'], path: Path): FieldError[] {
  return (stages ?? []).flatMap((stage, i) =>
    STAGES.includes(stage) ? [] : [invalid(path.index(i), stage, `allowed stages are ${STAGES.join(',')}`)],
  )
}
