// Which subresources there are, and who serves each: one table.

import type { KindDefinition } from '#api/kinds/kind.ts'
import type { AccessControl } from '#apiserver/access-control.ts'
import type { Catalog } from '#apiserver/registry/catalog.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import type { ResourceHandler } from '#apiserver/routes.ts'
import { bindingSubresource } from '#apiserver/subresources/binding.ts'
import { evictionSubresource } from '#apiserver/subresources/eviction.ts'
import { createNodeConnections, type KubeletTls } from '#apiserver/subresources/node-connection.ts'
import { podLogSubresource } from '#apiserver/subresources/pod-log.ts'
import { podStreamSubresource } from '#apiserver/subresources/pod-stream.ts'
import { proxySubresource } from '#apiserver/subresources/proxy.ts'
import { scaleSubresource } from '#apiserver/subresources/scale.ts'
import { isStoredSubresource, storedSubresource } from '#apiserver/subresources/stored.ts'
import { tokenSubresource } from '#apiserver/subresources/token.ts'
import type { Client } from '#client/client.ts'

export interface SubresourceDependencies {
  readonly catalog: Catalog
  readonly registry: RegistryDependencies
  readonly access: AccessControl
  /** The loopback client. */
  readonly client: Client
  /** How the server shows itself to kubelets. */
  readonly kubeletTls: KubeletTls | undefined
}

/** Gives the handler of a kind's subresource, or undefined where it has none of that name. */
export function createSubresources(dependencies: SubresourceDependencies) {
  const { registry, access, client } = dependencies
  const kubelets = createNodeConnections(client, dependencies.kubeletTls)
  const proxy = proxySubresource(registry, kubelets, client)
  const pod = dependencies.catalog.find('', 'v1', 'pods')!
  const stored = storedSubresource(registry)
  const scale = scaleSubresource(registry)
  const special: Readonly<Record<string, ResourceHandler>> = {
    'pods/binding': bindingSubresource(registry, pod),
    'pods/eviction': evictionSubresource(registry, client),
    'serviceaccounts/token': tokenSubresource(registry, access.tokenIssuer),
    'pods/log': podLogSubresource(registry, kubelets),
    'pods/exec': podStreamSubresource(registry, kubelets, 'exec'),
    'pods/attach': podStreamSubresource(registry, kubelets, 'attach'),
    'pods/portforward': podStreamSubresource(registry, kubelets, 'portforward'),
    'pods/proxy': proxy,
    'services/proxy': proxy,
    'nodes/proxy': proxy,
  }
  return (kind: KindDefinition, name: string): ResourceHandler | undefined => {
    if (isStoredSubresource(kind, name)) return stored
    if (name === 'scale' && kind.scale) return scale
    return kind.group === '' ? special[`${kind.resource}/${name}`] : undefined
  }
}
