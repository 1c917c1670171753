// What validating and mutating webhooks have in common.
//
// Upstream: validateValidatingWebhook and validateMutatingWebhook in pkg/apis/admissionregistration/validation

import { validateMatchConditions } from '#api/kinds/admissionregistration/match-conditions.ts'
import {
  defaultRules,
  FAILURE_POLICIES,
  MATCH_POLICIES,
  validateRules,
} from '#api/kinds/admissionregistration/rules.ts'
import { plainMetadata } from '#api/kinds/metadata.ts'
import { validateWebhookService, validateWebhookUrl } from '#api/kinds/webhook-client.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { duplicate, invalid, Path, required } from '#api/meta/field-error.ts'
import { isDNS1035Label } from '#api/meta/names.ts'
import type { ObjectMeta } from '#api/meta/object.ts'
import { type FieldErrors, oneOf, validateLabelSelector } from '#api/meta/validation.ts'
import { fullyQualifiedName } from '#api/meta/validation-formats.ts'
import { equalValues } from '#api/patch/apply/values.ts'
import type {
  MutatingWebhook,
  ValidatingWebhook,
  WebhookClientConfig,
} from '#api/types/admissionregistration.ts'
import type { Draft } from '#api/types/wire.ts'

const WEBHOOKS = new Path('webhooks')
const SIDE_EFFECTS = ['None', 'NoneOnDryRun', 'Some', 'Unknown']
const NO_SIDE_EFFECTS = ['None', 'NoneOnDryRun']
const REINVOCATION_POLICIES = ['IfNeeded', 'Never']
const REVIEW_VERSIONS = ['v1', 'v1beta1']
const DEFAULT_PORT = 443
const DEFAULT_TIMEOUT_SECONDS = 10
const MAX_TIMEOUT_SECONDS = 30

type Webhook = ValidatingWebhook & Pick<MutatingWebhook, 'reinvocationPolicy'>

interface Configuration {
  readonly metadata?: ObjectMeta
  readonly webhooks?: readonly Webhook[]
}

export function defaultWebhook(hook: Draft<Webhook>): void {
  hook.failurePolicy ??= 'Fail'
  hook.matchPolicy ??= 'Equivalent'
  hook.namespaceSelector ??= {}
  hook.objectSelector ??= {}
  hook.timeoutSeconds ??= DEFAULT_TIMEOUT_SECONDS
  defaultRules(hook.rules)
  if (hook.clientConfig?.service) hook.clientConfig.service.port ??= DEFAULT_PORT
}

/** The generation counts changes of the webhooks, there being no spec. */
export function countGeneration(draft: Draft<Configuration>, old: Configuration): void {
  if (!draft.metadata || equalValues(draft.webhooks, old.webhooks)) return
  draft.metadata.generation = (old.metadata?.generation ?? 0) + 1
}

export function startGeneration(draft: Draft<Configuration>): void {
  if (draft.metadata) draft.metadata.generation = 1
}

/** What was wrong before may stay wrong. */
interface WebhookRules {
  readonly requireNoSideEffects: boolean
  readonly requireKnownVersion: boolean
  readonly requireUniqueNames: boolean
  readonly allowInvalidValues: boolean
  readonly ignoreConditions: boolean
}

function rulesFor(object: Configuration, old: Configuration | undefined): WebhookRules {
  const before = old?.webhooks ?? []
  const names = before.map(({ name }) => name)
  const selectors = before.flatMap((hook) => [hook.namespaceSelector, hook.objectSelector])
  const conditionsOf = ({ webhooks }: Configuration): unknown[] =>
    (webhooks ?? []).map(({ matchConditions }) => matchConditions ?? [])
  return {
    requireNoSideEffects: before.every(({ sideEffects }) => NO_SIDE_EFFECTS.includes(sideEffects)),
    requireKnownVersion: before.every(
      ({ admissionReviewVersions: versions = [] }) =>
        versions.length === 0 || versions.some((version) => REVIEW_VERSIONS.includes(version)),
    ),
    requireUniqueNames: new Set(names).size === names.length,
    allowInvalidValues: selectors.some((selector) => !validateLabelSelector(selector, WEBHOOKS).next().done),
    ignoreConditions: old !== undefined && semanticEqual(conditionsOf(object), conditionsOf(old)),
  }
}

