// The addresses of a Service, their families, and how both may change.
//
// Upstream: ValidateServiceClusterIPsRelatedFields, validateUpgradeDowngrade* in pkg/apis/core/validation/validation.go

import { isExternalName, isHeadless, NO_ADDRESS, specOf } from '#api/kinds/core/service/facts.ts'
import { duplicate, invalid, Path, required } from '#api/meta/field-error.ts'
import { isDualStack, parseIp } from '#api/meta/ip.ts'
import { type FieldErrors, oneOf } from '#api/meta/validation.ts'
import { legacyIp } from '#api/meta/validation-ip.ts'
import type { Service } from '#api/types/core.ts'

const SPEC = new Path('spec')
const ADDRESSES = SPEC.child('clusterIPs')
const FAMILIES = SPEC.child('ipFamilies')
const POLICY = SPEC.child('ipFamilyPolicy')

const NO_CHANGE = 'may not change once set'

export function* validateAddresses(service: Service, old: Service | undefined): FieldErrors {
  if (isExternalName(service)) return
  const { clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = specOf(service)
  yield* bothForms(service)
  for (const [i, family] of ipFamilies.entries()) {
    yield* oneOf(FAMILIES.index(i), family, ['IPv4', 'IPv6'])
    if (ipFamilies.indexOf(family) < i) yield duplicate(FAMILIES.index(i), family)
  }
  if (ipFamilyPolicy !== undefined) {
    yield* oneOf(POLICY, ipFamilyPolicy, ['PreferDualStack', 'RequireDualStack', 'SingleStack'])
  }
  const wrong = [...eachAddress(clusterIPs, old)]
  yield* wrong
  if (clusterIPs.length > 2) yield invalid(ADDRESSES, clusterIPs, 'may only hold up to 2 values')
  if (wrong.length > 0) return
  if (clusterIPs.length > 1 && !isDualStack(clusterIPs)) {
    yield invalid(ADDRESSES, clusterIPs, 'may specify no more than one IP for each IP family')
  }
  if (!isHeadless(service)) yield* addressesOfFamilies(clusterIPs, ipFamilies)
}

/** The older single field and the first of the list are one. */
function* bothForms(service: Service): FieldErrors {
  const { clusterIP, clusterIPs = [] } = specOf(service)
  if (!clusterIP) {
    if (clusterIPs.length > 0) {
      yield invalid(ADDRESSES, clusterIPs, 'must be empty when `clusterIP` is not specified')
    }
  } else if (clusterIPs.length === 0) yield required(ADDRESSES)
  else if (clusterIPs[0] !== clusterIP) {
    yield invalid(ADDRESSES, clusterIPs, 'first value must match `clusterIP`')
  }
}

function* eachAddress(addresses: readonly string[], old: Service | undefined): FieldErrors {
  const existing = (old && specOf(old).clusterIPs) ?? []
  for (const [i, address] of addresses.entries()) {
    if (i > 0 || address !== NO_ADDRESS) yield* legacyIp(ADDRESSES.index(i), address, existing)
    else if (addresses.length > 1) {
      yield invalid(ADDRESSES, addresses, "'None' must be the first and only value")
    }
  }
}

function* addressesOfFamilies(addresses: readonly string[], families: readonly string[]): FieldErrors {
  for (const [i, address] of addresses.slice(0, families.length).entries()) {
    const isV6 = parseIp(address)?.bytes.length === 16
    const family = families[i]
    if ((family === 'IPv4' && isV6) || (family === 'IPv6' && !isV6)) {
      const text = `expected an ${family} value as indicated by \`ipFamilies[${i}]\``
      yield invalid(ADDRESSES.index(i), address, text)
    }
  }
}

/** Addresses stay; a second one may come, and go when the policy says so. */
export function* changeOfAddresses(service: Service, old: Service): FieldErrors {
  if (isExternalName(service) || isExternalName(old) || (isHeadless(service) && isHeadless(old))) return
  const { clusterIPs: after = [], ipFamilyPolicy } = specOf(service)
  const { clusterIPs: before = [] } = specOf(old)
  if (before.length === after.length) {
    for (const [i, address] of before.entries()) {
      if (address !== after[i]) yield invalid(ADDRESSES.index(i), after, NO_CHANGE)
    }
    return
  }
  const first = ADDRESSES.index(0)
  const isReduced = before.length > after.length
  if (isReduced && after.length === 0) {
    yield invalid(first, undefined, 'primary clusterIP can not be unset')
  } else if (before.length > 0 && after[0] !== before[0]) yield invalid(first, after, NO_CHANGE)
  if (isReduced && after.length === 1 && ipFamilyPolicy !== 'SingleStack') {
    yield invalid(
      POLICY,
      ipFamilyPolicy,
      "must be set to 'SingleStack' when releasing the secondary clusterIP",
    )
  }
}

export function* changeOfFamilies(service: Service, old: Service): FieldErrors {
  if (isExternalName(service) || isExternalName(old) || isHeadless(service) || isHeadless(old)) return
  const { ipFamilies: after = [], clusterIPs, ipFamilyPolicy } = specOf(service)
  const { ipFamilies: before = [] } = specOf(old)
  const first = FAMILIES.index(0)
  if (before.length === after.length) {
    for (const [i, family] of before.entries()) {
      if (family !== after[i]) yield invalid(first, after, NO_CHANGE)
    }
    return
  }
  const isReduced = before.length > after.length
  if (isReduced && (clusterIPs ?? []).length === 0) {
    yield invalid(first, after, 'primary ipFamily can not be unset')
  }
  if (before.length > 0 && after.length > 0 && after[0] !== before[0]) {
    yield invalid(first, clusterIPs, NO_CHANGE)
  }
  if (isReduced && after.length === 1 && ipFamilyPolicy !== 'SingleStack') {
    yield invalid(
      POLICY,
      ipFamilyPolicy,
      "must be set to 'SingleStack' when releasing the secondary ipFamily",
    )
  }
}
