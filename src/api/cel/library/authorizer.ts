// The variable `authorizer`: an expression asks whether the user of a request may do something else as well.
//
// `authorizer.group('apps').resource('deployments').namespace('a').check('update').allowed()` collects a question part by
// part; `check` asks it. Whoever provides the variable decides; since that may take a call to a webhook, expressions that ask
// are evaluated asynchronously (compile.ts). Upstream: staging/src/k8s.io/apiserver/pkg/cel/library/authz.go
// Left out: questions within optMap, optFlatMap and macros with two variables

import type { Environment } from '@marcbachmann/cel-js'
import { isDNS1123Label, isDNS1123Subdomain } from '#api/meta/names.ts'

/** What is asked; without a service account, for the user of the request. */
export interface AccessQuestion {
  readonly serviceAccount?: { readonly namespace: string; readonly name: string }
  readonly verb: string
  /** A path, or a resource with what follows. */
  readonly path?: string
  readonly group?: string
  readonly resource?: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
  readonly fieldSelector?: string
  readonly labelSelector?: string
}

export interface AccessAnswer {
  readonly allowed: boolean
  readonly reason: string
  readonly error?: string
}

export type Decide = (question: AccessQuestion) => Promise<AccessAnswer>

type Parts = Omit<AccessQuestion, 'verb'>

class Check {
  readonly decide: Decide
  readonly parts: Parts

  constructor(decide: Decide, parts: Parts) {
    this.decide = decide
    this.parts = parts
  }
}
class PathCheck extends Check {}
class GroupCheck extends Check {}
class ResourceCheck extends Check {}
class CelAuthorizer extends Check {
  /** `authorizer.requestResource`: the resource of the request itself. */
  readonly requestResource: ResourceCheck | undefined

  constructor(decide: Decide, parts: Parts, requested?: Parts) {
    super(decide, parts)
    this.requestResource = requested && new ResourceCheck(decide, requested)
  }
}

class Decision {
  readonly answer: AccessAnswer

  constructor(answer: AccessAnswer) {
    this.answer = answer
  }
}

const PACKAGE = 'kubernetes.authorization'
/** The type of the variable. */
export const AUTHORIZER = `${PACKAGE}.Authorizer`
const PATH = `${PACKAGE}.PathCheck`
const GROUP = `${PACKAGE}.GroupCheck`
export const RESOURCE_CHECK = `${PACKAGE}.ResourceCheck`
const DECISION = `${PACKAGE}.Decision`

/** The variable's value. `requested`: the resource of the request. */
export const celAuthorizer = (decide: Decide, requested?: Parts): object =>
  new CelAuthorizer(decide, {}, requested)

export function addAuthorizer(environment: Environment): void {
  environment
    .registerType(PATH, PathCheck)
    .registerType(GROUP, GroupCheck)
    .registerType(RESOURCE_CHECK, ResourceCheck)
    .registerType(DECISION, Decision)
    .registerType(AUTHORIZER, { ctor: CelAuthorizer, fields: { requestResource: RESOURCE_CHECK } })
    .registerFunction(`${AUTHORIZER}.path(string): ${PATH}`, ({ decide, parts }: Check, path: string) => {
      return new PathCheck(decide, { ...parts, path: filled(path, 'path') })
    })
    .registerFunction(`${AUTHORIZER}.group(string): ${GROUP}`, ({ decide, parts }: Check, group: string) => {
      return new GroupCheck(decide, { ...parts, group })
    })
    .registerFunction(`${AUTHORIZER}.serviceAccount(string, string): ${AUTHORIZER}`, serviceAccount)
    .registerFunction(
      `${GROUP}.resource(string): ${RESOURCE_CHECK}`,
      ({ decide, parts }: Check, resource: string) => {
        return new ResourceCheck(decide, { ...parts, resource: filled(resource, 'resource') })
      },
    )
  for (const part of ['subresource', 'namespace', 'name', 'fieldSelector', 'labelSelector'] as const) {
    environment.registerFunction(
      `${RESOURCE_CHECK}.${part}(string): ${RESOURCE_CHECK}`,
      ({ decide, parts }: Check, text: string) => {
        return new ResourceCheck(decide, { ...parts, [part]: text })
      },
    )
  }
  for (const type of [PATH, RESOURCE_CHECK]) {
    environment.registerFunction(`${type}.check(string): ${DECISION}`, check, { async: true })
  }
  environment
    .registerFunction(`${DECISION}.allowed(): bool`, ({ answer }: Decision) => answer.allowed)
    .registerFunction(`${DECISION}.reason(): string`, ({ answer }: Decision) => answer.reason)
    .registerFunction(`${DECISION}.errored(): bool`, ({ answer }: Decision) => answer.error !== undefined)
    .registerFunction(`${DECISION}.error(): string`, ({ answer }: Decision) => answer.error ?? '')
}

async function check({ decide, parts }: Check, verb: string): Promise<Decision> {
  return new Decision(await decide({ ...parts, verb }))
}

function serviceAccount({ decide, parts }: Check, namespace: string, name: string): CelAuthorizer {
  if (isDNS1123Subdomain(name).length > 0) throw new Error('Invalid service account name')
  if (isDNS1123Label(namespace).length > 0) throw new Error('Invalid service account namespace')
  return new CelAuthorizer(decide, { ...parts, serviceAccount: { namespace, name } })
}

function filled(text: string, what: string): string {
  if (text.trim() === '') throw new Error(`${what} must not be empty`)
  return text
}
