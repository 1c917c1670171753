// ComponentStatus: the health of the control plane, as asked for. Computed on read, never stored.
//
// Upstream: pkg/registry/core/componentstatus/rest.go

import { column, nameColumn } from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import type { ComponentStatus } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const componentStatus = defineKind<Draft<ComponentStatus>>({
  group: '',
  kind: 'ComponentStatus',
  resource: 'componentstatuses',
  singular: 'componentstatus',
  shortNames: ['cs'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  verbs: ['get', 'list'],
  deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
  columns: [
    nameColumn(),
    column('Status', 'Status of the component conditions', statusOf),
    column('Message', 'Message of the component conditions', (object) => healthOf(object)?.message ?? ''),
    column('Error', 'Error of the component conditions', (object) => healthOf(object)?.error ?? ''),
  ],
})

const healthOf = ({ conditions = [] }: ComponentStatus) => conditions.find(({ type }) => type === 'Healthy')

function statusOf(object: ComponentStatus): string {
  const status = healthOf(object)?.status
  if (status === undefined) return 'Unknown'
  return status === 'True' ? 'Healthy' : 'Unhealthy'
}
