// Who gets in, as the flags say: the files of --authentication-config and --authorization-config, or their short forms.
//
// Everything is read and judged before the server starts: a file that is not valid is told at once, with all that is
// wrong with it. Upstream: pkg/kubeapiserver/options/{authentication,authorization}.go

import { readFile } from 'node:fs/promises'
import {
  type AuthenticationConfiguration,
  type JwtAuthenticator,
  readAuthenticationConfiguration,
} from '#apiserver/authentication/configuration/file.ts'
import { type LoadedAuthentication, loadAuthentication } from '#apiserver/authentication/configured-tokens.ts'
import { SIGNING_ALGORITHMS } from '#apiserver/authentication/oidc/id-token.ts'
import {
  type AuthorizerConfiguration,
  readAuthorizationConfiguration,
  type WebhookConfiguration,
} from '#apiserver/authorization/configuration/file.ts'
import { type LoadedAuthorization, loadAuthorization } from '#apiserver/authorization/configured.ts'
import { readKubeconfigTarget } from '#apiserver/outbound/kubeconfig.ts'
import type { StandardAccessOptions } from '#apiserver/standard-access-control.ts'
import type { TokenWebhookOptions } from '#apiserver/standard-tokens.ts'
import type { ServerFlagName, ServerFlags } from '#cluster/server-flags.ts'
import { UserError } from '#cluster/user-error.ts'

type AccessOptions = Pick<StandardAccessOptions, 'authentication' | 'authorization' | 'tokenWebhook'>

const DEFAULT_TOKEN_TTL_MS = 120_000
const DEFAULT_AUTHORIZED_TTL_MS = 300_000
const DEFAULT_UNAUTHORIZED_TTL_MS = 30_000

/** `issuer`: that of this server's own tokens. Throws UserError. */
export async function accessOptions(flags: ServerFlags, issuer: string): Promise<AccessOptions> {
  try {
    const authentication = await authenticationOf(flags, issuer)
    const authorization = await authorizationOf(flags)
    const tokenWebhook = await tokenWebhookOf(flags)
    return {
      ...(authentication && { authentication }),
      ...(authorization && { authorization }),
      ...(tokenWebhook && { tokenWebhook }),
    }
  } catch (error) {
    throw new UserError((error as Error).message, { cause: error })
  }
}

async function authenticationOf(
  flags: ServerFlags,
  issuer: string,
): Promise<LoadedAuthentication | undefined> {
  const path = flags['authentication-config']
  const hasOidc = isAnyGiven(flags, 'oidc-')
  const isAnonymousGiven = flags['anonymous-auth'] !== undefined
  const anonymous = { enabled: flags['anonymous-auth'] ?? true }
  if (path === undefined) {
    if (!hasOidc && !isAnonymousGiven) return undefined
    const configuration = { anonymous, jwt: hasOidc ? [await jwtOfFlags(flags)] : [] }
    return { ...judge(() => loadAuthentication(configuration, [issuer])), algorithms: algorithmsOf(flags) }
  }
  if (hasOidc) throw new Error('authentication-config file and oidc-* flags are mutually exclusive')
  const content = await readFile(path, 'utf8')
  const configuration = readOrSay(path, content)
  if (configuration.anonymous && isAnonymousGiven) {
    throw new Error(
      'anonymous: Forbidden: --anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file',
    )
  }
  const loaded = judge(() => loadAuthentication(configuration, [issuer]))
  return { ...loaded, file: { path, content }, ...(isAnonymousGiven && { anonymous }) }
}

function readOrSay(path: string, content: string): AuthenticationConfiguration {
  try {
    return readAuthenticationConfiguration(content)
  } catch (error) {
    const why = (error as Error).message
    const where = JSON.stringify(path)
    throw new Error(`failed to load authentication configuration from file ${where}: ${why}`, {
      cause: error,
    })
  }
}

function judge<T>(load: () => T): T {
  try {
    return load()
  } catch (error) {
    throw new Error(`invalid authentication configuration: ${(error as Error).message}`, { cause: error })
  }
}

const isAnyGiven = (flags: ServerFlags, prefix: string): boolean =>
  Object.keys(flags).some((name) => name.startsWith(prefix))

