// FlowSchema: which requests belong to which priority level.
//
// Upstream: pkg/registry/flowcontrol/flowschema/strategy.go, pkg/apis/flowcontrol/validation/validation.go

import { ageColumn, column, field, nameColumn } from '#api/kinds/columns.ts'
import { keepAllButStatus, validateConditions } from '#api/kinds/flowcontrol/conditions.ts'
import { validateFlowRule } from '#api/kinds/flowcontrol/flow-schema-rules.ts'
import { MANDATORY_FLOW_SCHEMAS } from '#api/kinds/flowcontrol/mandatory.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { clusterMetadata } from '#api/kinds/metadata.ts'
import { keepField } from '#api/kinds/status-metadata.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { invalid, notSupported, Path, required } from '#api/meta/field-error.ts'
import { nameIsDNSSubdomain } from '#api/meta/names.ts'
import { each, type FieldErrors } from '#api/meta/validation.ts'
import type { FlowSchema, FlowSchemaSpec } from '#api/types/flowcontrol.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')
const DEFAULT_PRECEDENCE = 1000
const MAX_PRECEDENCE = 10_000
const DISTINGUISHERS = ['ByNamespace', 'ByUser']

export const flowSchema = defineKind<Draft<FlowSchema>>({
  group: 'flowcontrol.apiserver.k8s.io',
  kind: 'FlowSchema',
  resource: 'flowschemas',
  singular: 'flowschema',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: true,
  defaults({ spec }) {
    if (spec) spec.matchingPrecedence ||= DEFAULT_PRECEDENCE
  },
  prepareForCreate(draft) {
    draft.status = {}
  },
  prepareForUpdate: (draft, old) => keepField(draft, old, 'status'),
  validate,
  validateUpdate: validate,
  status: { prepareForUpdate: keepAllButStatus, validateUpdate: validateConditions },
  columns: [
    nameColumn(),
    column(
      'PriorityLevel',
      field('flowcontrol.v1.PriorityLevelConfigurationReference', 'name'),
      ({ spec }) => spec?.priorityLevelConfiguration.name ?? '',
    ),
    column(
      'MatchingPrecedence',
      field('flowcontrol.v1.FlowSchemaSpec', 'matchingPrecedence'),
      ({ spec }) => spec?.matchingPrecedence ?? 0,
    ),
    column(
      'DistinguisherMethod',
      '`distinguisherMethod` defines how to compute the flow distinguisher for requests that match this schema. `nil` specifies that the distinguisher is disabled and thus will always be the empty string.',
      ({ spec }) => spec?.distinguisherMethod?.type ?? '<none>',
    ),
    ageColumn(),
    column(
      'MissingPL',
      'references a broken or non-existent PriorityLevelConfiguration',
      ({ status }) => status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
    ),
  ],
})

function* validate(object: FlowSchema): FieldErrors {
  yield* clusterMetadata(object)
  const name = object.metadata?.name ?? ''
  const spec = object.spec ?? ({} as FlowSchemaSpec)
  yield* validateSpec(name, spec)
  const fixed = Object.hasOwn(MANDATORY_FLOW_SCHEMAS, name) ? MANDATORY_FLOW_SCHEMAS[name] : undefined
  if (fixed && !semanticEqual(spec, fixed)) {
    yield invalid(SPEC, internalForm('FlowSchemaSpec', spec), `spec of '${name}' must equal the fixed value`)
  }
  yield* validateConditions(object)
}

function* validateSpec(name: string, spec: FlowSchemaSpec): FieldErrors {
  const precedence = spec.matchingPrecedence ?? 0
  const at = SPEC.child('matchingPrecedence')
  if (precedence <= 0) yield invalid(at, precedence, 'must be a positive value')
  if (precedence > MAX_PRECEDENCE) yield invalid(at, precedence, `must not be greater than ${MAX_PRECEDENCE}`)
  if (precedence === 1 && name !== 'exempt') {
    yield invalid(at, precedence, "only the schema named 'exempt' may have matchingPrecedence 1")
  }
  const method = spec.distinguisherMethod
  if (method && !DISTINGUISHERS.includes(method.type)) {
    const shown = internalForm('FlowDistinguisherMethod', method)
    yield notSupported(SPEC.child('distinguisherMethod', 'type'), shown, DISTINGUISHERS)
  }
  const level = spec.priorityLevelConfiguration?.name
  const levelPath = SPEC.child('priorityLevelConfiguration', 'name')
  if (level) yield* each(levelPath, level, nameIsDNSSubdomain(level, false))
  else yield required(levelPath, 'must reference a priority level')
  for (const [i, rule] of (spec.rules ?? []).entries())
    yield* validateFlowRule(rule, SPEC.child('rules').index(i))
}
