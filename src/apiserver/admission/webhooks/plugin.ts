// MutatingAdmissionWebhook and ValidatingAdmissionWebhook: others who may change or refuse a request.
//
// configurations ──▶ which webhooks match ──▶ mutating: one after the other, each sees what the last one wrote
//                                        └──▶ validating: all at once; one refusal is enough
// A webhook that cannot be asked lets the request pass or fail, as its failure policy says. Configurations themselves
// are exempt: a bad webhook must not protect itself.
// Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/{mutating,validating}/dispatcher.go
// Left out: metrics of webhooks

import type { KubeObject, ObjectMeta } from '#api/meta/object.ts'
import { badRequest, forbidden, internalError } from '#api/meta/status.ts'
import {
  mutatingWebhookConfigurations,
  namespaces,
  type ResourceType,
  validatingWebhookConfigurations,
} from '#api/resources.ts'
import type { MutatingWebhook, ValidatingWebhook } from '#api/types/admissionregistration.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AdmissionPlugin, AdmissionRequest, MutationRound } from '#apiserver/admission/plugin.ts'
import { requestAuthorizer } from '#apiserver/admission/request-authorizer.ts'
import { applyWebhookPatch } from '#apiserver/admission/webhooks/apply.ts'
import { callWebhook } from '#apiserver/admission/webhooks/call.ts'
import { type Conditions, compileConditions } from '#apiserver/admission/webhooks/conditions.ts'
import {
  type Invocation,
  invocationOf,
  matchesNamespace,
  matchesObject,
} from '#apiserver/admission/webhooks/match.ts'
import { ReinvocationState } from '#apiserver/admission/webhooks/reinvocation.ts'
import {
  CallError,
  refusal,
  reviewOf,
  type Verdict,
  verdictOf,
} from '#apiserver/admission/webhooks/review.ts'
import type { Authorization } from '#apiserver/authorization/chain.ts'

/** One webhook of a configuration, ready to be called. */
interface Hook<T> {
  /** Unique over all configurations. */
  readonly id: string
  /** The name of its configuration. */
  readonly configuration: string
  readonly webhook: T
  readonly conditions: Conditions | undefined
}

interface WebhookAccess extends ServerAccess {
  /** Whom conditions may ask. */
  readonly authorization: Authorization
}

/** The two plugins, the mutating one first. To be made before the informers start. */
export function webhookAdmission(
  server: ServerAccess,
  authorization: Authorization,
): readonly [mutating: AdmissionPlugin, validating: AdmissionPlugin] {
  const access: WebhookAccess = { ...server, authorization }
  const mutating = hooksOf<MutatingWebhook>(access, mutatingWebhookConfigurations)
  const validating = hooksOf<ValidatingWebhook>(access, validatingWebhookConfigurations)
  return [
    {
      name: 'MutatingAdmissionWebhook',
      handles: (request) => !isExempt(request) && mutating().length > 0,
      mutate: (request, round) => mutate(access, mutating(), request, round),
    },
    {
      name: 'ValidatingAdmissionWebhook',
      handles: (request) => !isExempt(request) && validating().length > 0,
      validate: (request) => validate(access, validating(), request),
    },
  ]
}

/** Ends the names of all annotations that webhooks leave in the audit. */
const ANNOTATION = 'admission.k8s.io'

const EXEMPT: ReadonlySet<string> = new Set([
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'MutatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
])

export const isExempt = ({ kind }: AdmissionRequest): boolean =>
  kind.group === 'admissionregistration.k8s.io' && EXEMPT.has(kind.kind)

type Configuration<T> = KubeObject & { readonly webhooks?: readonly T[] }

/** Gives the webhooks of all configurations, by the names of these; made again when one changes. */
function hooksOf<T extends MutatingWebhook | ValidatingWebhook>(
  access: ServerAccess,
  type: ResourceType<Configuration<T>>,
): () => readonly Hook<T>[] {
  const informer = access.informers.informer(type)
  let hooks: readonly Hook<T>[] | undefined
  informer.onChange(() => {
    hooks = undefined
  })
  const nameOf = ({ metadata }: KubeObject): string => metadata?.name ?? ''
  return () => {
    hooks ??= [...informer.list()]
      .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
      .flatMap((configuration) => readConfiguration(nameOf(configuration), configuration.webhooks ?? []))
    return hooks
  }
}

function readConfiguration<T extends MutatingWebhook | ValidatingWebhook>(
  name: string,
  webhooks: readonly T[],
): Hook<T>[] {
  return webhooks.map((webhook, i) => ({
    id: `${name}/${webhook.name}/${i}`,
    configuration: name,
    webhook,
    conditions: webhook.matchConditions?.length ? compileConditions(webhook.matchConditions) : undefined,
  }))
}

