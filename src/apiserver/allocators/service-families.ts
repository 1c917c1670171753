// Which IP families a Service has, decided from what its author wrote, what it was, and what the cluster has. Pure.
//
// `clusterIP` is the first of `clusterIPs`, whichever of them an old or new client wrote. Upstream:
// pkg/registry/core/service/storage/{alloc,storage}.go, pkg/apis/core/validation (ValidateServiceClusterIPsRelatedFields)

import {
  duplicate,
  type FieldError,
  invalid as invalidField,
  notSupported,
  Path,
  required,
} from '#api/meta/field-error.ts'
import type { Service } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'
import { familyOf, type IPFamily } from '#apiserver/allocators/ip-range.ts'

export type ServiceDraft = Draft<Service> & { spec: NonNullable<Draft<Service>['spec']> }

const SPEC = new Path('spec')
const FAMILIES: readonly IPFamily[] = ['IPv4', 'IPv6']
const POLICIES = ['SingleStack', 'PreferDualStack', 'RequireDualStack']

export const isExternalName = (service: Service): boolean => service.spec?.type === 'ExternalName'
export const isHeadless = (service: Service): boolean => service.spec?.clusterIP === 'None'
const hasSelector = (service: Service): boolean => Object.keys(service.spec?.selector ?? {}).length > 0
const otherFamily = (family: string | undefined): IPFamily => (family === 'IPv4' ? 'IPv6' : 'IPv4')
const same = (a: readonly string[] | undefined, b: readonly string[] | undefined): boolean =>
  (a ?? []).join() === (b ?? []).join()

/** Brings `clusterIP` and `clusterIPs` together. */
export function normalizeClusterIPs(draft: ServiceDraft, old: Service | undefined): void {
  const { spec } = draft
  if (!old) {
    if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP]
    return
  }
  const before = old.spec ?? {}
  if (before.clusterIPs?.length && !spec.clusterIPs?.length && before.clusterIP === spec.clusterIP) {
    spec.clusterIPs = [...before.clusterIPs]
  }
  if (before.clusterIP === spec.clusterIP || !same(before.clusterIPs, spec.clusterIPs)) return
  // A client that knows only the single field cleared or changed it.
  if (!spec.clusterIP) delete spec.clusterIPs
  else spec.clusterIPs = [spec.clusterIP]
}

/** A dual-stack preference that changes nothing needs no new decision. */
export function keepsPreferDualStack(draft: ServiceDraft, old: Service | undefined): boolean {
  const { spec } = draft
  if (
    !old ||
    spec.ipFamilyPolicy !== 'PreferDualStack' ||
    old.spec?.type !== spec.type ||
    isExternalName(draft)
  ) {
    return false
  }
  const before = old.spec?.ipFamilyPolicy
  return (
    (before === undefined || before === 'PreferDualStack') &&
    same(old.spec?.clusterIPs, spec.clusterIPs) &&
    same(old.spec?.ipFamilies, spec.ipFamilies)
  )
}

/** Sets policy and families of a draft; gives what is wrong with them. `families`: the cluster's, default first. */
export function decideFamilies(
  draft: ServiceDraft,
  old: Service | undefined,
  families: readonly IPFamily[],
): readonly FieldError[] {
  if (isExternalName(draft) || keepsPreferDualStack(draft, old)) return []
  const { spec } = draft
  spec.ipFamilyPolicy ??=
    old?.spec?.ipFamilyPolicy ??
    (isHeadless(draft) && !hasSelector(draft) ? 'RequireDualStack' : 'SingleStack')
  const malformed = clusterIPErrors(draft)
  if (malformed.length > 0) return malformed
  const errors = [
    ...(old ? reduceStack(draft, old) : []),
    ...singleStackErrors(draft),
    ...familiesFromIPs(draft, families),
  ]
  if (errors.length > 0) return errors
  if (isHeadless(draft) && !hasSelector(draft)) {
    const list = spec.ipFamilies?.length ? spec.ipFamilies : [families[0] ?? 'IPv4']
    const isDual = list.length < 2 && spec.ipFamilyPolicy !== 'SingleStack'
    spec.ipFamilies = isDual ? [...list, otherFamily(list[0])] : [...list]
    return []
  }
  return configuredFamilies(draft, families)
}

/** On the way to a single stack the second address and family go; otherwise nothing may be left out silently. */
function reduceStack({ spec }: ServiceDraft, old: Service): readonly FieldError[] {
  const { clusterIPs, ipFamilies } = old.spec ?? {}
  if (spec.ipFamilyPolicy === 'SingleStack') {
    if (same(clusterIPs, spec.clusterIPs)) spec.clusterIPs = spec.clusterIPs?.slice(0, 1) ?? []
    if (same(ipFamilies, spec.ipFamilies)) spec.ipFamilies = spec.ipFamilies?.slice(0, 1) ?? []
    return []
  }
  const isReduced = (now: readonly string[] | undefined, before: readonly string[] | undefined) =>
    (now?.length ?? 0) > 0 && now!.length < (before?.length ?? 0)
  const complain = (what: string) =>
    invalidField(
      SPEC.child('ipFamilyPolicy'),
      spec.ipFamilyPolicy,
      `must be 'SingleStack' to release the secondary ${what}`,
    )
  return [
    ...(isReduced(spec.clusterIPs, clusterIPs) ? [complain('cluster IP')] : []),
    ...(isReduced(spec.ipFamilies, ipFamilies) ? [complain('IP family')] : []),
  ]
}

