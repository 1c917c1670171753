// The flags of the API server that go beyond where it listens and what it stores: one table under upstream's names.
//
// `k8ts apiserver` takes them as they are (`--audit-log-path FILE`), `k8ts up` takes them as `--apiserver-arg
// audit-log-path=FILE` and keeps them with the cluster, so that the control plane finds them at each start. Pure.
// Upstream: the options of staging/src/k8s.io/apiserver/pkg/server/options; kubeadm's apiServer.extraArgs

import path from 'node:path'
import { parseGoDuration } from '#api/meta/go-duration.ts'
import { UserError } from '#cluster/user-error.ts'

interface Flag<Value> {
  /** What stands for the value in the help; none: a switch, whose bare name means true. */
  readonly placeholder?: string
  readonly help: string
  /** Reads the value; throws a plain Error that says what it takes. */
  read(text: string): Value
  /** The value as it is kept: a path does not depend on where `up` was called. */
  keep?(text: string): string
}

/** `word` stands for something that is no file. */
function file(help: string, word?: string): Flag<string> {
  const absolute = (text: string) => (text === word ? text : path.resolve(text))
  return { placeholder: '<file>', help, read: absolute, keep: absolute }
}

const toggle = (help: string): Flag<boolean> => ({
  help,
  read(text) {
    if (text === 'true' || text === '') return true
    if (text === 'false') return false
    throw new Error('takes true or false')
  },
})

const count = (help: string): Flag<number> => ({
  placeholder: '<count>',
  help,
  read(text) {
    if (!/^\d{1,12}$/.test(text)) throw new Error('takes a number')
    return Number(text)
  },
})

const words = (placeholder: string, help: string): Flag<string> => ({
  placeholder,
  help,
  read: (text) => text,
})

const list = (placeholder: string, help: string): Flag<readonly string[]> => ({
  placeholder,
  help,
  read: (text) => text.split(',').filter((part) => part !== ''),
})

const duration = (help: string): Flag<number> => ({
  placeholder: '<duration>',
  help,
  read(text) {
    try {
      return parseGoDuration(text)
    } catch {
      throw new Error('takes a duration such as 2m30s')
    }
  },
})

const choice = <const Word extends string>(options: readonly Word[], help: string): Flag<Word> => ({
  placeholder: '<word>',
  help: `${help}: ${options.join(', ')}`,
  read(text) {
    if ((options as readonly string[]).includes(text)) return text as Word
    throw new Error(`takes ${options.join(', ')}`)
  },
})

const rate = (help: string): Flag<number> => ({
  placeholder: '<number>',
  help,
  read(text) {
    if (!/^\d{1,7}(\.\d+)?$/.test(text)) throw new Error('takes a number')
    return Number(text)
  },
})

const MODES = ['batch', 'blocking', 'blocking-strict'] as const

/** The flags that both backends of audit have. */
const auditFlags = <Name extends 'log' | 'webhook'>(name: Name) =>
  ({
    [`audit-${name}-mode`]: choice(MODES, 'whether requests wait for their events'),
    [`audit-${name}-batch-buffer-size`]: count('how many events may wait'),
    [`audit-${name}-batch-max-size`]: count('how many events go together'),
    [`audit-${name}-batch-max-wait`]: duration('how long a batch waits to be full'),
    [`audit-${name}-batch-throttle-enable`]: toggle('bound the number of batches a second'),
    [`audit-${name}-batch-throttle-qps`]: rate('batches a second on average'),
    [`audit-${name}-batch-throttle-burst`]: count('batches at once after a pause'),
    [`audit-${name}-truncate-enabled`]: toggle('bound the size of events and batches'),
    [`audit-${name}-truncate-max-batch-size`]: count('largest batch in bytes'),
    [`audit-${name}-truncate-max-event-size`]: count('largest event in bytes'),
    [`audit-${name}-version`]: choice(['audit.k8s.io/v1'], 'version of the events'),
  }) as { readonly [Flag in keyof AuditFlagKinds as `audit-${Name}-${Flag}`]: AuditFlagKinds[Flag] }

interface AuditFlagKinds {
  readonly mode: Flag<(typeof MODES)[number]>
  readonly 'batch-buffer-size': Flag<number>
  readonly 'batch-max-size': Flag<number>
  readonly 'batch-max-wait': Flag<number>
  readonly 'batch-throttle-enable': Flag<boolean>
  readonly 'batch-throttle-qps': Flag<number>
  readonly 'batch-throttle-burst': Flag<number>
  readonly 'truncate-enabled': Flag<boolean>
  readonly 'truncate-max-batch-size': Flag<number>
  readonly 'truncate-max-event-size': Flag<number>
  readonly version: Flag<string>
}

