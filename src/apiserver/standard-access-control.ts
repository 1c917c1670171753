// The access control of a real cluster, put together from its parts: authenticators, authorizers, admission plugins,
// allocators and bootstrap objects.
//
// The order in which things start matters: everything that reads through informers is made here, before they start;
// bootstrap() runs when they have synced; run() goes on until the server stops.

import { setMaxListeners } from 'node:events'
import { persistentVolumeClaims, persistentVolumes, pods } from '#api/resources.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AccessControl, ServedDocument } from '#apiserver/access-control.ts'
import { createAdmission } from '#apiserver/admission/chain.ts'
import { type OptionalPlugin, standardPlugins } from '#apiserver/admission/plugins.ts'
import { clusterIPs } from '#apiserver/allocators/cluster-ips.ts'
import { formatAddress, parseRange } from '#apiserver/allocators/ip-range.ts'
import { DEFAULT_NODE_PORTS, nodePorts } from '#apiserver/allocators/node-ports.ts'
import type { PortRange } from '#apiserver/allocators/port-bitmap.ts'
import { repairAllocations } from '#apiserver/allocators/repair.ts'
import { serviceHooks } from '#apiserver/allocators/service-hooks.ts'
import { bearerAuthenticator } from '#apiserver/authentication/bearer-token.ts'
import { createAuthentication } from '#apiserver/authentication/chain.ts'
import {
  certificateVerifier,
  clientCertificateAuthenticator,
} from '#apiserver/authentication/client-certificate.ts'
import { configuredTokens, type LoadedAuthentication } from '#apiserver/authentication/configured-tokens.ts'
import { frontProxyAuthenticator } from '#apiserver/authentication/front-proxy.ts'
import { createImpersonation } from '#apiserver/authentication/impersonation.ts'
import {
  ISSUER_CACHE_CONTROL,
  issuerDocuments,
  JWKS_MEDIA_TYPE,
  JWKS_PATH,
  OPENID_CONFIGURATION_PATH,
} from '#apiserver/authentication/issuer-discovery.ts'
import { tokenIssuer } from '#apiserver/authentication/token-request.ts'
import { createAuthorization } from '#apiserver/authorization/chain.ts'
import { configuredAuthorization, type LoadedAuthorization } from '#apiserver/authorization/configured.ts'
import { mastersAuthorizer } from '#apiserver/authorization/masters.ts'
import { nodeAuthorizer } from '#apiserver/authorization/node.ts'
import type { NodeLookups } from '#apiserver/authorization/node-relations.ts'
import { rbacAuthorizer } from '#apiserver/authorization/rbac.ts'
import { ruleResolver } from '#apiserver/authorization/rbac-resolver.ts'
import { createBootstrap, rbacInformers } from '#apiserver/bootstrap/bootstrap.ts'
import { unlessNotFound } from '#apiserver/bootstrap/ensure.ts'
import { flowControlObjects } from '#apiserver/bootstrap/flow-control-objects.ts'
import { identityLease } from '#apiserver/bootstrap/identity-lease.ts'
import { keepKubernetesService } from '#apiserver/bootstrap/kubernetes-service.ts'
import { rulesOf } from '#apiserver/bootstrap/rbac-policy.ts'
import { type ServerAddress, serverLeases } from '#apiserver/bootstrap/server-leases.ts'
import { ensureServiceCIDR } from '#apiserver/bootstrap/service-cidr.ts'
import { createReviews } from '#apiserver/reviews.ts'
import { liveLookups, standardTokens, type TokenWebhookOptions } from '#apiserver/standard-tokens.ts'
import type { Store } from '#store/store.ts'
import { readTokenKeys, type TokenKeys } from '#sys/token-keys.ts'

