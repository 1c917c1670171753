// What expressions about a request can name, and of which types that is.
//
// Objects may be of any kind, so that they are `dyn`: wrong names in them are found when they are evaluated.
// Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/cel/compile.go (BuildRequestType, BuildNamespaceType)

import type { CelScope } from '#api/cel/checker/check-types.ts'
import { patchTypes } from '#api/cel/checker/patch-types.ts'
import { type CelType, DYN, objectOf, parseType, STRING } from '#api/cel/checker/types.ts'

const texts = (...names: readonly string[]): Record<string, CelType> =>
  Object.fromEntries(names.map((name) => [name, STRING]))
const message = (name: string, fields: Readonly<Record<string, CelType>>): CelType =>
  objectOf(name, new Map(Object.entries(fields)))

const TEXT_LIST = parseType('list(string)')
const TEXT_MAP = parseType('map(string, string)')
const INT = parseType('int')
const TIMESTAMP = parseType('timestamp')

const KIND = message('kubernetes.GroupVersionKind', texts('group', 'version', 'kind'))
const RESOURCE = message('kubernetes.GroupVersionResource', texts('group', 'version', 'resource'))

const REQUEST = message('kubernetes.AdmissionRequest', {
  ...texts('subResource', 'requestSubResource', 'name', 'namespace', 'operation'),
  kind: KIND,
  resource: RESOURCE,
  requestKind: KIND,
  requestResource: RESOURCE,
  userInfo: message('kubernetes.UserInfo', {
    ...texts('username', 'uid'),
    groups: TEXT_LIST,
    extra: parseType('map(string, list(string))'),
  }),
  dryRun: parseType('bool'),
  options: DYN,
})

const CONDITION = message('kubernetes.NamespaceCondition', {
  ...texts('status', 'type', 'message', 'reason'),
  lastTransitionTime: TIMESTAMP,
})

const NAMESPACE = message('kubernetes.Namespace', {
  metadata: message('kubernetes.NamespaceMetadata', {
    ...texts('name', 'generateName', 'namespace', 'UID', 'resourceVersion'),
    labels: TEXT_MAP,
    annotations: TEXT_MAP,
    creationTimestamp: TIMESTAMP,
    deletionTimestamp: TIMESTAMP,
    deletionGracePeriodSeconds: INT,
    generation: INT,
    finalizers: TEXT_LIST,
  }),
  spec: message('kubernetes.NamespaceSpec', { finalizers: TEXT_LIST }),
  status: message('kubernetes.NamespaceStatus', {
    phase: STRING,
    conditions: { kind: 'list', name: 'list', of: [CONDITION] },
  }),
})

export interface RequestScopeOptions {
  readonly hasParams: boolean
  /** Not for messages: they must not depend on who may do what. */
  readonly hasAuthorizer: boolean
  /** The types of the fields of `variables`; absent where there is no such thing. */
  readonly variables?: ReadonlyMap<string, CelType>
  /** Whether objects and patches can be made. */
  readonly hasPatches?: boolean
}

export function requestScope({
  hasParams,
  hasAuthorizer,
  variables,
  hasPatches,
}: RequestScopeOptions): CelScope {
  const named = new Map<string, CelType>([
    ['object', DYN],
    ['oldObject', DYN],
    ['request', REQUEST],
    ['namespaceObject', NAMESPACE],
  ])
  if (hasParams) named.set('params', DYN)
  if (hasAuthorizer) {
    named.set('authorizer', parseType('kubernetes.authorization.Authorizer'))
    named.set('authorizer.requestResource', parseType('kubernetes.authorization.ResourceCheck'))
  }
  if (variables) named.set('variables', objectOf('kubernetes.variables', variables))
  return { variables: named, ...(hasPatches && { messages: patchTypes }) }
}
