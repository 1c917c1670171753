// The operations on one resource, free of the form that OpenAPI 2 or 3 gives them.
//
// Their names are those of upstream, since generated clients are built from them. Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/installer.go, openapi/openapi.go

import type { GroupVersionKind } from '#api/meta/object.ts'
import { describeParameter } from '#api/schema/descriptions.ts'
import { customTypeName } from '#api/schema/openapi-custom.ts'
import type { ServedResource, ServedSubresource } from '#api/schema/resources.ts'

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly description: string
  readonly type: 'boolean' | 'integer' | 'string'
}

export type Method = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch'

export interface Operation {
  readonly method: Method
  readonly id: string
  readonly tag: string
  readonly description: string
  readonly action?: string
  readonly kind?: GroupVersionKind
  readonly parameters: readonly Parameter[]
  /** Type of the body by its name here, or `Patch`. */
  readonly body?: string
  readonly isBodyRequired?: boolean
  /** Status code → type of the answer; `string` for what is no object. */
  readonly responses: Readonly<Record<string, string>>
  /** `list`: also as a stream of events; `connect`: anything; `log`: also plain text; `json`: nothing else. */
  readonly media: 'object' | 'list' | 'connect' | 'log' | 'json'
}

export const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** `a Pod`, `an Ingress`, and `Endpoints`, which are many. */
function withArticle(kind: string): string {
  if (/[^s]s$/.test(kind)) return kind
  return `${/^[AEIOU]/.test(kind) ? 'an' : 'a'} ${kind}`
}

/** `rbac.authorization.k8s.io` → `rbacAuthorization`; '' → `core`. */
export function groupTag(group: string): string {
  const [first = '', ...rest] = group.replace(/\.k8s\.io$/, '').split('.')
  return group === '' ? 'core' : first + rest.map(capitalized).join('')
}

/** The name of a type here: `core.v1.Pod`. */
export function typeName(group: string, version: string, kind: string): string {
  return `${group === '' ? 'core' : (group.split('.')[0] ?? '')}.${version}.${kind}`
}

/** Types of meta/v1. */
export const META = 'meta.v1.'

/** Where an operation stands. */
export interface OperationContext {
  readonly base: string
  readonly group: string
  readonly version: string
  readonly tag: string
  readonly prefix: string
}

const BOOLEANS = new Set([
  'allowWatchBookmarks',
  'follow',
  'force',
  'ignoreStoreReadErrorWithClusterBreakingPotential',
  'insecureSkipTLSVerifyBackend',
  'orphanDependents',
  'previous',
  'sendInitialEvents',
  'stderr',
  'stdin',
  'stdout',
  'timestamps',
  'tty',
  'watch',
])
const INTEGERS = new Set([
  'gracePeriodSeconds',
  'limit',
  'limitBytes',
  'ports',
  'sinceSeconds',
  'tailLines',
  'timeoutSeconds',
])

function parameter(name: string, operation: string): Parameter {
  const type = BOOLEANS.has(name) ? 'boolean' : INTEGERS.has(name) ? 'integer' : 'string'
  return { name, in: 'query', description: describeParameter(operation, name), type }
}

const parameters = (operation: string, ...names: readonly string[]): Parameter[] =>
  names.map((name) => parameter(name, operation))

const PAGE = [
  'continue',
  'fieldSelector',
  'labelSelector',
  'limit',
  'resourceVersion',
  'resourceVersionMatch',
]
const LIST = [
  ...PAGE,
  'allowWatchBookmarks',
  'pretty',
  'sendInitialEvents',
  'shardSelector',
  'timeoutSeconds',
  'watch',
]
const DELETE = [
  'dryRun',
  'gracePeriodSeconds',
  'ignoreStoreReadErrorWithClusterBreakingPotential',
  'orphanDependents',
  'pretty',
  'propagationPolicy',
]
const WRITE = ['dryRun', 'fieldManager', 'fieldValidation', 'pretty']

/** Makes the operations of one resource or subresource. */
export class OperationMaker {
  readonly #resource: ServedResource
  readonly #context: OperationContext
  readonly #sub: ServedSubresource | undefined
  /** What is read and written, and its type. */
  readonly #gvk: GroupVersionKind
  readonly #type: string

