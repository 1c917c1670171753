// The flags of the API server that go beyond where it listens and what it stores: one table under upstream's names.
//
// `k8ts apiserver` takes them as they are (`--audit-log-path FILE`), `k8ts up` takes them as `--apiserver-arg
// audit-log-path=FILE` and keeps them with the cluster, so that the control plane finds them at each start. Pure.
// Upstream: the options of staging/src/k8s.io/apiserver/pkg/server/options; kubeadm's apiServer.extraArgs

import path from 'node:path'
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

const file = (help: string): Flag<string> => ({
  placeholder: '<file>',
  help,
  read: (text) => path.resolve(text),
  keep: (text) => path.resolve(text),
})

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
    if (!/^\d{1,7}$/.test(text)) throw new Error('takes a number')
    return Number(text)
  },
})

/** Every flag, by upstream's name. */
export const SERVER_FLAGS = {
  'encryption-provider-config': file('how objects are encrypted in the store (EncryptionConfiguration)'),
  'encryption-provider-config-automatic-reload': toggle('take over that file when it changes'),
  'enable-priority-and-fairness': toggle('share the server among kinds of clients (default true)'),
  'max-requests-inflight': count('how many reads are served at once (default 400)'),
  'max-mutating-requests-inflight': count('how many writes are served at once (default 200)'),
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