export function* validateWebhooks(object: Configuration, old?: Configuration): FieldErrors {
  yield* plainMetadata(object, false)
  const rules = rulesFor(object, old)
  const names = new Set<string>()
  for (const [i, hook] of (object.webhooks ?? []).entries()) {
    const path = WEBHOOKS.index(i)
    yield* validateWebhook(hook, path, rules)
    yield* validateVersions(hook.admissionReviewVersions ?? [], path.child('admissionReviewVersions'), rules)
    if (!rules.requireUniqueNames || !hook.name) continue
    if (names.has(hook.name)) yield duplicate(path.child('name'), hook.name)
    names.add(hook.name)
  }
}

function* validateWebhook(hook: Webhook, path: Path, rules: WebhookRules): FieldErrors {
  const { failurePolicy, matchPolicy, timeoutSeconds, reinvocationPolicy } = hook
  yield* fullyQualifiedName(path.child('name'), hook.name ?? '')
  yield* validateRules(hook.rules, path.child('rules'))
  if (failurePolicy !== undefined) yield* oneOf(path.child('failurePolicy'), failurePolicy, FAILURE_POLICIES)
  if (matchPolicy !== undefined) yield* oneOf(path.child('matchPolicy'), matchPolicy, MATCH_POLICIES)
  const allowed = rules.requireNoSideEffects ? NO_SIDE_EFFECTS : SIDE_EFFECTS
  const sideEffects = hook.sideEffects as string | null | undefined
  if (sideEffects === undefined || sideEffects === null) {
    yield required(path.child('sideEffects'), `must specify one of ${allowed.join(', ')}`)
  } else yield* oneOf(path.child('sideEffects'), sideEffects, allowed)
  if (timeoutSeconds !== undefined && (timeoutSeconds > MAX_TIMEOUT_SECONDS || timeoutSeconds < 1)) {
    const text = 'the timeout value must be between 1 and 30 seconds'
    yield invalid(path.child('timeoutSeconds'), timeoutSeconds, text)
  }
  for (const name of ['namespaceSelector', 'objectSelector'] as const) {
    yield* validateLabelSelector(hook[name], path.child(name), {
      allowInvalidValues: rules.allowInvalidValues,
    })
  }
  if (reinvocationPolicy !== undefined) {
    yield* oneOf(path.child('reinvocationPolicy'), reinvocationPolicy, REINVOCATION_POLICIES)
  }
  yield* validateClient(hook.clientConfig ?? {}, path.child('clientConfig'))
  if (!rules.ignoreConditions) {
    yield* validateMatchConditions(hook.matchConditions, false, path.child('matchConditions'))
  }
}

function* validateClient({ url, service }: WebhookClientConfig, path: Path): FieldErrors {
  if ((url === undefined) === (service === undefined)) {
    yield required(path, 'exactly one of url or service is required')
  } else if (url !== undefined) yield* validateWebhookUrl(path.child('url'), url)
  else if (service) yield* validateWebhookService(path.child('service'), service, DEFAULT_PORT)
}

function* validateVersions(versions: readonly string[], path: Path, rules: WebhookRules): FieldErrors {
  if (versions.length === 0) {
    yield required(path, `must specify one of ${REVIEW_VERSIONS.join(', ')}`)
    return
  }
  for (const [i, version] of versions.entries()) {
    if (versions.indexOf(version) < i) {
      yield invalid(path.index(i), version, 'duplicate version')
      continue
    }
    for (const reason of isDNS1035Label(version)) yield invalid(path.index(i), version, reason)
  }
  if (rules.requireKnownVersion && !versions.some((version) => REVIEW_VERSIONS.includes(version))) {
    yield invalid(path, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`)
  }
}
