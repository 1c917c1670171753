// What a claim asks for: requests for devices, what they must have in common, and how to set them up.
//
// Upstream: validateDeviceClaim in pkg/apis/resource/validation/validation.go
// Left out: the cost of an expression in CEL

import { csiDriverName } from '#api/kinds/core/pod/volume-sources.ts'
import { validateDeviceExpression } from '#api/kinds/resource/device-expression.ts'
import { boundedList, boundedSet } from '#api/kinds/resource/lists.ts'
import { fullyQualifiedAttribute, labelValue } from '#api/kinds/resource/names.ts'
import { invalid, type Path, required, tooLong, tooMany } from '#api/meta/field-error.ts'
import {
  dnsLabel,
  dnsSubdomain,
  type FieldErrors,
  oneOf,
  positive,
  qualifiedName,
} from '#api/meta/validation.ts'
import type {
  DeviceClaim,
  DeviceClaimConfiguration,
  DeviceConstraint,
  DeviceRequest,
  DeviceSelector,
  DeviceSubRequest,
  DeviceToleration,
  OpaqueDeviceConfiguration,
} from '#api/types/resource.ts'

const MAX_REQUESTS = 32
const MAX_CONSTRAINTS = 32
export const MAX_CONFIGS = 32
const MAX_ALTERNATIVES = 8
const MAX_SELECTORS = 32
const MAX_TOLERATIONS = 16
const MAX_EXPRESSION = 10 * 1024
const MAX_PARAMETERS = 10 * 1024
export const TAINT_EFFECTS = ['NoExecute', 'NoSchedule', 'None']
const EXACTLY_ONE = 'exactly one of `exactly` or `firstAvailable` is required'

export function* validateDeviceClaim(claim: DeviceClaim, path: Path): FieldErrors {
  const names = requestNames(claim)
  yield* boundedSet(claim.requests, MAX_REQUESTS, path.child('requests'), ({ name }) => name ?? '', request)
  yield* boundedList(claim.constraints, MAX_CONSTRAINTS, path.child('constraints'), (item, at) =>
    constraint(item, at, names),
  )
  yield* boundedList(claim.config, MAX_CONFIGS, path.child('config'), (item, at) =>
    claimConfiguration(item, at, names),
  )
}

/** By the name of a request, the names of its alternatives. */
export type RequestNames = ReadonlyMap<string, ReadonlySet<string>>

export const requestNames = (claim: DeviceClaim | undefined): RequestNames =>
  new Map(
    (claim?.requests ?? []).map(({ name, firstAvailable }) => [
      name ?? '',
      new Set((firstAvailable ?? []).map((alternative) => alternative.name ?? '')),
    ]),
  )

function isRequest(name: string, names: RequestNames): boolean {
  const [request = '', alternative] = name.split('/')
  const alternatives = names.get(request)
  return alternatives !== undefined && (alternative === undefined || alternatives.has(alternative))
}

export function* requestReference(name: string, path: Path, names: RequestNames): FieldErrors {
  const parts = name.split('/')
  const text =
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
  if (parts.length > 2) {
    yield invalid(path, name, text)
    return
  }
  for (const part of parts) yield* dnsLabel(path, part)
  if (!isRequest(name, names)) yield invalid(path, name, text)
}

export const requestReferences = (
  requests: readonly string[] | undefined,
  path: Path,
  names: RequestNames,
): FieldErrors =>
  boundedSet(
    requests,
    MAX_REQUESTS,
    path,
    (name) => name,
    (name, at) => requestReference(name, at, names),
  )

function* request({ name, exactly, firstAvailable = [] }: DeviceRequest, path: Path): FieldErrors {
  yield* dnsLabel(path.child('name'), name ?? '')
  if (exactly && firstAvailable.length > 0) {
    yield invalid(path, null, `${EXACTLY_ONE}, but multiple fields are set`)
  } else if (exactly) {
    yield* deviceRequest(exactly, path.child('exactly'))
  } else if (firstAvailable.length > 0) {
    const keyOf = (alternative: DeviceSubRequest): string => alternative.name ?? ''
    yield* boundedSet(firstAvailable, MAX_ALTERNATIVES, path.child('firstAvailable'), keyOf, alternative)
  } else {
    yield required(path, EXACTLY_ONE)
  }
}

