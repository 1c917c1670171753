// A webhook of an AuthorizationConfiguration: its times, its policy, where it is, for which requests it is called.
//
// Upstream: ValidateWebhookConfiguration in staging/src/k8s.io/apiserver/pkg/apis/apiserver/validation/validation.go
// Left out: the connection type InClusterConfig

import { stat } from 'node:fs/promises'
import path from 'node:path'
import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  notSupportedInOrder,
  type Path,
  required,
  tooMany,
} from '#api/meta/field-error.ts'
import { GoDurationError, parseGoDuration } from '#api/meta/go-duration.ts'
import type { WebhookConfiguration } from '#apiserver/authorization/configuration/file.ts'
import type { MatchCondition, MatchConditionCompiler } from '#apiserver/authorization/match-conditions.ts'
import { readKubeconfigTarget } from '#apiserver/outbound/kubeconfig.ts'
import { isMissing } from '#sys/files.ts'
import type { HttpsTarget } from '#sys/https.ts'

export interface CompiledWebhook {
  readonly target: HttpsTarget
  readonly timeoutMs: number
  /** How long an answer is good; 0: never remembered. */
  readonly authorizedTtlMs: number
  readonly unauthorizedTtlMs: number
  readonly version: 'v1' | 'v1beta1'
  /** What counts when the webhook, or a condition, fails. */
  readonly onFailure: 'no-opinion' | 'deny'
  readonly conditions: readonly MatchCondition[]
}

const DEFAULT_AUTHORIZED_TTL_MS = 300_000
const DEFAULT_UNAUTHORIZED_TTL_MS = 30_000
const MAX_TIMEOUT_MS = 30_000
const MAX_CONDITIONS = 64
const VERSIONS = ['v1', 'v1beta1']
const FAILURE_POLICIES = { NoOpinion: 'no-opinion', Deny: 'deny' } as const

/** Undefined where something is wrong, which goes to `errors`. */
export async function compileWebhook(
  config: WebhookConfiguration,
  at: Path,
  compiler: MatchConditionCompiler,
  errors: FieldError[],
): Promise<CompiledWebhook | undefined> {
  const before = errors.length
  const times = compileTimes(config, at, errors)
  errors.push(...versionErrors(config, at), ...policyErrors(config, at))
  const target = await targetOf(config, at, errors)
  const conditions = compileConditions(config, at, compiler, errors)
  if (errors.length > before || !target) return undefined
  return {
    ...times,
    target,
    conditions,
    version: config.subjectAccessReviewVersion === 'v1beta1' ? 'v1beta1' : 'v1',
    onFailure: FAILURE_POLICIES[config.failurePolicy as keyof typeof FAILURE_POLICIES],
  }
}

function compileTimes(config: WebhookConfiguration, at: Path, errors: FieldError[]) {
  const timeoutMs = durationOf(config.timeout, at.child('timeout'), errors)
  if (timeoutMs === 0) errors.push(required(at.child('timeout')))
  else if (timeoutMs > MAX_TIMEOUT_MS || timeoutMs < 0) {
    errors.push(invalid(at.child('timeout'), config.timeout, 'must be > 0s and <= 30s'))
  }
  const life = (name: 'authorizedTTL' | 'unauthorizedTTL', fallbackMs: number): number => {
    const ms = durationOf(config[name], at.child(name), errors) || fallbackMs
    if (ms < 0) errors.push(invalid(at.child(name), config[name], 'must be > 0s'))
    return ms
  }
  const authorized = life('authorizedTTL', DEFAULT_AUTHORIZED_TTL_MS)
  const unauthorized = life('unauthorizedTTL', DEFAULT_UNAUTHORIZED_TTL_MS)
  return {
    timeoutMs,
    authorizedTtlMs: config.cacheAuthorizedRequests === false ? 0 : authorized,
    unauthorizedTtlMs: config.cacheUnauthorizedRequests === false ? 0 : unauthorized,
  }
}

function durationOf(text: string | undefined, path: Path, errors: FieldError[]): number {
  if (text === undefined || text === '') return 0
  try {
    return parseGoDuration(text)
  } catch (error) {
    if (!(error instanceof GoDurationError)) throw error
    errors.push(invalid(path, text, error.message))
    return 1
  }
}

function* versionErrors(config: WebhookConfiguration, at: Path): Iterable<FieldError> {
  const version = config.subjectAccessReviewVersion ?? ''
  const path = at.child('subjectAccessReviewVersion')
  if (version === '') yield required(path)
  else if (!VERSIONS.includes(version)) yield notSupported(path, version, VERSIONS)
  const matchVersion = config.matchConditionSubjectAccessReviewVersion ?? ''
  const matchPath = at.child('matchConditionSubjectAccessReviewVersion')
  if (matchVersion === '') {
    if (config.matchConditions?.length)
      yield required(matchPath, 'required if match conditions are specified')
  } else if (matchVersion !== 'v1') yield notSupported(matchPath, matchVersion, ['v1'])
}

function* policyErrors({ failurePolicy = '' }: WebhookConfiguration, at: Path): Iterable<FieldError> {
  const path = at.child('failurePolicy')
  if (failurePolicy === '') yield required(path)
  else if (!Object.hasOwn(FAILURE_POLICIES, failurePolicy)) {
    yield notSupportedInOrder(path, failurePolicy, Object.keys(FAILURE_POLICIES))
  }
}

async function targetOf(
  { connectionInfo = {} }: WebhookConfiguration,
  at: Path,
  errors: FieldError[],
): Promise<HttpsTarget | undefined> {
  const { type = '', kubeConfigFile: file = '' } = connectionInfo
  const filePath = at.child('connectionInfo', 'kubeConfigFile')
  if (type === '') errors.push(required(at.child('connectionInfo', 'type')))
  else if (type !== 'KubeConfigFile') {
    errors.push(notSupported(at.child('connectionInfo', 'type'), type, ['KubeConfigFile']))
  } else if (file === '') errors.push(required(filePath))
  else if (!path.isAbsolute(file)) errors.push(invalid(filePath, file, 'must be an absolute path'))
  else {
    try {
      if ((await stat(file)).isFile()) return await readKubeconfigTarget(file)
      errors.push(invalid(filePath, file, 'must be a regular file'))
    } catch (error) {
      const why = isMissing(error) ? `stat ${file}: no such file or directory` : (error as Error).message
      errors.push(invalid(filePath, file, `error loading file: ${why}`))
    }
  }
  return undefined
}

function compileConditions(
  { matchConditions = [] }: WebhookConfiguration,
  at: Path,
  compiler: MatchConditionCompiler,
  errors: FieldError[],
): readonly MatchCondition[] {
  const path = at.child('matchConditions')
  if (matchConditions.length > MAX_CONDITIONS) {
    errors.push(tooMany(path, matchConditions.length, MAX_CONDITIONS))
    return []
  }
  const seen = new Set<string>()
  const conditions: MatchCondition[] = []
  for (const [i, { expression = '' }] of matchConditions.entries()) {
    const expressionPath = path.index(i).child('expression')
    if (expression.trim() === '') errors.push(required(expressionPath))
    else if (seen.has(expression)) errors.push(duplicate(expressionPath, expression))
    else {
      seen.add(expression)
      const { program, problem } = compiler(expression)
      if (program) conditions.push(program)
      else errors.push(invalid(expressionPath, expression, problem))
    }
  }
  return conditions
}
