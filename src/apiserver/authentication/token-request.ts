// The `token` subresource of service accounts: makes a signed token with the audiences, life and binding asked for.
//
// A token bound to a pod says on which node that pod runs, so that a stolen token tells where it was stolen. Upstream:
// pkg/registry/core/serviceaccount/storage/token.go, pkg/serviceaccount/claims.go

import { invalid as invalidField, Path } from '#api/meta/field-error.ts'
import { type KubeObject, parseApiVersion } from '#api/meta/object.ts'
import { badRequest, conflict, invalid, notFound } from '#api/meta/status.ts'
import type { BoundObjectReference, TokenRequest } from '#api/types/authentication.ts'
import type { Pod, ServiceAccount } from '#api/types/core.ts'
import { serviceAccountUser } from '#apiserver/authentication/service-account-names.ts'
import type { TokenLookups } from '#apiserver/authentication/service-account-token.ts'
import type { BoundClaims, ObjectRef } from '#apiserver/authentication/token-claims.ts'
import { type Clock, formatTime } from '#sys/clock.ts'
import type { Random } from '#sys/random.ts'
import { signToken, type TokenKeys } from '#sys/token-keys.ts'

export interface TokenIssuerOptions {
  readonly keys: TokenKeys
  /** The `iss` of tokens: `https://kubernetes.default.svc.cluster.local`. */
  readonly issuer: string
  /** Audiences of this server: the default of a request that names none. */
  readonly audiences: readonly string[]
  /** Live reads: a token must not be bound to what is gone. */
  readonly lookups: TokenLookups
  readonly clock: Clock
  readonly random: Random
}

export interface TokenIssuer {
  /**
   * Answers a TokenRequest for the service account `namespace/name`. `admit` is called with the defaulted request
   * before the token is made. Throws StatusError 400, 404, 409, 422.
   */
  issue(
    namespace: string,
    name: string,
    request: TokenRequest,
    admit?: (request: TokenRequest) => Promise<void>,
  ): Promise<TokenRequest>
}

export const DEFAULT_EXPIRATION_SECONDS = 3600
const MIN_EXPIRATION_SECONDS = 600
/** What ServiceAccount admission asks for; see below. */
const INJECTED_EXPIRATION_SECONDS = 3607
/**
 * Old client libraries read their token once and never again. Tokens of injected volumes therefore live a year, while
 * the kubelet, which is told the shorter time, replaces them every hour.
 */
const EXTENDED_EXPIRATION_SECONDS = 365 * 24 * 3600

const GROUP = 'authentication.k8s.io'
const BINDABLE = ['Pod', 'Node', 'Secret']

export function tokenIssuer(options: TokenIssuerOptions): TokenIssuer {
  const { keys, lookups, clock } = options
  return {
    async issue(namespace, name, request, admit) {
      checkNames(namespace, name, request)
      const account = await lookups.serviceAccount(namespace, name)
      if (!account) throw notFound({ group: '', resource: 'serviceaccounts' }, name)
      const now = clock.now()
      const completed = complete(request, account, options.audiences, now)
      const { expirationSeconds, audiences } = completed.spec
      const errors = expirationErrors(expirationSeconds)
      if (errors.length > 0) throw invalid(GROUP, 'TokenRequest', '', errors)
      await admit?.(completed)
      const bound = await bind(completed, namespace, name, lookups)
      const isExtended =
        bound.pod !== undefined &&
        expirationSeconds === INJECTED_EXPIRATION_SECONDS &&
        audiences.every((audience) => options.audiences.includes(audience))
      const token = await signToken(keys.signing, {
        aud: [...audiences],
        exp: seconds(now) + (isExtended ? EXTENDED_EXPIRATION_SECONDS : expirationSeconds),
        iat: seconds(now),
        iss: options.issuer,
        jti: options.random.uuid(),
        'kubernetes.io': {
          namespace,
          ...bound,
          serviceaccount: { name, uid: account.metadata?.uid ?? '' },
          ...(isExtended && { warnafter: seconds(now) + expirationSeconds }),
        },
        nbf: seconds(now),
        sub: serviceAccountUser(namespace, name),
      })
      return {
        ...completed,
        status: { token, expirationTimestamp: formatTime(now + expirationSeconds * 1000) },
      }
    },
  }
}