  constructor(resource: ServedResource, context: OperationContext, sub?: ServedSubresource) {
    this.#resource = resource
    this.#context = context
    this.#sub = sub
    const group = sub?.group ?? context.group
    const version = sub?.version ?? context.version
    this.#gvk = { group, version, kind: sub?.kind ?? resource.kind }
    const isCustom = resource.customSchema !== undefined && !sub?.group
    this.#type = isCustom ? customTypeName(this.#gvk) : typeName(group, version, this.#gvk.kind)
  }

  forSubresource(sub: ServedSubresource): OperationMaker {
    return new OperationMaker(this.#resource, this.#context, sub)
  }

  #id(verb: string, infix = '', suffix = ''): string {
    const scope =
      this.#resource.namespaced && !suffix.startsWith('ForAll') && !suffix.startsWith('ListForAll')
        ? 'Namespaced'
        : ''
    const sub = this.#sub ? capitalized(this.#sub.name) : ''
    return `${verb}${this.#context.prefix}${infix}${scope}${this.#resource.kind}${sub}${suffix}`
  }

  /** `scale of the specified Deployment`, `the specified Deployment`. */
  #specified(): string {
    const whole = `the specified ${this.#resource.kind}`
    return this.#sub ? `${this.#sub.name} of ${whole}` : whole
  }

  #path(isItem: boolean, inNamespace = this.#resource.namespaced): Parameter[] {
    const found: Parameter[] = []
    if (inNamespace) {
      const description = describeParameter('readNamespacedPodLog', 'namespace')
      found.push({ name: 'namespace', in: 'path', description, type: 'string' })
    }
    if (isItem)
      found.push({ name: 'name', in: 'path', description: `name of the ${this.#gvk.kind}`, type: 'string' })
    return found
  }

  #make(operation: Omit<Operation, 'tag' | 'kind' | 'media'> & { media?: Operation['media'] }): Operation {
    return { media: 'object', ...operation, tag: this.#context.tag, kind: this.#gvk }
  }

  list(everywhere: boolean): Operation {
    const { kind, namespaced, verbs } = this.#resource
    return this.#make({
      method: 'get',
      id: this.#id('list', '', everywhere ? 'ForAllNamespaces' : ''),
      description: `list ${verbs.includes('watch') ? 'or watch ' : ''}objects of kind ${kind}`,
      action: 'list',
      parameters: [
        ...this.#path(false, namespaced && !everywhere),
        ...parameters('listNamespacedConfigMap', ...LIST),
      ],
      responses: { 200: `${this.#type}List` },
      media: 'list',
    })
  }

  create(): Operation {
    return this.#make({
      method: 'post',
      id: this.#id('create'),
      description: `create ${this.#sub ? `${this.#sub.name} of ` : ''}${withArticle(this.#resource.kind)}`,
      action: 'post',
      parameters: [
        ...this.#path(this.#sub !== undefined),
        ...parameters('createNamespacedConfigMap', ...WRITE),
      ],
      body: this.#type,
      isBodyRequired: true,
      responses: { 200: this.#type, 201: this.#type, 202: this.#type },
    })
  }

  deleteCollection(): Operation {
    const names = [...DELETE, ...PAGE, 'sendInitialEvents', 'shardSelector', 'timeoutSeconds']
    return this.#make({
      method: 'delete',
      id: this.#id('delete', 'Collection'),
      description: `delete collection of ${this.#resource.kind}`,
      action: 'deletecollection',
      parameters: [...this.#path(false), ...parameters('deleteCollectionNamespacedConfigMap', ...names)],
      body: `${META}DeleteOptions`,
      responses: { 200: `${META}Status` },
    })
  }

  read(): Operation {
    return this.#make({
      method: 'get',
      id: this.#id('read'),
      description: `read ${this.#specified()}`,
      action: 'get',
      parameters: [...this.#path(true), ...parameters('readNamespacedPodLog', 'pretty')],
      responses: { 200: this.#type },
    })
  }

  replace(): Operation {
    return this.#make({
      method: 'put',
      id: this.#id('replace'),
      description: `replace ${this.#specified()}`,
      action: 'put',
      parameters: [...this.#path(true), ...parameters('replaceNamespacedConfigMap', ...WRITE)],
      body: this.#type,
      isBodyRequired: true,
      responses: { 200: this.#type, 201: this.#type },
    })
  }

  delete(answersWithObject: boolean): Operation {
    const answer = answersWithObject ? this.#type : `${META}Status`
    return this.#make({
      method: 'delete',
      id: this.#id('delete'),
      description: `delete ${withArticle(this.#resource.kind)}`,
      action: 'delete',
      parameters: [...this.#path(true), ...parameters('deleteNamespacedConfigMap', ...DELETE)],
      body: `${META}DeleteOptions`,
      responses: { 200: answer, 202: answer },
    })
  }

  patch(): Operation {
    return this.#make({
      method: 'patch',
      id: this.#id('patch'),
      description: `partially update ${this.#specified()}`,
      action: 'patch',
      parameters: [...this.#path(true), ...parameters('patchNamespacedConfigMap', ...WRITE, 'force')],
      body: 'Patch',
      isBodyRequired: true,
      responses: { 200: this.#type, 201: this.#type },
    })
  }

  watchList(everywhere: boolean): Operation {
    const { kind, namespaced } = this.#resource
    return this.#make({
      method: 'get',
      id: this.#id('watch', '', everywhere ? 'ListForAllNamespaces' : 'List'),
      description: `watch individual changes to a list of ${kind}. deprecated: use the 'watch' parameter with a list operation instead.`,
      action: 'watchlist',
      parameters: [
        ...this.#path(false, namespaced && !everywhere),
        ...parameters('listNamespacedConfigMap', ...LIST),
      ],
      responses: { 200: `${META}WatchEvent` },
      media: 'list',
    })
  }

  watch(): Operation {
    return this.#make({
      method: 'get',
      id: this.#id('watch'),
      description: `watch changes to an object of kind ${this.#resource.kind}. deprecated: use the 'watch' parameter with a list operation instead, filtered to a single item with the 'fieldSelector' parameter.`,
      action: 'watch',
      parameters: [...this.#path(true), ...parameters('listNamespacedConfigMap', ...LIST)],
      responses: { 200: `${META}WatchEvent` },
      media: 'list',
    })
  }

  log(): Operation {
    const names = [
      'container',
      'follow',
      'insecureSkipTLSVerifyBackend',
      'limitBytes',
      'pretty',
      'previous',
      'sinceSeconds',
      'stream',
      'tailLines',
      'timestamps',
    ]
    return this.#make({
      method: 'get',
      id: this.#id('read'),
      description: `read ${this.#specified()}`,
      action: 'get',
      parameters: [...this.#path(true), ...parameters('readNamespacedPodLog', ...names)],
      responses: { 200: 'string' },
      media: 'log',
    })
  }

  /** What is passed on to a pod or node, by any method. */
  connect(method: Method, withPath: boolean): Operation {
    const { kind, namespaced } = this.#resource
    const name = this.#sub?.name ?? ''
    const texts = `connectGet${namespaced ? 'Namespaced' : ''}${kind}${capitalized(name)}`
    const path: Parameter = {
      name: 'path',
      in: 'path',
      description: describeParameter('connectGetNamespacedPodProxyWithPath', 'path'),
      type: 'string',
    }
    return this.#make({
      method,
      id: this.#id('connect', capitalized(method), withPath ? 'WithPath' : ''),
      description: `connect ${method.toUpperCase()} requests to ${name} of ${kind}`,
      action: 'connect',
      parameters: [
        ...this.#path(true),
        ...(withPath ? [path] : []),
        ...parameters(texts, ...(CONNECTION_PARAMETERS[name] ?? [])),
      ],
      responses: { 200: 'string' },
      media: 'connect',
    })
  }
}

const CONNECTION_PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  attach: ['container', 'stderr', 'stdin', 'stdout', 'tty'],
  exec: ['command', 'container', 'stderr', 'stdin', 'stdout', 'tty'],
  portforward: ['ports'],
  proxy: ['path'],
}
