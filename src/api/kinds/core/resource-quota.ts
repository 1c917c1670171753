// ResourceQuota: how much of each resource the objects of a namespace may ask for together.
//
// Upstream: pkg/registry/core/resourcequota/strategy.go, ValidateResourceQuota in pkg/apis/core/validation

import { ageColumn, column, nameColumn } from '#api/kinds/columns.ts'
import { roundResources } from '#api/kinds/core/resource-defaults.ts'
import { quotaResourceName, resourceQuantity } from '#api/kinds/core/resource-names.ts'
import { validateScopeSelector, validateScopes } from '#api/kinds/core/resource-quota/scopes.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { keepField } from '#api/kinds/status-metadata.ts'
import { invalid, Path, required } from '#api/meta/field-error.ts'
import { compareQuantities, formatQuantity, parseQuantity } from '#api/meta/quantity.ts'
import { type FieldErrors, IS_IMMUTABLE } from '#api/meta/validation.ts'
import type { ResourceQuota, ResourceQuotaSpec, ResourceQuotaStatus } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')
const STATUS = new Path('status')

export const resourceQuota = defineKind<Draft<ResourceQuota>>({
  group: '',
  kind: 'ResourceQuota',
  resource: 'resourcequotas',
  singular: 'resourcequota',
  shortNames: ['quota'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: false,
  defaults({ spec, status }) {
    roundResources(spec?.hard)
    roundResources(status?.hard)
    roundResources(status?.used)
  },
  prepareForCreate(draft) {
    draft.status = {}
  },
  prepareForUpdate: (draft, old) => keepField(draft, old, 'status'),
  *validate(object) {
    yield* namespacedMetadata(object)
    yield* validateSpec(object.spec ?? {})
    yield* validateStatus(object.status ?? {})
  },
  *validateUpdate(object, old) {
    yield* metadataUpdate(object, old)
    yield* validateSpec(object.spec ?? {})
    const scopes = object.spec?.scopes ?? []
    if (!isSameSet(scopes, old.spec?.scopes ?? [])) {
      yield invalid(SPEC.child('scopes'), object.spec?.scopes ?? null, IS_IMMUTABLE)
    }
  },
  warnings: requestsBeyondLimits,
  status: {
    prepareForUpdate: (draft, old) => keepField(draft, old, 'spec'),
    *validateUpdate(object, old) {
      yield* metadataUpdate(object, old)
      if (!object.metadata?.resourceVersion) yield required(new Path('resourceVersion'))
      yield* validateStatus(object.status ?? {})
    },
  },
  columns: [
    nameColumn(),
    column(
      'Request',
      'Request represents a minimum amount of cpu/memory that a container may consume.',
      ({ status }) => usage(status, false),
    ),
    column(
      'Limit',
      'Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.',
      ({ status }) => usage(status, true),
    ),
    ageColumn(),
  ],
})

function* validateSpec(spec: ResourceQuotaSpec): FieldErrors {
  yield* validateAmounts(spec.hard, SPEC.child('hard'))
  yield* validateScopes(spec, SPEC.child('scopes'))
  yield* validateScopeSelector(spec, SPEC.child('scopeSelector'))
}

function* validateStatus(status: ResourceQuotaStatus): FieldErrors {
  yield* validateAmounts(status.hard, STATUS.child('hard'))
  yield* validateAmounts(status.used, STATUS.child('used'))
}

function* validateAmounts(amounts: Readonly<Record<string, string>> | undefined, path: Path): FieldErrors {
  for (const [name, amount] of Object.entries(amounts ?? {})) {
    yield* quotaResourceName(path.key(name), name)
    yield* resourceQuantity(path.key(name), name, amount)
  }
}

const isSameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.every((item) => b.includes(item)) && b.every((item) => a.includes(item))

function requestsBeyondLimits({ spec }: ResourceQuota): string[] {
  const hard = spec?.hard ?? {}
  return ['cpu', 'memory', 'storage', 'ephemeral-storage'].flatMap((resource) => {
    const hasShortName = resource === 'cpu' || resource === 'memory'
    const requestName =
      hard[`requests.${resource}`] === undefined && hasShortName ? resource : `requests.${resource}`
    const request = hard[requestName]
    const limitName = `limits.${resource}`
    const limit = hard[limitName]
    if (request === undefined || limit === undefined) return []
    const [asked, allowed] = [parseQuantity(request), parseQuantity(limit)]
    if (compareQuantities(asked, allowed) <= 0) return []
    return [
      `ResourceQuota ${requestName} (${formatQuantity(asked)}) should be less than ${limitName} (${formatQuantity(allowed)})`,
    ]
  })
}

/** `cpu: 1/2, memory: …` of the limits, or of all else. */
function usage(status: ResourceQuotaStatus | undefined, ofLimits: boolean): string {
  return Object.entries(status?.hard ?? {})
    .filter(([name]) => name.startsWith('limits.') === ofLimits)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, hard]) => `${name}: ${status?.used?.[name] ?? '0'}/${hard}`)
    .join(', ')
}