async function mutate(
  access: WebhookAccess,
  hooks: readonly Hook<MutatingWebhook>[],
  request: AdmissionRequest,
  round: MutationRound,
): Promise<void> {
  const state = ReinvocationState.of(round, request)
  for (const [index, hook] of hooks.entries()) {
    const invocation = await concerned(access, hook, request)
    if (!invocation || (round.isSecond && !state.isDue(hook.id))) continue
    const place = `round_${round.isSecond ? 1 : 0}_index_${index}`
    const verdict = await ask(access, hook, request, invocation, `mutation.webhook.${ANNOTATION}/${place}`)
    const patch = verdict?.patch ?? []
    const isChanged = patch.length > 0 && applyWebhookPatch(request, invocation, hook.webhook.name, patch)
    if (verdict) tellMutation(request, hook, place, isChanged, patch)
    if (isChanged) {
      state.changed()
      round.askForSecond()
    }
    if (hook.webhook.reinvocationPolicy === 'IfNeeded') state.invoked(hook.id)
  }
  state.leave(request)
}

/** What the audit keeps of a mutation: that it was one, and at level Request also how. */
function tellMutation(
  request: AdmissionRequest,
  { configuration, webhook }: Hook<MutatingWebhook>,
  place: string,
  mutated: boolean,
  patch: Verdict['patch'],
): void {
  const who = { configuration, webhook: webhook.name }
  request.annotate(`mutation.webhook.${ANNOTATION}/${place}`, JSON.stringify({ ...who, mutated }))
  if (patch.length === 0) return
  const how = JSON.stringify({ ...who, patch, patchType: 'JSONPatch' })
  request.annotate(`patch.webhook.${ANNOTATION}/${place}`, how, 'Request')
}

async function validate(
  access: WebhookAccess,
  hooks: readonly Hook<ValidatingWebhook>[],
  request: AdmissionRequest,
): Promise<void> {
  const called: Promise<unknown>[] = []
  for (const [index, hook] of hooks.entries()) {
    const invocation = await concerned(access, hook, request)
    const place = `validating.webhook.${ANNOTATION}/round_0_index_${index}`
    if (invocation) called.push(ask(access, hook, request, invocation, place))
  }
  // all have ended before the request goes on, so that none speaks of it later
  const failed = (await Promise.allSettled(called)).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}

/** How to call the webhook, if the request concerns it. */
async function concerned(
  access: WebhookAccess,
  { webhook, conditions }: Hook<MutatingWebhook | ValidatingWebhook>,
  request: AdmissionRequest,
): Promise<Invocation | undefined> {
  const invocation = invocationOf(webhook, request)
  if (!invocation || !matchesObject(webhook.objectSelector, request)) return undefined
  const isWanted = await matchesNamespace(webhook.namespaceSelector, request, (name) =>
    labelsOf(access, name),
  )
  if (!isWanted) return undefined
  const outcome = await conditions?.(
    reviewOf(request, invocation, ['v1'], ''),
    requestAuthorizer(access.authorization, request),
  )
  if (outcome === undefined || outcome === 'met') return invocation
  if (outcome === 'unmet' || webhook.failurePolicy === 'Ignore') return undefined
  throw forbidden(
    { group: request.kind.group, resource: request.kind.resource },
    request.name,
    outcome.problem,
  )
}

async function labelsOf(
  { client, informers }: ServerAccess,
  name: string,
): Promise<Readonly<Record<string, string>>> {
  const { metadata } =
    informers.informer(namespaces).get(name) ?? (await client.resource(namespaces).get('', name))
  return (metadata as ObjectMeta | undefined)?.labels ?? {}
}

/** The webhook's verdict; undefined where it failed and that does not matter. Throws the refusal. */
async function ask(
  access: ServerAccess,
  { webhook }: Hook<MutatingWebhook | ValidatingWebhook>,
  request: AdmissionRequest,
  invocation: Invocation,
  /** Its annotation in the audit, `mutation.…` where it may patch. */
  annotation: string,
): Promise<Verdict | undefined> {
  const { name, sideEffects } = webhook
  if (request.dryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun') {
    throw badRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`)
  }
  let verdict: Verdict
  try {
    const review = reviewOf(request, invocation, webhook.admissionReviewVersions, access.random.uuid())
    const answer = await callWebhook(access, webhook.clientConfig, review, webhook.timeoutSeconds)
    verdict = verdictOf(answer, review, annotation.startsWith('mutation'))
  } catch (error) {
    if (!(error instanceof CallError)) throw error
    const text = `failed calling webhook ${JSON.stringify(name)}: ${error.message}`
    if (webhook.failurePolicy !== 'Ignore') throw internalError(new Error(text))
    access.log.warn(
      { webhook: name, error: error.message },
      'a webhook could not be asked; the request passes',
    )
    request.annotate(`failed-open.${annotation}`, name)
    return undefined
  }
  for (const [key, value] of Object.entries(verdict.annotations)) request.annotate(`${name}/${key}`, value)
  for (const text of verdict.warnings) request.warn(text)
  if (!verdict.allowed) throw refusal(name, verdict.result)
  return verdict
}