/** Every flag, by upstream's name. */
export const SERVER_FLAGS = {
  'anonymous-auth': toggle('requests without credentials are system:anonymous (default: true)'),
  'authentication-config': file(
    'whose tokens are good (AuthenticationConfiguration); followed when it changes',
  ),
  'authentication-token-webhook-config-file': file('a kubeconfig of the webhook that is asked about tokens'),
  'authentication-token-webhook-version': choice(
    ['v1', 'v1beta1'],
    'of the TokenReviews that it is sent (default: v1beta1)',
  ),
  'authentication-token-webhook-cache-ttl': duration('how long its answers are good (default: 2m0s)'),
  'oidc-issuer-url': words('<url>', 'one issuer of tokens, in place of --authentication-config'),
  'oidc-client-id': words('<id>', 'the audience that its tokens must have'),
  'oidc-ca-file': file('the authority of its certificate'),
  'oidc-username-claim': words('<claim>', 'which claim is the name (default: sub)'),
  'oidc-username-prefix': words(
    '<prefix>',
    "what is put before names (default: the issuer and #; '-': nothing)",
  ),
  'oidc-groups-claim': words('<claim>', 'which claim are the groups'),
  'oidc-groups-prefix': words('<prefix>', 'what is put before groups'),
  'oidc-required-claim': list('<claim=value,...>', 'claims that its tokens must have'),
  'oidc-signing-algs': list('<names>', 'how its tokens may be signed (default: RS256)'),
  'authorization-config': file(
    'who is asked for permission (AuthorizationConfiguration); followed when it changes',
  ),
  'authorization-mode': list(
    '<modes>',
    'in place of that: Node,RBAC,Webhook,AlwaysAllow,AlwaysDeny in their order',
  ),
  'authorization-webhook-config-file': file('a kubeconfig of the webhook of mode Webhook'),
  'authorization-webhook-version': choice(
    ['v1', 'v1beta1'],
    'of the SubjectAccessReviews that it is sent (default: v1beta1)',
  ),
  'authorization-webhook-cache-authorized-ttl': duration('how long it allows (default: 5m0s)'),
  'authorization-webhook-cache-unauthorized-ttl': duration('how long it does not allow (default: 30s)'),
  'encryption-provider-config': file('how objects are encrypted in the store (EncryptionConfiguration)'),
  'encryption-provider-config-automatic-reload': toggle('take over that file when it changes'),
  'enable-priority-and-fairness': toggle('share the server among kinds of clients (default true)'),
  'max-requests-inflight': count('how many reads are served at once (default 400)'),
  'max-mutating-requests-inflight': count('how many writes are served at once (default 200)'),
  'shutdown-delay-duration': duration('how long it serves on, unready, when told to stop (default 0s)'),
  'audit-policy-file': file('which requests are recorded, and how much of them (audit Policy)'),
  'audit-log-path': file('where they are recorded, a line each; - for the standard output', '-'),
  'audit-log-maxage': count('days that old logs are kept (default 366; 0: for ever)'),
  'audit-log-maxbackup': count('how many old logs are kept (default 100; 0: all)'),
  'audit-log-maxsize': count('megabytes of a log before it is put aside (default 100; 0: never)'),
  'audit-log-format': choice(['json', 'legacy'], 'form of a line'),
  'audit-log-compress': toggle('compress logs that were put aside'),
  'audit-webhook-config-file': file('where they are sent (a kubeconfig)'),
  'audit-webhook-initial-backoff': duration('how long before a failed call is tried again (default 10s)'),
  ...auditFlags('log'),
  ...auditFlags('webhook'),
} satisfies Readonly<Record<string, Flag<unknown>>>

export type ServerFlagName = keyof typeof SERVER_FLAGS

/** The flags that were given, read. */
export type ServerFlags = {
  readonly [Name in ServerFlagName]?: ReturnType<(typeof SERVER_FLAGS)[Name]['read']>
}

const isFlag = (name: string): name is ServerFlagName => Object.hasOwn(SERVER_FLAGS, name)

/** Reads one flag; throws UserError for one that there is not, or a value that it does not take. */
export function readServerFlag(name: string, text: string): ServerFlags {
  const flag: Flag<unknown> = flagOf(name)
  try {
    return { [name]: flag.read(text) }
  } catch (error) {
    throw new UserError(`--${name} ${(error as Error).message}, not ${JSON.stringify(text)}.`)
  }
}

/** Reads `name=value` as `up` takes and keeps them; of a name that comes twice the last counts. */
export function readServerArgs(args: readonly string[]): ServerFlags {
  return Object.assign({}, ...args.map((arg) => readServerFlag(...splitArg(arg)))) as ServerFlags
}

/** The arguments as they are kept; throws UserError for what cannot be read. */
export function keepServerArgs(args: readonly string[]): readonly string[] {
  return args.map((arg) => {
    const [name, text] = splitArg(arg)
    readServerFlag(name, text)
    return `${name}=${flagOf(name).keep?.(text) ?? text}`
  })
}

function splitArg(arg: string): [name: string, text: string] {
  const [, name = '', text = ''] = /^(?:--)?([^=]*)(?:=(.*))?$/s.exec(arg) ?? []
  return [name, text]
}

function flagOf(name: string): Flag<unknown> {
  if (isFlag(name)) return SERVER_FLAGS[name]
  throw new UserError(
    `The API server has no flag ${JSON.stringify(name)}: it knows ${Object.keys(SERVER_FLAGS).join(', ')}.`,
  )
}