function* alternative(item: DeviceSubRequest, path: Path): FieldErrors {
  yield* dnsLabel(path.child('name'), item.name ?? '')
  yield* deviceRequest(item, path)
}

type AnyRequest = Omit<DeviceSubRequest, 'name'>

function* deviceRequest(item: AnyRequest, path: Path): FieldErrors {
  const { deviceClassName } = item
  if (deviceClassName) yield* dnsSubdomain(path.child('deviceClassName'), deviceClassName)
  else yield required(path.child('deviceClassName'))
  yield* validateSelectors(item.selectors, path.child('selectors'))
  yield* allocationMode(item, path)
  const { tolerations = [] } = item
  const at = path.child('tolerations')
  if (tolerations.length > MAX_TOLERATIONS) yield tooMany(at, tolerations.length, MAX_TOLERATIONS)
  else for (const [i, item] of tolerations.entries()) yield* toleration(item, at.index(i))
}

function* allocationMode({ allocationMode, count = 0 }: AnyRequest, path: Path): FieldErrors {
  if (allocationMode === 'ExactCount') yield* positive(path.child('count'), count)
  else if (allocationMode !== 'All') {
    yield* oneOf(path.child('allocationMode'), allocationMode, ['All', 'ExactCount'])
  } else if (count !== 0) {
    yield invalid(path.child('count'), count, "must not be specified when allocationMode is 'All'")
  }
}

function* toleration({ key, operator, value = '', effect }: DeviceToleration, path: Path): FieldErrors {
  if (key) yield* qualifiedName(path.child('key'), key)
  if (!operator) yield required(path.child('operator'))
  else if (operator === 'Equal') yield* labelValue(value, path.child('value'))
  else if (operator !== 'Exists') yield* oneOf(path.child('operator'), operator, ['Equal', 'Exists'])
  else if (value !== '') yield invalid(path.child('value'), value, 'must be empty for operator `Exists`')
  if (effect) yield* oneOf(path.child('effect'), effect, TAINT_EFFECTS)
}

export const validateSelectors = (
  selectors: readonly DeviceSelector[] | undefined,
  path: Path,
): FieldErrors => boundedList(selectors, MAX_SELECTORS, path, selector)

function* selector({ cel }: DeviceSelector, path: Path): FieldErrors {
  if (!cel) {
    yield required(path.child('cel'))
    return
  }
  const { expression = '' } = cel
  const at = path.child('cel', 'expression')
  if (Buffer.byteLength(expression) > MAX_EXPRESSION) {
    yield tooLong(at, MAX_EXPRESSION)
    return
  }
  yield* validateDeviceExpression(expression, at)
}

function* constraint(item: DeviceConstraint, path: Path, names: RequestNames): FieldErrors {
  const { matchAttribute, distinctAttribute } = item
  yield* requestReferences(item.requests, path.child('requests'), names)
  if (matchAttribute !== undefined) {
    yield* fullyQualifiedAttribute(matchAttribute, path.child('matchAttribute'))
  } else if (distinctAttribute !== undefined) {
    yield* fullyQualifiedAttribute(distinctAttribute, path.child('distinctAttribute'))
  } else {
    const text =
      'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'
    yield required(path, text)
  }
}

function* claimConfiguration(config: DeviceClaimConfiguration, path: Path, names: RequestNames): FieldErrors {
  yield* requestReferences(config.requests, path.child('requests'), names)
  yield* validateConfiguration(config, path)
}

export function* validateConfiguration(
  { opaque }: { readonly opaque?: OpaqueDeviceConfiguration },
  path: Path,
): FieldErrors {
  const at = path.child('opaque')
  if (!opaque) {
    yield required(at)
    return
  }
  yield* csiDriverName(at.child('driver'), opaque.driver)
  yield* jsonObject(opaque.parameters, at.child('parameters'), MAX_PARAMETERS)
}

export function* jsonObject(value: unknown, path: Path, maxLength: number): FieldErrors {
  if (value === undefined || value === null) yield required(path)
  else if (Buffer.byteLength(JSON.stringify(value)) > maxLength) yield tooLong(path, maxLength)
  else if (typeof value !== 'object' || Array.isArray(value)) {
    yield invalid(path, '<value omitted>', 'must be a valid JSON object')
  }
}
