// The values of fieldRef and resourceFieldRef: what a pod may know of itself. Pure.
//
// Upstream: pkg/fieldpath/fieldpath.go, pkg/api/v1/resource/helpers.go, pkg/kubelet/kubelet_pods.go

import { isQualifiedName } from '#api/meta/names.ts'
import { toMillis, toValue } from '#api/meta/quantity.ts'
import type { Container, Pod, ResourceFieldSelector } from '#api/types/core.ts'

export interface PodAddresses {
  readonly podIPs: readonly string[]
  readonly hostIPs: readonly string[]
}

/** The value of a field path; throws with the words that events show. */
export function fieldValue(pod: Pod, fieldPath: string, addresses: PodAddresses): string {
  const subscripted = /^(metadata\.(?:annotations|labels))\['(.*)'\]$/s.exec(fieldPath)
  if (subscripted) return mapEntry(pod, fieldPath, subscripted[1]!, subscripted[2]!)
  switch (fieldPath) {
    case 'metadata.name':
      return pod.metadata?.name ?? ''
    case 'metadata.namespace':
      return pod.metadata?.namespace ?? ''
    case 'metadata.uid':
      return pod.metadata?.uid ?? ''
    case 'metadata.labels':
      return formatMap(pod.metadata?.labels ?? {})
    case 'metadata.annotations':
      return formatMap(pod.metadata?.annotations ?? {})
    case 'spec.nodeName':
      return pod.spec?.nodeName ?? ''
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName ?? ''
    case 'status.hostIP':
      return addresses.hostIPs[0] ?? ''
    case 'status.hostIPs':
      return addresses.hostIPs.join(',')
    case 'status.podIP':
      return addresses.podIPs[0] ?? ''
    case 'status.podIPs':
      return addresses.podIPs.join(',')
    default:
      throw new Error(`unsupported fieldPath: ${fieldPath}`)
  }
}

function mapEntry(pod: Pod, fieldPath: string, path: string, key: string): string {
  const isAnnotation = path === 'metadata.annotations'
  const errors = isQualifiedName(isAnnotation ? key.toLowerCase() : key)
  if (errors.length > 0) throw new Error(`invalid key subscript in ${fieldPath}: ${errors.join(';')}`)
  return (isAnnotation ? pod.metadata?.annotations : pod.metadata?.labels)?.[key] ?? ''
}

/** `key="value"` lines in the order of the keys. */
function formatMap(map: Readonly<Record<string, string>>): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${goQuote(map[key] ?? '')}`)
    .join('\n')
}

/** As Go's strconv.Quote: unlike JSON it writes control characters as \x01. */
function goQuote(text: string): string {
  return JSON.stringify(text)
    .replace(/\\u00([0-9a-f]{2})/g, '\\x$1')
    .replaceAll('\x7f', '\\x7f')
}

/** What a container without a limit has: the node, or its pod. */
export type Allocatable = Readonly<Record<string, string>>

/** A container's request or limit in units of the divisor, rounded up. */
export function resourceValue(
  pod: Pod,
  container: Container | undefined,
  selector: ResourceFieldSelector,
  allocatable: Allocatable,
): string {
  const target = selector.containerName ? containerNamed(pod, selector.containerName) : container
  const [, side, name] = /^(limits|requests)\.(.+)$/.exec(selector.resource) ?? []
  const isKnown =
    name !== undefined && (/^(cpu|memory|ephemeral-storage)$/.test(name) || name.startsWith('hugepages-'))
  if (!target || !isKnown) throw new Error(`unsupported container resource : ${selector.resource}`)
  const given = (side === 'limits' ? target.resources?.limits : target.resources?.requests)?.[name]
  const amountOf = name === 'cpu' ? toMillis : toValue
  let amount = given === undefined ? 0 : amountOf(given)
  const fallback =
    (name === 'ephemeral-storage' ? undefined : pod.spec?.resources?.limits?.[name]) ?? allocatable[name]
  if (amount === 0 && side === 'limits' && fallback !== undefined && !name.startsWith('hugepages-')) {
    amount = amountOf(fallback)
  }
  const divisor = selector.divisor === undefined || toMillis(selector.divisor) === 0 ? '1' : selector.divisor
  return String(Math.ceil(amount / amountOf(divisor)))
}

function containerNamed(pod: Pod, name: string): Container {
  const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]
  const found = all.find((container) => container.name === name)
  if (!found) throw new Error(`container ${name} not found`)
  return found
}