/** The one issuer that the `--oidc-*` flags describe. */
async function jwtOfFlags(flags: ServerFlags): Promise<JwtAuthenticator> {
  const url = flags['oidc-issuer-url'] ?? ''
  const audience = flags['oidc-client-id'] ?? ''
  if (url === '' || audience === '') {
    throw new Error(
      'oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set',
    )
  }
  const claim = flags['oidc-username-claim'] ?? 'sub'
  const groups = flags['oidc-groups-claim']
  const ca = flags['oidc-ca-file']
  return {
    issuer: { url, audiences: [audience], ...(ca && { certificateAuthority: await readFile(ca, 'utf8') }) },
    claimMappings: {
      username: { claim, prefix: usernamePrefix(flags['oidc-username-prefix'] ?? '', claim, url) },
      ...(groups && { groups: { claim: groups, prefix: flags['oidc-groups-prefix'] ?? '' } }),
    },
    claimValidationRules: (flags['oidc-required-claim'] ?? []).map((pair) => {
      const [name = '', ...value] = pair.split('=')
      return { claim: name, requiredValue: value.join('=') }
    }),
  }
}

/** Names of an issuer do not meet those of another, unless it is said so; an address is unique by itself. */
function usernamePrefix(prefix: string, claim: string, url: string): string {
  if (prefix === '-') return ''
  return prefix === '' && claim !== 'email' ? `${url}#` : prefix
}

function algorithmsOf(flags: ServerFlags): readonly string[] {
  const algorithms = flags['oidc-signing-algs'] ?? ['RS256']
  for (const name of algorithms) {
    if (!(SIGNING_ALGORITHMS as readonly string[]).includes(name)) {
      throw new Error(`oidc: unsupported signing alg: ${JSON.stringify(name)}`)
    }
  }
  return algorithms
}

async function authorizationOf(flags: ServerFlags): Promise<LoadedAuthorization | undefined> {
  const path = flags['authorization-config']
  const hasShortForm = isAnyGiven(flags, 'authorization-mode') || isAnyGiven(flags, 'authorization-webhook-')
  if (path === undefined)
    return hasShortForm ? loadAuthorization({ authorizers: authorizersOfFlags(flags) }) : undefined
  if (hasShortForm) {
    throw new Error(
      '--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined',
    )
  }
  const content = await readFile(path, 'utf8')
  return { ...(await loadAuthorization(readAuthorizationConfiguration(content))), file: { path, content } }
}

function authorizersOfFlags(flags: ServerFlags): readonly AuthorizerConfiguration[] {
  const modes = flags['authorization-mode'] ?? ['Node', 'RBAC']
  const kubeConfigFile = flags['authorization-webhook-config-file']
  if (kubeConfigFile !== undefined && !modes.includes('Webhook')) {
    throw new Error('cannot specify --authorization-webhook-config-file without mode Webhook')
  }
  if (kubeConfigFile === undefined && modes.includes('Webhook')) {
    throw new Error("authorization-mode Webhook's authorization config file not passed")
  }
  return modes.map((type) =>
    type === 'Webhook'
      ? { type, name: 'default', webhook: webhookOfFlags(flags, kubeConfigFile ?? '') }
      : { type, name: type.toLowerCase() },
  )
}

function webhookOfFlags(flags: ServerFlags, kubeConfigFile: string): WebhookConfiguration {
  const ttl = (name: ServerFlagName & `authorization-webhook-cache-${string}`, fallbackMs: number) =>
    (flags[name] as number | undefined) ?? fallbackMs
  const authorized = ttl('authorization-webhook-cache-authorized-ttl', DEFAULT_AUTHORIZED_TTL_MS)
  const unauthorized = ttl('authorization-webhook-cache-unauthorized-ttl', DEFAULT_UNAUTHORIZED_TTL_MS)
  return {
    authorizedTTL: `${authorized}ms`,
    cacheAuthorizedRequests: authorized !== 0,
    unauthorizedTTL: `${unauthorized}ms`,
    cacheUnauthorizedRequests: unauthorized !== 0,
    timeout: '30s',
    failurePolicy: 'NoOpinion',
    subjectAccessReviewVersion: flags['authorization-webhook-version'] ?? 'v1beta1',
    connectionInfo: { type: 'KubeConfigFile', kubeConfigFile },
  }
}

async function tokenWebhookOf(flags: ServerFlags): Promise<TokenWebhookOptions | undefined> {
  const file = flags['authentication-token-webhook-config-file']
  if (file === undefined) return undefined
  return {
    target: await readKubeconfigTarget(file),
    version: flags['authentication-token-webhook-version'] ?? 'v1beta1',
    cacheTtlMs: flags['authentication-token-webhook-cache-ttl'] ?? DEFAULT_TOKEN_TTL_MS,
  }
}