/** A request whose audiences and life are known. */
type CompletedRequest = TokenRequest & {
  readonly spec: {
    readonly audiences: readonly string[]
    readonly expirationSeconds: number
    readonly boundObjectRef?: BoundObjectReference
  }
}

const seconds = (millis: number): number => Math.floor(millis / 1000)

function checkNames(namespace: string, name: string, request: TokenRequest): void {
  const metadata = request.metadata ?? {}
  const mismatch = (field: 'name' | 'namespace', value: string) =>
    invalid(GROUP, 'TokenRequest', name, [
      invalidField(
        new Path('metadata').child(field),
        value,
        `must match the service account ${field} if specified`,
      ),
    ])
  if (metadata.name && metadata.name !== name) throw mismatch('name', metadata.name)
  if (metadata.namespace && metadata.namespace !== namespace) throw mismatch('namespace', metadata.namespace)
}

function complete(
  request: TokenRequest,
  account: ServiceAccount,
  audiences: readonly string[],
  now: number,
): CompletedRequest {
  const { name = '', namespace = '', uid = '' } = account.metadata ?? {}
  const asked = request.metadata?.uid
  if (asked && asked !== uid) {
    throw conflict(
      { group: GROUP, resource: 'TokenRequest' },
      name,
      `the UID in the token request (${asked}) does not match the UID of the service account (${uid})`,
    )
  }
  const spec = request.spec ?? {}
  return {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: { ...request.metadata, name, namespace, uid, creationTimestamp: formatTime(now) },
    spec: {
      ...spec,
      audiences: spec.audiences?.length ? spec.audiences : audiences,
      expirationSeconds: spec.expirationSeconds ?? DEFAULT_EXPIRATION_SECONDS,
    },
  }
}

function expirationErrors(expirationSeconds: number) {
  const path = new Path('spec').child('expirationSeconds')
  if (expirationSeconds < MIN_EXPIRATION_SECONDS) {
    return [invalidField(path, expirationSeconds, 'may not specify a duration less than 10 minutes')]
  }
  if (expirationSeconds > 2 ** 32) {
    return [invalidField(path, expirationSeconds, 'may not specify a duration larger than 2^32 seconds')]
  }
  return []
}

async function bind(
  request: CompletedRequest,
  namespace: string,
  accountName: string,
  lookups: TokenLookups,
): Promise<Pick<BoundClaims, 'pod' | 'node' | 'secret'>> {
  const ref = request.spec.boundObjectRef
  if (!ref) return {}
  const { group, version } = parseApiVersion(ref.apiVersion ?? '')
  const name = ref.name ?? ''
  const found = <T extends KubeObject>(resource: string, object: T | undefined): T => {
    if (!object) throw notFound({ group: '', resource }, name)
    const uid = object.metadata?.uid ?? ''
    if (ref.uid && ref.uid !== uid) {
      const why = `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`
      throw conflict({ group: '', resource: ref.kind ?? '' }, name, why)
    }
    return object
  }
  if (group === '' && BINDABLE.includes(ref.kind ?? '') && name === '') {
    throw badRequest('Name parameter required.')
  }
  switch (group === '' ? ref.kind : undefined) {
    case 'Pod':
      return bindPod(found('pods', await lookups.pod(namespace, name)), accountName, lookups)
    case 'Node':
      return { node: refOf(found('nodes', await lookups.node(name))) }
    case 'Secret':
      return { secret: refOf(found('secrets', await lookups.secret(namespace, name))) }
    default: {
      const groupVersion = group ? `${group}/${version}` : `/${version}`
      throw badRequest(`cannot bind token to object of type ${groupVersion}, Kind=${ref.kind ?? ''}`)
    }
  }
}

async function bindPod(
  pod: Pod,
  accountName: string,
  lookups: TokenLookups,
): Promise<Pick<BoundClaims, 'pod' | 'node'>> {
  if (pod.spec?.serviceAccountName !== accountName) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(accountName)} to pod running with different serviceaccount name.`,
    )
  }
  const nodeName = pod.spec.nodeName
  if (!nodeName) return { pod: refOf(pod) }
  const node = await lookups.node(nodeName)
  return { node: node ? refOf(node) : { name: nodeName }, pod: refOf(pod) }
}

function refOf(object: KubeObject): ObjectRef {
  return { name: object.metadata?.name ?? '', uid: object.metadata?.uid ?? '' }
}
