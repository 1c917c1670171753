// RuntimeClass: a way to run pods that nodes offer, with its overhead and the nodes that have it.
//
// Upstream: pkg/registry/node/runtimeclass/strategy.go, pkg/apis/node/validation/validation.go

import { ageColumn, column, nameColumn } from '#api/kinds/columns.ts'
import { deprecatedLabel } from '#api/kinds/core/node-label-warnings.ts'
import { podRules } from '#api/kinds/core/pod/options.ts'
import { validateOverhead } from '#api/kinds/core/pod/resources.ts'
import { validateTolerations } from '#api/kinds/core/pod/tolerations.ts'
import { roundResources } from '#api/kinds/core/resource-defaults.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { clusterMetadata, metadataUpdate } from '#api/kinds/metadata.ts'
import { duplicate, Path, required } from '#api/meta/field-error.ts'
import { nameIsDNSLabel } from '#api/meta/names.ts'
import { validateLabels } from '#api/meta/object-meta-validation.ts'
import { each, type FieldErrors, immutable } from '#api/meta/validation.ts'
import type { Toleration } from '#api/types/core.ts'
import type { RuntimeClass } from '#api/types/node.ts'
import type { Draft } from '#api/types/wire.ts'

const HANDLER = new Path('handler')
const OVERHEAD = new Path('overhead')
const NODE_SELECTOR = new Path('scheduling.nodeSelector')
const TOLERATIONS = new Path('scheduling.tolerations')

export const runtimeClass = defineKind<Draft<RuntimeClass>>({
  group: 'node.k8s.io',
  kind: 'RuntimeClass',
  resource: 'runtimeclasses',
  singular: 'runtimeclass',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: false,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  defaults: ({ overhead }) => roundResources(overhead?.podFixed),
  validate,
  *validateUpdate(object, old) {
    yield* validate(object)
    yield* metadataUpdate(object, old)
    yield* immutable(HANDLER, object.handler, old.handler)
  },
  warnings: warningsFor,
  warningsOnUpdate: warningsFor,
  columns: [
    nameColumn(),
    // upstream looks for this text among those of metadata
    column('Handler', '', ({ handler }) => handler),
    ageColumn(),
  ],
})

function* validate(object: RuntimeClass): FieldErrors {
  yield* clusterMetadata(object)
  const { handler, overhead, scheduling } = object
  if (!handler) yield required(HANDLER)
  else yield* each(HANDLER, handler, nameIsDNSLabel(handler, false))
  const rules = podRules(undefined, true)
  if (overhead) yield* validateOverhead(overhead.podFixed ?? {}, OVERHEAD, rules)
  if (!scheduling) return
  yield* validateLabels(scheduling.nodeSelector, NODE_SELECTOR)
  const tolerations = scheduling.tolerations ?? []
  yield* validateTolerations(tolerations, TOLERATIONS, rules)
  yield* distinct(tolerations)
}

function* distinct(tolerations: readonly Toleration[]): FieldErrors {
  const seen = new Set<string>()
  for (const [i, toleration] of tolerations.entries()) {
    const { key = '', operator = '', value = '', effect = '' } = toleration
    const text = JSON.stringify([key, operator, value, effect])
    if (seen.has(text)) yield duplicate(TOLERATIONS.index(i), internalForm('Toleration', toleration))
    seen.add(text)
  }
}

function warningsFor({ scheduling }: RuntimeClass): string[] {
  return Object.keys(scheduling?.nodeSelector ?? {}).flatMap((key) => {
    const text = deprecatedLabel(key)
    return text === undefined ? [] : [`${NODE_SELECTOR}: ${text}`]
  })
}
