// LimitRange: bounds and defaults for the resources of each pod, container and claim in a namespace.
//
// Upstream: pkg/registry/core/limitrange/strategy.go

import { validateLimits } from '#api/kinds/core/limit-range/validate.ts'
import { roundResources } from '#api/kinds/core/resource-defaults.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { namespacedMetadata } from '#api/kinds/metadata.ts'
import { Path } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type { LimitRange, LimitRangeItem } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

const LIMITS = new Path('spec.limits')

export const limitRange = defineKind<Draft<LimitRange>>({
  group: '',
  kind: 'LimitRange',
  resource: 'limitranges',
  singular: 'limitrange',
  shortNames: ['limits'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: false,
  allowCreateOnUpdate: true,
  defaults({ spec }) {
    for (const item of spec?.limits ?? []) {
      if (item.type === 'Container') defaultContainerLimits(item)
      for (const name of ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const) {
        roundResources(item[name])
      }
    }
  },
  /** The only kind that may come without a name. */
  prepareForCreate({ metadata }) {
    if (metadata?.uid && !metadata.name) metadata.name = metadata.uid
  },
  validate,
  validateUpdate: validate,
})

/** What is not said follows from what is: limits from maxima, requests from limits, then from minima. */
function defaultContainerLimits(item: Draft<LimitRangeItem>): void {
  const limits = { ...item.max, ...item.default }
  const requests = { ...item.min, ...limits, ...item.defaultRequest }
  if (Object.keys(limits).length > 0) item.default = limits
  if (Object.keys(requests).length > 0) item.defaultRequest = requests
}

function* validate(object: LimitRange): FieldErrors {
  yield* namespacedMetadata(object)
  yield* validateLimits(object.spec?.limits ?? [], LIMITS)
}