function singleStackErrors({ spec }: ServiceDraft): readonly FieldError[] {
  if (spec.ipFamilyPolicy !== 'SingleStack') return []
  const complain = (what: string) =>
    invalidField(
      SPEC.child('ipFamilyPolicy'),
      spec.ipFamilyPolicy,
      `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
    )
  return [
    ...(spec.clusterIPs?.length === 2 ? [complain('cluster IPs')] : []),
    ...(spec.ipFamilies?.length === 2 ? [complain('IP families')] : []),
  ]
}

/** Addresses that were chosen by hand tell their families. */
function familiesFromIPs({ spec }: ServiceDraft, families: readonly IPFamily[]): readonly FieldError[] {
  const errors: FieldError[] = []
  for (const [index, address] of (spec.clusterIPs ?? []).entries()) {
    if (address === 'None') break
    if (index < (spec.ipFamilies?.length ?? 0)) continue
    const family = familyOf(address)
    if (family && families.includes(family)) spec.ipFamilies = [...(spec.ipFamilies ?? []), family]
    else {
      const why = `${family ?? 'unknown'} is not configured on this cluster`
      errors.push(invalidField(SPEC.child('clusterIPs').index(index), spec.clusterIPs, why))
    }
  }
  return errors
}

function configuredFamilies({ spec }: ServiceDraft, families: readonly IPFamily[]): readonly FieldError[] {
  const errors: FieldError[] = []
  if (spec.ipFamilyPolicy === 'RequireDualStack' && families.length < 2) {
    const why = 'this cluster is not configured for dual-stack services'
    errors.push(invalidField(SPEC.child('ipFamilyPolicy'), spec.ipFamilyPolicy, why))
  }
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    if (families.includes(family as IPFamily)) continue
    errors.push(invalidField(SPEC.child('ipFamilies').index(index), family, 'not configured on this cluster'))
  }
  if (errors.length > 0) return errors
  const list = spec.ipFamilies?.length ? spec.ipFamilies : [families[0] ?? 'IPv4']
  const isDual = spec.ipFamilyPolicy !== 'SingleStack' && list.length === 1 && families.length === 2
  spec.ipFamilies = isDual ? [...list, otherFamily(list[0])] : [...list]
  return []
}

function clusterIPErrors({ spec }: ServiceDraft): readonly FieldError[] {
  const errors: FieldError[] = []
  const at = SPEC.child('clusterIPs')
  const addresses = spec.clusterIPs ?? []
  if (spec.clusterIP) {
    if (addresses.length === 0) errors.push(required(at))
    else if (addresses[0] !== spec.clusterIP)
      errors.push(invalidField(at, addresses, 'first value must match `clusterIP`'))
  } else if (addresses.length > 0) {
    errors.push(invalidField(at, addresses, 'must be empty when `clusterIP` is not specified'))
  }
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    const place = SPEC.child('ipFamilies').index(index)
    if (!FAMILIES.includes(family as IPFamily)) errors.push(notSupported(place, family, FAMILIES))
    if (spec.ipFamilies!.indexOf(family) < index) errors.push(duplicate(place, family))
  }
  if (spec.ipFamilyPolicy !== undefined && !POLICIES.includes(spec.ipFamilyPolicy)) {
    errors.push(notSupported(SPEC.child('ipFamilyPolicy'), spec.ipFamilyPolicy, POLICIES))
  }
  const malformed = addressErrors(addresses)
  errors.push(...malformed)
  if (addresses.length > 2) errors.push(invalidField(at, addresses, 'may only hold up to 2 values'))
  if (malformed.length > 0) return errors
  const kinds = addresses.map(familyOf)
  if (addresses.length > 1 && new Set(kinds).size < kinds.length) {
    errors.push(invalidField(at, addresses, 'may specify no more than one IP for each IP family'))
  }
  if (spec.clusterIP === 'None') return errors
  for (const [index, address] of addresses.entries()) {
    const wanted = spec.ipFamilies?.[index]
    if (wanted === undefined || wanted === kinds[index] || !FAMILIES.includes(wanted as IPFamily)) continue
    const why = `expected an ${wanted} value as indicated by \`ipFamilies[${index}]\``
    errors.push(invalidField(at.index(index), address, why))
  }
  return errors
}

function addressErrors(addresses: readonly string[]): readonly FieldError[] {
  const at = SPEC.child('clusterIPs')
  const errors: FieldError[] = []
  for (const [index, address] of addresses.entries()) {
    if (index === 0 && address === 'None') {
      if (addresses.length > 1)
        errors.push(invalidField(at, addresses, "'None' must be the first and only value"))
    } else if (!familyOf(address)) {
      const why = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
      errors.push(invalidField(at.index(index), address, why))
    }
  }
  return errors
}
