// An AuthorizationConfiguration judged, and its webhooks made ready to be called.
//
// Upstream: ValidateAuthorizationConfiguration in staging/src/k8s.io/apiserver/pkg/apis/apiserver/validation/validation.go,
// LoadAndValidateData in pkg/kubeapiserver/authorizer/config.go
// Left out: the type ABAC

import {
  aggregateFieldErrors,
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  Path,
  required,
} from '#api/meta/field-error.ts'
import { isDNS1123Subdomain } from '#api/meta/names.ts'
import type {
  AuthorizationConfiguration,
  AuthorizerConfiguration,
} from '#apiserver/authorization/configuration/file.ts'
import { type CompiledWebhook, compileWebhook } from '#apiserver/authorization/configuration/webhooks.ts'
import type { MatchConditionCompiler } from '#apiserver/authorization/match-conditions.ts'

/** In upstream's order of names, which its messages have. */
export const AUTHORIZER_TYPES = ['AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC', 'Webhook'] as const
export type AuthorizerType = (typeof AUTHORIZER_TYPES)[number]

export type CompiledAuthorizer =
  | { readonly type: Exclude<AuthorizerType, 'Webhook'> }
  | { readonly type: 'Webhook'; readonly name: string; readonly webhook: CompiledWebhook }

/** Throws an Error with all that is wrong. `requiredTypes` may not be missing: those that the server started with. */
export async function compileAuthorization(
  { authorizers = [] }: AuthorizationConfiguration,
  conditions: MatchConditionCompiler,
  requiredTypes: readonly AuthorizerType[] = [],
): Promise<readonly CompiledAuthorizer[]> {
  const errors: FieldError[] = []
  const path = new Path('authorizers')
  if (authorizers.length === 0) errors.push(required(path, 'at least one authorization mode must be defined'))
  const compiled: CompiledAuthorizer[] = []
  for (const [i, authorizer] of authorizers.entries()) {
    const at = path.index(i)
    if (!isKnownType(authorizer, authorizers.slice(0, i), at, errors)) continue
    errors.push(...nameErrors(authorizer.name ?? '', authorizers.slice(0, i), at.child('name')))
    const ready = await compileOne(authorizer, at, conditions, errors)
    if (ready) compiled.push(ready)
  }
  if (errors.length > 0) throw new Error(aggregateFieldErrors(errors))
  checkServer(authorizers, requiredTypes)
  return compiled
}

function isKnownType(
  { type = '' }: AuthorizerConfiguration,
  before: readonly AuthorizerConfiguration[],
  path: Path,
  errors: FieldError[],
): boolean {
  const at = path.child('type')
  if (type === '') errors.push(required(at))
  else if (!(AUTHORIZER_TYPES as readonly string[]).includes(type)) {
    errors.push(notSupported(at, type, ['ABAC', ...AUTHORIZER_TYPES]))
  } else if (type !== 'Webhook' && before.some((other) => other.type === type)) {
    errors.push(duplicate(at, type))
  } else return true
  return false
}

function* nameErrors(
  name: string,
  before: readonly AuthorizerConfiguration[],
  path: Path,
): Iterable<FieldError> {
  if (name === '') {
    yield required(path)
    return
  }
  if (before.some((other) => other.name === name)) {
    yield duplicate(path, name)
    return
  }
  const reasons = isDNS1123Subdomain(name)
  if (reasons.length > 0) yield invalid(path, name, `authorizer name is invalid: ${reasons.join(', ')}`)
}

async function compileOne(
  { type, name = '', webhook }: AuthorizerConfiguration,
  path: Path,
  conditions: MatchConditionCompiler,
  errors: FieldError[],
): Promise<CompiledAuthorizer | undefined> {
  if (type !== 'Webhook') {
    if (webhook)
      errors.push(invalid(path.child('webhook'), 'non-null', 'may only be specified when type=Webhook'))
    return { type: type as Exclude<AuthorizerType, 'Webhook'> }
  }
  if (!webhook) {
    errors.push(required(path.child('webhook'), 'required when type=Webhook'))
    return undefined
  }
  const ready = await compileWebhook(webhook, path, conditions, errors)
  return ready && { type, name, webhook: ready }
}

/** What this server wants beyond a valid file: built-in authorizers under their own names, and none gone. */
function checkServer(
  authorizers: readonly AuthorizerConfiguration[],
  requiredTypes: readonly AuthorizerType[],
): void {
  const problems: string[] = []
  for (const { type = '', name = '' } of authorizers) {
    const expected = type.toLowerCase()
    if (type !== 'Webhook' && name !== expected) {
      problems.push(`expected name ${expected} for authorizer ${type} instead of ${name}`)
    }
  }
  const missing = requiredTypes.filter((type) => !authorizers.some((other) => other.type === type))
  if (missing.length > 0) problems.push(`missing required types: [${[...missing].sort().join(' ')}]`)
  if (problems.length > 0) throw new Error(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`)
}
