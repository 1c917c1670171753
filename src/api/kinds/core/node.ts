// Node: a machine that runs pods, registered and kept up to date by its kubelet.
//
// Upstream: pkg/registry/core/node/strategy.go

import { nodeColumns } from '#api/kinds/core/node/columns.ts'
import { validateNode, validateNodeUpdate } from '#api/kinds/core/node/validate.ts'
import { roundResources } from '#api/kinds/core/resource-defaults.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { keepField } from '#api/kinds/status-metadata.ts'
import { Path } from '#api/meta/field-error.ts'
import { warningsForCidr } from '#api/meta/validation-ip.ts'
import type { Node } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const node = defineKind<Draft<Node>>({
  group: '',
  kind: 'Node',
  resource: 'nodes',
  singular: 'node',
  shortNames: ['no'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  storagePrefix: '/registry/minions',
  hasGeneration: false,
  defaults({ spec, status }) {
    if (status?.capacity && Object.keys(status.allocatable ?? {}).length === 0)
      status.allocatable = { ...status.capacity }
    roundResources(status?.capacity)
    roundResources(status?.allocatable)
    alignPodCIDRs(spec)
  },
  prepareForCreate(draft) {
    delete draft.spec?.configSource
    delete draft.status?.config
  },
  prepareForUpdate(draft, old) {
    keepField(draft, old, 'status')
    if (!old.spec?.configSource) delete draft.spec?.configSource
  },
  validate: validateNode,
  *validateUpdate(object, old) {
    yield* validateNode(object)
    yield* validateNodeUpdate(object, old)
  },
  warnings: nodeWarnings,
  warningsOnUpdate: nodeWarnings,
  status: {
    prepareForUpdate(draft, old) {
      keepField(draft, old, 'spec')
      if (!old.status?.config) delete draft.status?.config
    },
    validateUpdate: validateNodeUpdate,
  },
  selectableFields: { 'spec.unschedulable': ({ spec }) => String(spec?.unschedulable ?? false) },
  columns: nodeColumns,
})

/** The older single field is the first of the newer list; a list that begins with another one gives way. */
function alignPodCIDRs(spec: Draft<Node>['spec']): void {
  if (!spec) return
  if (spec.podCIDR && spec.podCIDR !== spec.podCIDRs?.[0]) spec.podCIDRs = [spec.podCIDR]
  else if (!spec.podCIDR && spec.podCIDRs?.[0]) spec.podCIDR = spec.podCIDRs[0]
}

function nodeWarnings({ spec }: Node): string[] {
  const warnings: string[] = []
  if (spec?.configSource) warnings.push('spec.configSource: the feature is removed')
  if (spec?.externalID) {
    warnings.push('spec.externalID: this field is deprecated, and is unused by Kubernetes')
  }
  const path = new Path('spec.podCIDRs')
  return [...warnings, ...(spec?.podCIDRs ?? []).flatMap((cidr, i) => warningsForCidr(path.index(i), cidr))]
}
