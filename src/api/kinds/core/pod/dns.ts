// Names: how the pod resolves them, and what it is called itself.
//
// Upstream: validatePodDNSConfig, ValidateHostAliases, validatePodHostName in pkg/apis/core/validation/validation.go

import {
  forbidden,
  invalid,
  notSupportedInOrder,
  type Path,
  required,
  tooLong,
} from '#api/meta/field-error.ts'
import { dnsSubdomain, each, type FieldErrors } from '#api/meta/validation.ts'
import { isSubdomainWithUnderscore } from '#api/meta/validation-formats.ts'
import { legacyIp } from '#api/meta/validation-ip.ts'
import type { HostAlias, PodDNSConfig, PodSpec } from '#api/types/core.ts'

const MAX_NAMESERVERS = 3
const MAX_SEARCH_PATHS = 32
const MAX_SEARCH_CHARACTERS = 2048
const HOSTNAME_MAX_LENGTH = 64

const POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']

export function* dnsPolicy(policy: string | undefined, path: Path): FieldErrors {
  if (!policy) yield required(path)
  else if (!POLICIES.includes(policy)) yield notSupportedInOrder(path, policy, POLICIES)
}

export function* validateDnsConfig(spec: PodSpec, path: Path): FieldErrors {
  const config = spec.dnsConfig
  if (spec.dnsPolicy === 'None') {
    if (!config) {
      yield required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')
      return
    }
    if ((config.nameservers ?? []).length === 0) {
      const text = 'must provide at least one DNS nameserver when `dnsPolicy` is None'
      yield required(path.child('nameservers'), text)
      return
    }
  }
  if (config) yield* validateConfig(config, path)
}

function* validateConfig(config: PodDNSConfig, path: Path): FieldErrors {
  const nameservers = config.nameservers ?? []
  if (nameservers.length > MAX_NAMESERVERS) {
    const text = `must not have more than ${MAX_NAMESERVERS} nameservers`
    yield invalid(path.child('nameservers'), nameservers, text)
  }
  for (const [i, address] of nameservers.entries())
    yield* legacyIp(path.child('nameservers').index(i), address)
  yield* validateSearches(config.searches ?? [], path.child('searches'))
  for (const [i, { name }] of (config.options ?? []).entries()) {
    if (!name) yield required(path.child('options').index(i), 'must not be empty')
  }
}

function* validateSearches(searches: readonly string[], path: Path): FieldErrors {
  if (searches.length > MAX_SEARCH_PATHS) {
    yield invalid(path, searches, `must not have more than ${MAX_SEARCH_PATHS} search paths`)
  }
  if (searches.join(' ').length > MAX_SEARCH_CHARACTERS) {
    const text = `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`
    yield invalid(path, searches, text)
  }
  for (const [i, search] of searches.entries()) {
    if (search === '.') continue
    const name = search.endsWith('.') ? search.slice(0, -1) : search
    yield* each(path.index(i), name, isSubdomainWithUnderscore(name))
  }
}

export function* validateHostAliases(aliases: readonly HostAlias[], path: Path): FieldErrors {
  for (const [i, alias] of aliases.entries()) {
    yield* legacyIp(path.index(i).child('ip'), alias.ip ?? '')
    for (const [j, name] of (alias.hostnames ?? []).entries()) {
      yield* dnsSubdomain(path.index(i).child('hostnames').index(j), name)
    }
  }
}

/** A host name of the pod's own choice, which no other setting may contradict. */
export function* validateHostnameOverride(spec: PodSpec, path: Path): FieldErrors {
  const name = spec.hostnameOverride
  if (name === undefined) return
  if (spec.setHostnameAsFQDN) yield forbidden(path, 'may not be specified when setHostnameAsFQDN is true')
  if (spec.hostNetwork) yield forbidden(path, 'may not be specified when hostNetwork is true')
  if (Buffer.byteLength(name) > HOSTNAME_MAX_LENGTH) yield tooLong(path, HOSTNAME_MAX_LENGTH)
  yield* dnsSubdomain(path, name)
}
