// What a resource name may be: native ones, huge pages, extended ones (`example.com/gpu`), and where each is allowed.
//
// Used by pods, nodes, quotas, limit ranges and claims. Upstream: pkg/apis/core/helper/helpers.go,
// pkg/apis/core/validation/validation.go (validateResourceName and its kin)

import { invalid, type Path } from '#api/meta/field-error.ts'
import { isQualifiedName } from '#api/meta/names.ts'
import { parseQuantity, type Quantity, toMillis, toValue } from '#api/meta/quantity.ts'
import { each, type FieldErrors } from '#api/meta/validation.ts'

export const HUGE_PAGES_PREFIX = 'hugepages-'
const REQUESTS_PREFIX = 'requests.'

const CONTAINER_RESOURCES: readonly string[] = ['cpu', 'memory', 'ephemeral-storage']

const OBJECT_COUNTS: readonly string[] = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]

const QUOTA_RESOURCES: readonly string[] = [
  ...CONTAINER_RESOURCES,
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  ...OBJECT_COUNTS,
]

const STANDARD_RESOURCES: readonly string[] = [...QUOTA_RESOURCES, 'storage']

export const isHugePages = (name: string): boolean => name.startsWith(HUGE_PAGES_PREFIX)

const isQuotaHugePages = (name: string): boolean =>
  isHugePages(name) || name.startsWith(`${REQUESTS_PREFIX}${HUGE_PAGES_PREFIX}`)

/** Belongs to Kubernetes itself. */
export const isNativeResource = (name: string): boolean =>
  !name.includes('/') || name.includes('kubernetes.io/')

/** Belongs to a device plugin or driver, and is counted in whole pieces. */
export function isExtendedResource(name: string): boolean {
  if (isNativeResource(name) || name.startsWith(REQUESTS_PREFIX)) return false
  return isQualifiedName(`${REQUESTS_PREFIX}${name}`).length === 0
}

/** More of it may be promised than there is, so that requests and limits may differ. */
export const isOvercommitAllowed = (name: string): boolean => isNativeResource(name) && !isHugePages(name)

export const isStandardContainerResource = (name: string): boolean =>
  CONTAINER_RESOURCES.includes(name) || isHugePages(name)

export const isStandardQuotaResource = (name: string): boolean =>
  QUOTA_RESOURCES.includes(name) || isQuotaHugePages(name)

const isStandardResource = (name: string): boolean =>
  STANDARD_RESOURCES.includes(name) || isQuotaHugePages(name)

const isCounted = (name: string): boolean => OBJECT_COUNTS.includes(name) || isExtendedResource(name)

/** Whether an amount of huge pages consists of whole pages. */
export function isWholePages(name: string, quantity: Quantity): boolean {
  let page: Quantity
  try {
    page = parseQuantity(name.slice(HUGE_PAGES_PREFIX.length))
  } catch {
    return false
  }
  if (page.mantissa <= 0n || toMillis(page) % 1000 !== 0) return false
  return toValue(quantity) % toValue(page) === 0
}

export function* resourceName(path: Path, name: string): FieldErrors {
  const reasons = isQualifiedName(name)
  yield* each(path, name, reasons)
  if (reasons.length === 0 && !name.includes('/') && !isStandardResource(name)) {
    yield invalid(path, name, 'must be a standard resource type or fully qualified')
  }
}

export function* containerResourceName(path: Path, name: string): FieldErrors {
  yield* resourceName(path, name)
  if (!name.includes('/')) {
    if (!isStandardContainerResource(name))
      yield invalid(path, name, 'must be a standard resource for containers')
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    yield invalid(path, name, "doesn't follow extended resource name standard")
  }
}

export function* quotaResourceName(path: Path, name: string): FieldErrors {
  yield* resourceName(path, name)
  if (!name.includes('/') && !isStandardQuotaResource(name)) {
    yield invalid(path, name, 'must be a standard resource for quota')
  }
}

/** An amount of the resource `name`: not negative, and whole where pieces are counted. */
export function* resourceQuantity(path: Path, name: string, text: string): FieldErrors {
  const quantity = parseQuantity(text)
  if (quantity.mantissa < 0n) yield invalid(path, text, 'must be greater than or equal to 0')
  if (isCounted(name) && toMillis(quantity) % 1000 !== 0) yield invalid(path, text, 'must be an integer')
}

export function* positiveQuantity(path: Path, text: string): FieldErrors {
  if (parseQuantity(text).mantissa <= 0n) yield invalid(path, text, 'must be greater than zero')
}

export function* basicQuantity(path: Path, text: string): FieldErrors {
  const value = toValue(text)
  if (value < 0) yield invalid(path, value, 'must be a valid resource quantity')
}
