// PodTemplate: a stored pod template; controllers embed theirs, so it stands alone only here.
//
// Upstream: pkg/registry/core/podtemplate/strategy.go

import { dropDisabledTemplateFields } from '#api/kinds/apps/workload.ts'
import { column, formatLabelMap, nameColumn, templateColumns } from '#api/kinds/columns.ts'
import { defaultPodTemplate } from '#api/kinds/core/pod/defaults.ts'
import { podRules } from '#api/kinds/core/pod/options.ts'
import { validatePodTemplateSpec } from '#api/kinds/core/pod/spec.ts'
import { podTemplateWarnings } from '#api/kinds/core/pod/warnings.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { Path } from '#api/meta/field-error.ts'
import type { PodTemplate } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

const TEMPLATE = new Path('template')

export const podTemplate = defineKind<Draft<PodTemplate>>({
  group: '',
  kind: 'PodTemplate',
  resource: 'podtemplates',
  singular: 'podtemplate',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: true,
  defaults(draft) {
    draft.template ??= {}
    defaultPodTemplate(draft.template)
  },
  prepareForCreate: (draft) => dropDisabledTemplateFields(draft.template, undefined),
  prepareForUpdate(draft, old) {
    dropDisabledTemplateFields(draft.template, old.template)
    if (draft.metadata && !semanticEqual(draft.template, old.template)) {
      draft.metadata.generation = (old.metadata?.generation ?? 0) + 1
    }
  },
  *validate(object) {
    yield* namespacedMetadata(object)
    yield* validatePodTemplateSpec(object.template ?? {}, TEMPLATE, podRules(undefined, false))
  },
  *validateUpdate(object, old) {
    yield* metadataUpdate(object, old)
    yield* validatePodTemplateSpec(object.template ?? {}, TEMPLATE, podRules(old.template ?? {}, false))
  },
  warnings: (object) => [...podTemplateWarnings(object.template, TEMPLATE)],
  warningsOnUpdate: (object, old) =>
    object.metadata?.generation === old.metadata?.generation
      ? []
      : [...podTemplateWarnings(object.template, TEMPLATE)],
  columns: [
    nameColumn(),
    ...templateColumns<Draft<PodTemplate>>((object) => object.template).map((shown) => ({
      ...shown,
      description: shown.description,
      priority: 0,
    })),
    column('Pod Labels', 'The labels for the pod template.', ({ template }) =>
      formatLabelMap(template?.metadata?.labels),
    ),
  ],
})
