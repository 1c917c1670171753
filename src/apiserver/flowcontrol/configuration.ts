// Which levels and schemas are in force, out of the objects that are stored. Pure.
//
// The mandatory ones are in force whether or not they are stored; what is broken or leads nowhere is not.
// Upstream: digestNewPLsLocked and digestFlowSchemasLocked in
// staging/src/k8s.io/apiserver/pkg/util/flowcontrol/apf_controller.go

import { MANDATORY_FLOW_SCHEMAS, MANDATORY_PRIORITY_LEVELS } from '#api/kinds/flowcontrol/mandatory.ts'
import type {
  FlowSchema,
  FlowSchemaCondition,
  FlowSchemaSpec,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
} from '#api/types/flowcontrol.ts'

export interface LevelConfiguration {
  readonly name: string
  /** '' while only imagined. */
  readonly uid: string
  readonly spec: PriorityLevelConfigurationSpec
}

export interface SchemaConfiguration {
  readonly name: string
  readonly uid: string
  readonly spec: FlowSchemaSpec
}

export interface FlowControlConfiguration {
  readonly levels: ReadonlyMap<string, LevelConfiguration>
  /** In the order in which they are asked. */
  readonly schemas: readonly SchemaConfiguration[]
}

export function configurationOf(
  levels: readonly PriorityLevelConfiguration[],
  schemas: readonly FlowSchema[],
): FlowControlConfiguration {
  const known = new Map<string, LevelConfiguration>()
  for (const { metadata, spec } of levels) {
    const name = metadata?.name ?? ''
    if (spec && isUsable(name, spec)) known.set(name, { name, uid: metadata?.uid ?? '', spec })
  }
  const leading = schemas.flatMap(({ metadata, spec }): SchemaConfiguration[] => {
    const leads = spec && known.has(spec.priorityLevelConfiguration.name)
    return leads ? [{ name: metadata?.name ?? '', uid: metadata?.uid ?? '', spec }] : []
  })
  leading.sort(
    (a, b) =>
      (a.spec.matchingPrecedence ?? 0) - (b.spec.matchingPrecedence ?? 0) || (a.name < b.name ? -1 : 1),
  )
  for (const [name, spec] of Object.entries(MANDATORY_PRIORITY_LEVELS))
    if (!known.has(name)) known.set(name, { name, uid: '', spec })
  const missing = (name: string): SchemaConfiguration[] =>
    leading.some((schema) => schema.name === name)
      ? []
      : [{ name, uid: '', spec: MANDATORY_FLOW_SCHEMAS[name]! }]
  return { levels: known, schemas: [...missing('exempt'), ...leading, ...missing('catch-all')] }
}

/** Type and parts of the spec fit together. */
function isUsable(name: string, { type, limited, exempt }: PriorityLevelConfigurationSpec): boolean {
  const isExempt = type === 'Exempt'
  if (isExempt !== (exempt !== undefined) || isExempt !== (name === 'exempt')) return false
  if ((type === 'Limited') !== (limited !== undefined)) return false
  const response = limited?.limitResponse
  return !limited || (response?.type === 'Reject') === (response?.queuing === undefined)
}

/** What a schema's status should say of its level; undefined where it does. */
export function danglingCondition(
  schema: FlowSchema,
  levels: ReadonlySet<string>,
  now: string,
): FlowSchemaCondition | undefined {
  const level = schema.spec?.priorityLevelConfiguration.name ?? ''
  const exists = levels.has(level)
  const object = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`
  const wanted = exists
    ? { status: 'False', reason: 'Found', message: `${object} and it exists` }
    : { status: 'True', reason: 'NotFound', message: `${object} but there is no such object` }
  const present = schema.status?.conditions?.find(({ type }) => type === 'Dangling')
  const isRight =
    present?.status === wanted.status &&
    present.reason === wanted.reason &&
    present.message === wanted.message
  return isRight ? undefined : { type: 'Dangling', lastTransitionTime: now, ...wanted }
}
