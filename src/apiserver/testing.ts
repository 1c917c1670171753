// An API server in memory, in milliseconds: what tests of every component talk to instead of a mock.
//
// `startTestApiServer()` gives a client that may do everything. With `tls: true` it also listens on a free port of
// loopback with a throw-away certificate authority, and writes a kubeconfig, so that the real kubectl can be used.

import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AccessControl } from '#apiserver/access-control.ts'
import { createAdmission } from '#apiserver/admission/chain.ts'
import type { FrontProxyTls } from '#apiserver/aggregation/aggregator.ts'
import type { Auditor } from '#apiserver/audit/auditor.ts'
import { createAuthentication } from '#apiserver/authentication/chain.ts'
import { createAuthorization } from '#apiserver/authorization/chain.ts'
import type { ValueTransformers } from '#apiserver/encryption/value-transformer.ts'
import type { RequestHead, UserInfo } from '#apiserver/request.ts'
import { type ApiServer, startApiServer } from '#apiserver/server.ts'
import { type StandardAccessOptions, standardAccessControl } from '#apiserver/standard-access-control.ts'
import { createTestPki, type KeyPairPem, type TestPki } from '#apiserver/testing-pki.ts'
import { type Client, createClient } from '#client/client.ts'
import type { Transport } from '#client/transport.ts'
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts'
import type { Store } from '#store/store.ts'
import { type Clock, systemClock } from '#sys/clock.ts'
import { type Logger, silentLogger } from '#sys/log.ts'
import { type Random, systemRandom } from '#sys/random.ts'

export interface TestApiServerOptions {
  /** Listens on loopback over TLS and writes a kubeconfig. */
  readonly tls?: boolean
  /**
   * The access control of a real cluster: certificates, tokens, RBAC, standard admission, allocators, bootstrap. With
   * it the kubeconfig's administrator is known by certificate. Absent: everybody may do everything, nothing is admitted.
   */
  readonly secured?: boolean
  /** What `secured` is made with besides: other issuers, webhooks, an order of authorizers. */
  readonly access?: Pick<StandardAccessOptions, 'authentication' | 'authorization' | 'tokenWebhook'>
  /** Another access control. */
  readonly accessControl?: (access: ServerAccess) => AccessControl
  /** Absent: one in memory. */
  readonly store?: Store
  readonly encryption?: ValueTransformers
  /** How many requests are served at once; default 600 with `secured`, else without a bound. */
  readonly maxRequestsInFlight?: number
  readonly auditor?: Auditor
  readonly frontProxyTls?: FrontProxyTls
  readonly shutdownDelayMs?: number
  readonly clock?: Clock
  readonly random?: Random
  readonly log?: Logger
  /** Namespaces made before anything else; default `default`, which bootstrap makes with `secured`. */
  readonly namespaces?: readonly string[]
}

export interface TestApiServer {
  readonly server: ApiServer
  /** Acts as an administrator. */
  readonly client: Client
  readonly transport: Transport
  /** A client of somebody else. */
  clientAs(user: UserInfo): Client
  /** `https://127.0.0.1:PORT`; '' without `tls`. */
  readonly url: string
  /** Path of a kubeconfig of an administrator; '' without `tls`. */
  readonly kubeconfig: string
  /** PEM; '' without `tls` or `secured`. */
  readonly caCertificate: string
  /** A client certificate of a user and its groups. */
  sign(user: string, groups: readonly string[]): KeyPairPem
  stop(): Promise<void>
}

const ADMIN: UserInfo = { name: 'admin', groups: ['system:masters', 'system:authenticated'] }

/** Starts it; the caller stops it. */
export async function startTestApiServer(options: TestApiServerOptions = {}): Promise<TestApiServer> {
  const clock = options.clock ?? systemClock
  const random = options.random ?? systemRandom
  const store = options.store ?? (await openEmbeddedStore({ clock }))
  const controller = new AbortController()
  const pki = options.tls || options.secured ? createTestPki(random) : undefined
  const server = await startApiServer(
    {
      store,
      clock,
      random,
      log: options.log ?? silentLogger,
      accessControl:
        options.accessControl ??
        (options.secured ? securedAccess(store, pki!.ca, options.access) : openAccess),
      shutdownGraceMs: 1_000,
      ...(options.encryption && { encryption: options.encryption }),
      ...((options.secured || options.maxRequestsInFlight !== undefined) && {
        maxRequestsInFlight: options.maxRequestsInFlight ?? 600,
      }),
      ...(options.auditor && { auditor: options.auditor }),
      ...(options.frontProxyTls && { frontProxyTls: options.frontProxyTls }),
      shutdownDelayMs: options.shutdownDelayMs ?? 0,
      ...(pki && options.tls && { listen: { host: '127.0.0.1', port: 0, tls: pki.server } }),
    },
    controller.signal,
  )
  const transport = server.transport(ADMIN, 'test')
  const client = createClient(transport)
  for (const name of options.namespaces ?? (options.secured ? [] : ['default'])) {
    await transport.request({
      method: 'POST',
      path: '/api/v1/namespaces',
      query: {},
      body: { metadata: { name } },
    })
  }
  const folder = options.tls ? await mkdtemp(path.join(tmpdir(), 'k8ts-test-')) : ''
  const url = server.address ? `https://127.0.0.1:${server.address.port}` : ''
  const kubeconfig = folder === '' ? '' : path.join(folder, 'kubeconfig')
  if (pki && options.tls) await writeFile(kubeconfig, kubeconfigOf(url, pki), { mode: 0o600 })
  return {
    server,
    client,
    transport,
    clientAs: (user) => createClient(server.transport(user, 'test')),
    url,
    kubeconfig,
    caCertificate: pki?.ca ?? '',
    sign: (user, groups) => {
      if (!pki) throw new Error('only with tls or secured')
      return pki.sign(user, groups)
    },
    async stop() {
      controller.abort()
      await server.stopped
      if (!options.store) await store.close()
      if (folder !== '') await rm(folder, { recursive: true, force: true })
    },
  }
}

function kubeconfigOf(server: string, pki: TestPki): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': base64(pki.ca) } }],
    users: [
      {
        name: 'admin',
        user: {
          'client-certificate-data': base64(pki.admin.cert),
          'client-key-data': base64(pki.admin.key),
        },
      },
    ],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
  })
}

/** Whoever asks is an administrator. */
export function openAccess(): AccessControl {
  const authenticator = { name: 'everybody', authenticate: async (_head: RequestHead) => ADMIN }
  const authorizer = {
    name: 'everything',
    authorize: async () => ({ decision: 'allow', reason: '' }) as const,
  }
  return {
    authentication: createAuthentication({ authenticators: [authenticator], anonymous: false }),
    authorization: createAuthorization([authorizer]),
    admission: createAdmission([]),
  }
}

let serviceAccountKey: string | undefined

/** The access control of a real cluster, with one throw-away authority for everything. */
function securedAccess(
  store: Store,
  authority: string,
  more: TestApiServerOptions['access'] = {},
): (access: ServerAccess) => AccessControl {
  serviceAccountKey ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }) as string
  return standardAccessControl({
    ...more,
    store,
    clientAuthority: authority,
    frontProxyAuthority: authority,
    serviceAccountKeys: { privateKey: serviceAccountKey },
    issuer: 'https://kubernetes.default.svc.cluster.local',
    serviceCidrs: ['10.96.0.0/16'],
    advertise: { address: '192.0.2.1', port: 6443 },
    hostname: 'test',
  })
}
