// exec, attach and portforward: a connection of its own between the client and the pod's kubelet.
//
// The server checks who may, which container is meant and where it runs, and then only passes bytes on.
// Upstream: pkg/registry/core/pod/rest/subresources.go, pkg/registry/core/pod/strategy.go (streamLocation)

import type { JsonObject } from '#api/meta/object.ts'
import { badRequest, methodNotAllowed } from '#api/meta/status.ts'
import type { Pod } from '#api/types/core.ts'
import { isTrue } from '#apiserver/http/request-info.ts'
import { scopeOf } from '#apiserver/http/resource-routes.ts'
import { admissionRequest } from '#apiserver/registry/admit.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import { getObject } from '#apiserver/registry/get.ts'
import type { Scope } from '#apiserver/registry/scope.ts'
import type { ResourceHandler } from '#apiserver/routes.ts'
import type { NodeConnections } from '#apiserver/subresources/node-connection.ts'
import { chooseContainer } from '#apiserver/subresources/pod-container.ts'
import { proxyUpgrade } from '#apiserver/subresources/upgrade-proxy.ts'

export type StreamName = 'exec' | 'attach' | 'portforward'

const OPTIONS_KINDS = {
  exec: 'PodExecOptions',
  attach: 'PodAttachOptions',
  portforward: 'PodPortForwardOptions',
}

/** The kubelet's names for what the API calls stdin, stdout, stderr and tty. */
const KUBELET_NAMES = { stdin: 'input', stdout: 'output', stderr: 'error', tty: 'tty' } as const

export function podStreamSubresource(
  dependencies: RegistryDependencies,
  kubelets: NodeConnections,
  name: StreamName,
): ResourceHandler {
  return async (context, kind) => {
    const { request, info, user } = context
    if (info.verb !== 'create' && info.verb !== 'get') throw methodNotAllowed()
    if (request.head.query.has('dryRun')) throw badRequest('dryRun is not supported')
    const scope = scopeOf(context, kind)
    const options = readOptions(name, request.head.query)
    await admitConnect(dependencies, scope, options)
    // a WebSocket begins with GET, and is no less of a right than the POST that it stands for
    if (info.verb === 'get') await dependencies.authorization.require(user, { ...info, verb: 'create' })
    const stored = await getObject(dependencies, { ...scope, subresource: '' }, '')
    const pod = stored.object as unknown as Pod
    const container =
      name === 'portforward' ? '' : chooseContainer(pod, (options['container'] as string) ?? '')
    const nodeName = pod.spec?.nodeName ?? ''
    if (nodeName === '') throw badRequest(`pod ${scope.name} does not have a host assigned`)
    const node = await kubelets.connectionTo(nodeName)
    const path = kubeletPath(name, scope, container, request.head.query)
    return proxyUpgrade(request, { protocol: 'https:', ...node, path, tls: kubelets.tls })
  }
}

/** CONNECT passes admission with its options as the object. */
export async function admitConnect(
  dependencies: RegistryDependencies,
  scope: Scope,
  options: JsonObject,
): Promise<void> {
  const admission = admissionRequest(scope, {
    operation: 'CONNECT',
    dryRun: false,
    object: options,
    options: {},
  })
  await dependencies.admission.mutate(admission)
  await dependencies.admission.validate(admission)
}

function readOptions(name: StreamName, query: URLSearchParams): JsonObject {
  const head = { kind: OPTIONS_KINDS[name], apiVersion: 'v1' }
  if (name === 'portforward') return { ...head, ports: query.getAll('ports').map(Number) }
  const flag = (flagName: string, fallback: boolean): boolean =>
    query.has(flagName) ? isTrue(query.get(flagName)) : fallback
  return {
    ...head,
    stdin: flag('stdin', false),
    // absent, stdout and stderr are wanted: that is their default in the API
    stdout: flag('stdout', true),
    stderr: flag('stderr', true),
    tty: flag('tty', false),
    ...(query.get('container') && { container: query.get('container') }),
    ...(name === 'exec' && { command: query.getAll('command') }),
  }
}

function kubeletPath(name: StreamName, scope: Scope, container: string, query: URLSearchParams): string {
  const parameters = new URLSearchParams()
  if (name === 'portforward') {
    const ports = query.getAll('ports')
    if (ports.length > 0) parameters.set('port', ports.join(','))
    return `/portForward/${scope.namespace}/${scope.name}?${parameters}`
  }
  const options = readOptions(name, query)
  for (const [apiName, kubeletName] of Object.entries(KUBELET_NAMES)) {
    if (options[apiName] === true) parameters.set(kubeletName, '1')
  }
  for (const word of name === 'exec' ? query.getAll('command') : []) parameters.append('command', word)
  return `/${name}/${scope.namespace}/${scope.name}/${container}?${parameters}`
}
