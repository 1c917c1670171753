// What `kubectl get nodes` shows.
//
// Upstream: printNode in pkg/printers/internalversion/printers.go

import { ageColumn, column, field, nameColumn, wide } from '#api/kinds/columns.ts'
import type { Column } from '#api/kinds/kind.ts'
import type { Node } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

const ROLE_PREFIX = 'node-role.kubernetes.io/'
const ROLE_LABEL = 'kubernetes.io/role'

const ADDRESSES = field('core.v1.NodeStatus', 'addresses')
const INFO = 'core.v1.NodeSystemInfo'

export const nodeColumns: readonly Column<Draft<Node>>[] = [
  nameColumn(),
  column('Status', 'The status of the node', statusOf),
  column('Roles', 'The roles of the node', (node) => rolesOf(node).join(',') || '<none>'),
  ageColumn(),
  column('Version', field(INFO, 'kubeletVersion'), ({ status }) => status?.nodeInfo?.kubeletVersion ?? ''),
  column('Internal-IP', ADDRESSES, (node) => addressOf(node, 'InternalIP'), wide),
  column('External-IP', ADDRESSES, (node) => addressOf(node, 'ExternalIP'), wide),
  column('OS-Image', field(INFO, 'osImage'), (node) => node.status?.nodeInfo?.osImage || '<unknown>', wide),
  column('Kernel-Version', field(INFO, 'kernelVersion'), kernelOf, wide),
  column(
    'Container-Runtime',
    field(INFO, 'containerRuntimeVersion'),
    (node) => node.status?.nodeInfo?.containerRuntimeVersion || '<unknown>',
    wide,
  ),
]

function statusOf({ spec, status }: Node): string {
  const ready = status?.conditions?.findLast(({ type }) => type === 'Ready')
  const word = !ready ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'
  return spec?.unschedulable ? `${word},SchedulingDisabled` : word
}

function rolesOf({ metadata }: Node): string[] {
  const roles = new Set<string>()
  for (const [key, value] of Object.entries(metadata?.labels ?? {})) {
    const role = key.startsWith(ROLE_PREFIX) ? key.slice(ROLE_PREFIX.length) : ''
    if (role !== '') roles.add(role)
    else if (key === ROLE_LABEL && value !== '') roles.add(value)
  }
  return [...roles].sort()
}

const addressOf = ({ status }: Node, kind: string): string =>
  status?.addresses?.find(({ type }) => type === kind)?.address ?? '<none>'

function kernelOf({ status }: Node): string {
  const version = status?.nodeInfo?.kernelVersion || '<unknown>'
  const architecture = status?.nodeInfo?.architecture
  return architecture ? `${version} (${architecture})` : version
}