export interface StandardAccessOptions {
  /** The server's own store: node ports and the leases of API servers lie in it. */
  readonly store: Store
  /** PEM of the authorities that sign clients, and front proxies. */
  readonly clientAuthority: string
  readonly frontProxyAuthority: string
  /** PEM. Tokens signed by older keys stay good as long as their public half is here. */
  readonly serviceAccountKeys: { readonly privateKey: string; readonly olderPublicKeys?: readonly string[] }
  /** `https://kubernetes.default.svc.cluster.local` */
  readonly issuer: string
  /** The default family first. */
  readonly serviceCidrs: readonly string[]
  readonly nodePorts?: PortRange
  /** Issuers whose tokens are good, besides this server; absent: none. */
  readonly authentication?: LoadedAuthentication
  /** Who knows tokens that nobody here knows. */
  readonly tokenWebhook?: TokenWebhookOptions
  /** Absent: Node, then RBAC. */
  readonly authorization?: LoadedAuthorization
  /** Admission plugins that are off by default. */
  readonly enableAdmissionPlugins?: readonly OptionalPlugin[]
  /** Where pods and other machines reach this server: the endpoint of Service `kubernetes`. */
  readonly advertise: ServerAddress
  /** The machine's name, for the identity that the server shows. */
  readonly hostname: string
}

const FRONT_PROXY_NAMES = ['front-proxy-client']

/** Gives what `startApiServer` asks for. */
export function standardAccessControl(
  options: StandardAccessOptions,
): (access: ServerAccess) => AccessControl {
  return (access) => {
    const { clock, random, log } = access
    const keys = readTokenKeys(
      options.serviceAccountKeys.privateKey,
      options.serviceAccountKeys.olderPublicKeys,
    )
    const audiences = [options.issuer]
    const configured = options.authentication && configuredTokens(options.authentication, access)
    const tokens = standardTokens(access, {
      keys,
      issuer: options.issuer,
      configured: configured?.tokens,
      webhook: options.tokenWebhook,
    })
    const resolver = ruleResolver(rbacInformers(access.informers))
    const builtIn = {
      Node: nodeAuthorizer({ lookups: nodeLookups(access), rules: rulesOf('system:node') }),
      RBAC: rbacAuthorizer(resolver),
    }
    const chain = options.authorization && configuredAuthorization(options.authorization, builtIn, access)
    const authorization = createAuthorization([
      mastersAuthorizer,
      ...(chain ? [chain.authorizer] : [builtIn.Node, builtIn.RBAC]),
    ])
    const addresses = clusterIPs(access, options.serviceCidrs)
    const ports = nodePorts(options.store, random, options.nodePorts ?? DEFAULT_NODE_PORTS)
    const repair = repairAllocations(access, addresses, ports)
    const bootstrap = createBootstrap(access, {
      clientAuthority: options.clientAuthority,
      frontProxyAuthority: options.frontProxyAuthority,
      frontProxyNames: FRONT_PROXY_NAMES,
    })
    const flowControl = flowControlObjects(access)
    const kubernetes = keepKubernetesService(access, {
      clusterIP: firstAddress(options.serviceCidrs),
      advertise: options.advertise,
      leases: serverLeases(options.store, clock, log),
    })
    const identity = identityLease(access, options.hostname, options.advertise)
    const kept = new AbortController()
    setMaxListeners(0, kept.signal)
    let keeping: Promise<unknown> = Promise.resolve()

    return {
      authentication: createAuthentication({
        authenticators: [
          frontProxyAuthenticator({
            verifier: certificateVerifier(options.frontProxyAuthority, clock),
            allowedNames: FRONT_PROXY_NAMES,
          }),
          clientCertificateAuthenticator(certificateVerifier(options.clientAuthority, clock)),
          bearerAuthenticator(tokens, audiences),
        ],
        anonymous: anonymousOf(options.authentication),
        onRefused: (head, authenticator, error) =>
          log.info(
            { authenticator, error: error.message, path: head.path, from: head.remoteAddress },
            'refused credentials',
          ),
      }),
      authorization,
      admission: createAdmission(
        standardPlugins({ access, authorization, resolver, enabled: options.enableAdmissionPlugins ?? [] }),
        access.admissionMeasure,
      ),
      impersonation: createImpersonation(authorization),
      reviews: createReviews({
        tokens,
        audiences,
        authorization,
        resolver,
        unlisted: () => (chain?.hasWebhook() ? ['webhook'] : []),
        clock,
      }),
      tokenIssuer: tokenIssuer({
        keys,
        issuer: options.issuer,
        audiences,
        lookups: liveLookups(access),
        clock,
        random,
      }),
      serviceHooks: serviceHooks({ addresses, ports, log }),
      documents: documentsOf(options, keys),
      async bootstrap() {
        await Promise.all([bootstrap.run(), flowControl.ensure()])
        await identity.take()
        await ensureServiceCIDR(access, options.serviceCidrs)
        keeping = (await kubernetes.start(kept.signal)).ended
      },
      async run(signal) {
        signal.addEventListener('abort', () => kept.abort(signal.reason), { once: true })
        if (signal.aborted) kept.abort(signal.reason)
        await Promise.all([
          keeping,
          repair.run(signal),
          flowControl.run(signal),
          identity.run(signal),
          configured?.run(signal),
          chain?.run(signal),
        ])
      },
    }
  }
}

