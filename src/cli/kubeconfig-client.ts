// A client out of a kubeconfig file, for components that run alone.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { type Client, createClient } from '#client/client.ts'
import { type Credentials, createHttpsTransport } from '#client/https-transport.ts'
import type { Transport } from '#client/transport.ts'
import { UserError } from '#cluster/user-error.ts'
import { systemClock } from '#sys/clock.ts'

interface Kubeconfig {
  readonly 'current-context'?: string
  readonly contexts?: readonly { name: string; context: { cluster: string; user: string } }[]
  readonly clusters?: readonly { name: string; cluster: Readonly<Record<string, string>> }[]
  readonly users?: readonly { name: string; user: Readonly<Record<string, string>> }[]
}

export interface KubeconfigClient {
  /** As the user of the current context; files that it names are read anew for each connection. */
  readonly client: Client
  /** A way to the same server without being anybody. */
  anonymous(): Transport
}

export function clientFrom(file: string, userAgent: string): KubeconfigClient {
  const config = parse(readFileSync(file, 'utf8')) as Kubeconfig
  const context = config.contexts?.find(({ name }) => name === config['current-context'])?.context
  const cluster = config.clusters?.find(({ name }) => name === context?.cluster)?.cluster
  const user = config.users?.find(({ name }) => name === context?.user)?.user ?? {}
  const server = cluster?.['server']
  if (!server) throw new UserError(`${file} has no current context with a server.`)
  const value = (from: Readonly<Record<string, string>>, name: string): string | undefined => {
    const data = from[`${name}-data`]
    if (data !== undefined) return Buffer.from(data, 'base64').toString()
    const named = from[name]
    return named === undefined ? undefined : readFileSync(path.resolve(path.dirname(file), named), 'utf8')
  }
  const transport = (credentials: () => Credentials): Transport =>
    createHttpsTransport({
      servers: [server],
      ca: value(cluster, 'certificate-authority') ?? '',
      credentials,
      userAgent,
      clock: systemClock,
    })
  const own = (): Credentials => {
    const cert = value(user, 'client-certificate')
    const key = value(user, 'client-key')
    const token = user['token'] ?? value(user, 'tokenFile')
    return {
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(token !== undefined && { token }),
    }
  }
  return { client: createClient(transport(own)), anonymous: () => transport(() => ({})) }
}
