// Clients that act as service accounts, for a process that is several users: each controller writes as its own.
//
// All share one connection, which brings no identity with it; each request carries the token of its account. Tokens
// live an hour and are renewed before they end; one that the server refuses (its account was deleted) is asked for
// anew at the next request. Invariant: the account is there before its token is asked for.
// Upstream: staging/src/k8s.io/controller-manager/pkg/clientbuilder/client_builder_dynamic.go

import { isAlreadyExists, isUnauthorized } from '#api/meta/status.ts'
import { serviceAccounts } from '#api/resources.ts'
import { type Client, createClient } from '#client/client.ts'
import { createTokenSource, requestToken, type TokenSource } from '#client/token-request.ts'
import type { Transport } from '#client/transport.ts'
import type { Clock } from '#sys/clock.ts'

export interface ServiceAccountClientsOptions {
  /** May create service accounts and their tokens. */
  readonly client: Client
  /** To the same server, without credentials of its own. */
  readonly anonymous: Transport
  readonly namespace: string
  readonly clock: Clock
}

/** Gives the client of an account; it is made where it is missing, when the client is first used. */
export function createServiceAccountClients(
  options: ServiceAccountClientsOptions,
): (account: string) => Client {
  const clients = new Map<string, Client>()
  return (account) => {
    const known =
      clients.get(account) ?? createClient(withToken(options.anonymous, tokenSource(options, account)))
    clients.set(account, known)
    return known
  }
}

function tokenSource(
  { client, namespace, clock }: ServiceAccountClientsOptions,
  account: string,
): TokenSource {
  return createTokenSource(clock, async (spec) => {
    try {
      await client.resource(serviceAccounts).create({ metadata: { namespace, name: account } })
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
    return requestToken(client, namespace, account, spec)
  })
}

function withToken(transport: Transport, source: TokenSource): Transport {
  async function send<T>(work: (token: string) => Promise<T>): Promise<T> {
    const token = await source.get()
    try {
      return await work(token)
    } catch (error) {
      if (isUnauthorized(error)) source.reject(token)
      throw error
    }
  }
  return {
    request: (request) => send((token) => transport.request({ ...request, token })),
    watch: (request, onEvent) => send((token) => transport.watch({ ...request, token }, onEvent)),
  }
}