/** The address of Service `kubernetes`. */
function firstAddress(cidrs: readonly string[]): string {
  const range = parseRange(cidrs[0] ?? '')
  return formatAddress(range.first, range.family)
}

function nodeLookups({ client, informers }: ServerAccess): NodeLookups {
  const informer = informers.informer(pods)
  informer.addIndex('spec.nodeName', (pod) => (pod.spec?.nodeName ? [pod.spec.nodeName] : []))
  const reader = (group: string, resource: string, kind: string, namespaced = false) => {
    const objects = client.resource({ group, version: 'v1', resource, kind, namespaced })
    return (namespace: string, name: string) => unlessNotFound(objects.get(namespace, name))
  }
  const attachment = reader('storage.k8s.io', 'volumeattachments', 'VolumeAttachment')
  const slice = reader('resource.k8s.io', 'resourceslices', 'ResourceSlice')
  return {
    podsOf: (node) => informer.byIndex('spec.nodeName', node),
    claim: (namespace, name) => unlessNotFound(client.resource(persistentVolumeClaims).get(namespace, name)),
    volume: (name) => unlessNotFound(client.resource(persistentVolumes).get('', name)),
    attachment: (name) => attachment('', name),
    slice: (name) => slice('', name),
    certificateRequest: reader(
      'certificates.k8s.io',
      'podcertificaterequests',
      'PodCertificateRequest',
      true,
    ),
  }
}

/** On everywhere where nothing is said. */
function anonymousOf(authentication: LoadedAuthentication | undefined): boolean | readonly string[] {
  const anonymous = authentication?.compiled.anonymous ?? authentication?.anonymous
  if (!anonymous) return true
  const paths = (anonymous.conditions ?? []).map(({ path = '' }) => path)
  return paths.length > 0 ? paths : (anonymous.enabled ?? false)
}

function documentsOf({ issuer, advertise }: StandardAccessOptions, keys: TokenKeys): ServedDocument[] {
  const address = advertise.address.includes(':') ? `[${advertise.address}]` : advertise.address
  const documents = issuerDocuments(issuer, `${address}:${advertise.port}`, keys.verifying)
  const cached = { 'cache-control': ISSUER_CACHE_CONTROL }
  return [
    {
      path: OPENID_CONFIGURATION_PATH,
      headers: { ...cached, 'content-type': 'application/json' },
      body: documents.configuration,
    },
    { path: JWKS_PATH, headers: { ...cached, 'content-type': JWKS_MEDIA_TYPE }, body: documents.jwks },
  ]
}
