// The authorizers in the order of the configuration, taken over anew whenever its file changes.
//
// A changed file counts as a whole or not at all: what is not valid is told to the log, and the old order stays. The
// built-in authorizers that the server started with have to stay in it. Remembered answers go with the old webhooks.
// Upstream: pkg/kubeapiserver/authorizer/{config,reload}.go

import { askAll } from '#apiserver/authorization/chain.ts'
import {
  type AuthorizerType,
  type CompiledAuthorizer,
  compileAuthorization,
} from '#apiserver/authorization/configuration/compile.ts'
import {
  type AuthorizationConfiguration,
  readAuthorizationConfiguration,
} from '#apiserver/authorization/configuration/file.ts'
import {
  type MatchConditionCompiler,
  matchConditionCompiler,
} from '#apiserver/authorization/match-conditions.ts'
import { webhookAuthorizer } from '#apiserver/authorization/webhook.ts'
import { createWebhook, type Webhook } from '#apiserver/outbound/webhook.ts'
import type { Authorizer } from '#apiserver/request.ts'
import type { Clock } from '#sys/clock.ts'
import { followFile } from '#sys/file-changes.ts'
import type { Logger } from '#sys/log.ts'
import type { Random } from '#sys/random.ts'

export interface LoadedAuthorization {
  readonly authorizers: readonly CompiledAuthorizer[]
  readonly conditions: MatchConditionCompiler
  /** Followed while the server runs; absent where the configuration comes from flags. */
  readonly file?: { readonly path: string; readonly content: string }
}

/** Judges a configuration; throws an Error with all that is wrong with it. */
export async function loadAuthorization(
  configuration: AuthorizationConfiguration,
): Promise<LoadedAuthorization> {
  const conditions = matchConditionCompiler()
  return { authorizers: await compileAuthorization(configuration, conditions), conditions }
}

export type BuiltInAuthorizers = Readonly<Record<'Node' | 'RBAC', Authorizer>>

export interface ConfiguredAuthorization {
  readonly authorizer: Authorizer
  /** Whether somebody outside is asked, whose rules nobody can list. */
  hasWebhook(): boolean
  /** Follows the file until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>
}

interface Base {
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

export function configuredAuthorization(
  loaded: LoadedAuthorization,
  builtIn: BuiltInAuthorizers,
  base: Base,
): ConfiguredAuthorization {
  const { clock, log } = base
  const requiredTypes = loaded.authorizers.map(({ type }) => type).filter((type) => type !== 'Webhook')
  let current = begin(loaded.authorizers, builtIn, base)

  async function takeOver(content: string): Promise<void> {
    const configuration = readAuthorizationConfiguration(content)
    const authorizers = await compileAuthorization(configuration, loaded.conditions, requiredTypes)
    const before = current
    current = begin(authorizers, builtIn, base)
    for (const webhook of before.webhooks) webhook.close()
    log.info({ file: loaded.file?.path }, 'reloaded authorization config')
  }

  return {
    authorizer: { name: 'configured', authorize: (user, info) => askAll(current.authorizers, user, info) },
    hasWebhook: () => current.webhooks.length > 0,
    async run(signal) {
      const close = () => {
        for (const webhook of current.webhooks) webhook.close()
      }
      signal.addEventListener('abort', close, { once: true })
      if (!loaded.file) return
      const onFailure = (error: Error) =>
        log.error({ error: error.message }, 'the changed authorization config is not taken over')
      const { path, content } = loaded.file
      await followFile({ file: path, content, clock, onContent: takeOver, onFailure }, signal)
    },
  }
}

interface Running {
  readonly authorizers: readonly Authorizer[]
  readonly webhooks: readonly Webhook[]
}

function begin(configured: readonly CompiledAuthorizer[], builtIn: BuiltInAuthorizers, base: Base): Running {
  const webhooks: Webhook[] = []
  const authorizers = configured.map((one): Authorizer => {
    if (one.type !== 'Webhook') return builtInOf(one.type, builtIn)
    const { target, timeoutMs } = one.webhook
    const webhook = createWebhook({ target, timeoutMs, clock: base.clock, random: base.random })
    webhooks.push(webhook)
    return webhookAuthorizer({
      name: one.name,
      config: one.webhook,
      webhook,
      clock: base.clock,
      log: base.log,
    })
  })
  return { authorizers, webhooks }
}

function builtInOf(type: Exclude<AuthorizerType, 'Webhook'>, builtIn: BuiltInAuthorizers): Authorizer {
  if (type === 'Node' || type === 'RBAC') return builtIn[type]
  const decision = type === 'AlwaysAllow' ? 'allow' : 'no-opinion'
  const reason = type === 'AlwaysAllow' ? '' : 'Everything is forbidden.'
  return { name: type, authorize: async () => ({ decision, reason }) }
}
