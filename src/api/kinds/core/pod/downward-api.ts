// Fields of the pod that its containers may be told, as environment or as files.
//
// Upstream: validateObjectFieldSelector and validateContainerResourceFieldSelector in
// pkg/apis/core/validation/validation.go, ConvertDownwardAPIFieldLabel in pkg/apis/core/pods/helpers.go

import { invalid, notSupported, type Path, required } from '#api/meta/field-error.ts'
import { canonicalQuantity, parseQuantity } from '#api/meta/quantity.ts'
import { type FieldErrors, qualifiedName } from '#api/meta/validation.ts'
import type { ObjectFieldSelector, ResourceFieldSelector } from '#api/types/core.ts'

export const ENV_FIELDS: readonly string[] = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]

export const VOLUME_FIELDS: readonly string[] = [
  'metadata.name',
  'metadata.namespace',
  'metadata.labels',
  'metadata.annotations',
  'metadata.uid',
]

/** Fields that a reference may name at all. */
const KNOWN_FIELDS: readonly string[] = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.serviceAccountName',
  'spec.schedulerName',
  'status.phase',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]

/** `metadata.labels['app']` → path and subscript. */
const SUBSCRIPTED = /^([^[]*)\['(.*)'\]$/s

export function* validateFieldRef(
  reference: ObjectFieldSelector,
  allowed: readonly string[],
  path: Path,
): FieldErrors {
  if (!reference.apiVersion) {
    yield required(path.child('apiVersion'))
    return
  }
  if (!reference.fieldPath) {
    yield required(path.child('fieldPath'))
    return
  }
  const problem = unknownField(reference.apiVersion, reference.fieldPath)
  if (problem !== undefined) {
    yield invalid(path.child('fieldPath'), reference.fieldPath, `error converting fieldPath: ${problem}`)
    return
  }
  const [, field, subscript] = SUBSCRIPTED.exec(reference.fieldPath) ?? []
  if (field !== undefined && subscript !== undefined) {
    yield* qualifiedName(path, field === 'metadata.annotations' ? subscript.toLowerCase() : subscript)
  } else {
    const name = reference.fieldPath === 'spec.host' ? 'spec.nodeName' : reference.fieldPath
    if (!allowed.includes(name)) yield notSupported(path.child('fieldPath'), name, allowed)
  }
}

function unknownField(apiVersion: string, fieldPath: string): string | undefined {
  if (apiVersion !== 'v1') return `unsupported pod version: ${apiVersion}`
  const field = SUBSCRIPTED.exec(fieldPath)?.[1]
  if (field !== undefined) {
    const takesSubscript = field === 'metadata.annotations' || field === 'metadata.labels'
    return takesSubscript ? undefined : `field label does not support subscript: ${fieldPath}`
  }
  if (KNOWN_FIELDS.includes(fieldPath) || fieldPath === 'spec.host') return undefined
  return `field label not supported: ${fieldPath}`
}

const RESOURCE_FIELDS: readonly string[] = [
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
]

const isHugePagesField = (resource: string): boolean => /^(requests|limits)\.hugepages-/.test(resource)

/** A container's amount of a resource; volumes have to say which container, variables mean their own. */
export function* resourceFieldSelector(
  selector: ResourceFieldSelector,
  path: Path,
  isVolume: boolean,
): FieldErrors {
  const { resource } = selector
  if (isVolume && !selector.containerName) yield required(path.child('containerName'))
  else if (!resource) yield required(path.child('resource'))
  else if (!RESOURCE_FIELDS.includes(resource) && !isHugePagesField(resource)) {
    yield notSupported(path.child('resource'), resource, RESOURCE_FIELDS)
  }
  yield* validateDivisor(resource ?? '', selector.divisor ?? '0', path)
}

const BYTE_DIVISORS = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']

function* validateDivisor(resource: string, divisor: string, path: Path): FieldErrors {
  if (parseQuantity(divisor).mantissa === 0n) return
  const text = canonicalQuantity(divisor)
  if (/^(limits|requests)\.cpu$/.test(resource)) {
    if (text !== '1m' && text !== '1') {
      yield invalid(
        path.child('divisor'),
        resource,
        "only divisor's values 1m and 1 are supported with the cpu resource",
      )
    }
    return
  }
  const [, of] = /^(?:limits|requests)\.(memory|ephemeral-storage|hugepages-)/.exec(resource) ?? []
  if (of === undefined || BYTE_DIVISORS.includes(text)) return
  const name = { memory: 'memory', 'ephemeral-storage': 'local ephemeral storage' }[of] ?? 'hugepages'
  const values = BYTE_DIVISORS.join(', ')
  const detail = `only divisor's values ${values} are supported with the ${name} resource`
  yield invalid(path.child('divisor'), resource, detail)
}
