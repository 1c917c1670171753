// PriorityLevelConfiguration: how many requests of a level run at a time, and what happens to the others.
//
// Upstream: pkg/registry/flowcontrol/prioritylevelconfiguration/strategy.go, pkg/apis/flowcontrol/validation

import { ageColumn, column, field, longField, nameColumn } from '#api/kinds/columns.ts'
import { keepAllButStatus, validateConditions } from '#api/kinds/flowcontrol/conditions.ts'
import { MANDATORY_PRIORITY_LEVELS } from '#api/kinds/flowcontrol/mandatory.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { clusterMetadata } from '#api/kinds/metadata.ts'
import { keepField } from '#api/kinds/status-metadata.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { forbidden, invalid, notSupported, Path, required } from '#api/meta/field-error.ts'
import { type FieldErrors, inRange } from '#api/meta/validation.ts'
import type {
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from '#api/types/flowcontrol.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')
const PRESERVE_ZERO = 'flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares'
const MAX_QUEUES = 10_000_000
/** So many bits of a hash choose the hand of queues. */
const MAX_HASH_BITS = 60

const ofQueuing = (name: string): ReturnType<typeof field> =>
  field('flowcontrol.v1.QueuingConfiguration', name)

export const priorityLevelConfiguration = defineKind<Draft<PriorityLevelConfiguration>>({
  group: 'flowcontrol.apiserver.k8s.io',
  kind: 'PriorityLevelConfiguration',
  resource: 'prioritylevelconfigurations',
  singular: 'prioritylevelconfiguration',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: true,
  defaults,
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
      'Type',
      field('flowcontrol.v1.PriorityLevelConfigurationSpec', 'type'),
      ({ spec }) => spec?.type ?? '',
    ),
    column(
      'NominalConcurrencyShares',
      longField('flowcontrol.v1.LimitedPriorityLevelConfiguration', 'nominalConcurrencyShares'),
      ({ spec }) => spec?.limited?.nominalConcurrencyShares ?? '<none>',
    ),
    column('Queues', ofQueuing('queues'), (object) => queuingOf(object)?.queues ?? '<none>'),
    column('HandSize', ofQueuing('handSize'), (object) => queuingOf(object)?.handSize ?? '<none>'),
    column(
      'QueueLengthLimit',
      ofQueuing('queueLengthLimit'),
      (object) => queuingOf(object)?.queueLengthLimit ?? '<none>',
    ),
    ageColumn(),
  ],
})

function queuingOf({ spec }: PriorityLevelConfiguration): QueuingConfiguration | undefined {
  return spec?.limited?.limitResponse?.queuing
}

function defaults({ spec }: Draft<PriorityLevelConfiguration>): void {
  for (const [part, shares] of [
    [spec?.exempt, 0],
    [spec?.limited, 30],
  ] as const) {
    if (!part) continue
    part.nominalConcurrencyShares ??= shares
    part.lendablePercent ??= 0
  }
  const queuing = spec?.limited?.limitResponse?.queuing
  if (!queuing) return
  queuing.handSize ||= 8
  queuing.queues ||= 64
  queuing.queueLengthLimit ||= 50
}

function* validate(object: PriorityLevelConfiguration): FieldErrors {
  yield* clusterMetadata(object)
  if (object.metadata?.annotations?.[PRESERVE_ZERO] !== undefined) {
    yield forbidden(new Path('metadata.annotations'), `annotation '${PRESERVE_ZERO}' is forbidden`)
  }
  const name = object.metadata?.name ?? ''
  const spec = object.spec ?? ({} as PriorityLevelConfigurationSpec)
  yield* validateSpec(name, spec)
  yield* validateMandatory(name, spec)
  yield* validateConditions(object)
}

function* validateSpec(name: string, spec: PriorityLevelConfigurationSpec): FieldErrors {
  const { type = '', limited, exempt } = spec
  if ((name === 'exempt') !== (type === 'Exempt')) {
    yield invalid(SPEC.child('type'), type, "must be 'Exempt' if and only if `name` is 'exempt'")
  }
  if (type === 'Exempt') {
    if (limited) yield forbidden(SPEC.child('limited'), 'must be nil if the type is not Limited')
    if (exempt) yield* validateShares(exempt, SPEC.child('exempt'))
  } else if (type === 'Limited') {
    if (exempt) yield forbidden(SPEC.child('exempt'), 'must be nil if the type is Limited')
    if (limited) yield* validateLimited(limited, SPEC.child('limited'))
    else yield required(SPEC.child('limited'), 'must not be empty when type is Limited')
  } else yield notSupported(SPEC.child('type'), type, ['Exempt', 'Limited'])
}

interface Shares {
  readonly nominalConcurrencyShares?: number
  readonly lendablePercent?: number
}

function* validateNominal({ nominalConcurrencyShares: shares = 0 }: Shares, path: Path): FieldErrors {
  if (shares < 0)
    yield invalid(path.child('nominalConcurrencyShares'), shares, 'must be a non-negative integer')
}

function* validateShares(part: Shares, path: Path): FieldErrors {
  yield* validateNominal(part, path)
  yield* inRange(path.child('lendablePercent'), part.lendablePercent ?? 0, 0, 100)
}

function* validateLimited(limited: LimitedPriorityLevelConfiguration, path: Path): FieldErrors {
  yield* validateNominal(limited, path)
  yield* validateResponse(limited.limitResponse ?? { type: '' }, path.child('limitResponse'))
  yield* inRange(path.child('lendablePercent'), limited.lendablePercent ?? 0, 0, 100)
  const borrowing = limited.borrowingLimitPercent ?? 0
  if (borrowing < 0) {
    const text = 'if specified, must be a non-negative integer'
    yield invalid(path.child('borrowingLimitPercent'), borrowing, text)
  }
}

function* validateResponse({ type, queuing }: LimitResponse, path: Path): FieldErrors {
  const at = path.child('queuing')
  if (type === 'Reject') {
    if (queuing) yield forbidden(at, 'must be nil if limited.limitResponse.type is not Limited')
  } else if (type === 'Queue') {
    if (queuing) yield* validateQueuing(queuing, at)
    else yield required(at, 'must not be empty if limited.limitResponse.type is Limited')
  } else yield notSupported(path.child('type'), type ?? '', ['Queue', 'Reject'])
}

function* validateQueuing(queuing: QueuingConfiguration, path: Path): FieldErrors {
  const { queueLengthLimit = 0, queues = 0, handSize = 0 } = queuing
  if (queueLengthLimit <= 0)
    yield invalid(path.child('queueLengthLimit'), queueLengthLimit, 'must be positive')
  if (queues <= 0) yield invalid(path.child('queues'), queues, 'must be positive')
  else if (queues > MAX_QUEUES) {
    yield invalid(path.child('queues'), queues, `must not be greater than ${MAX_QUEUES}`)
  }
  const at = path.child('handSize')
  if (handSize <= 0) yield invalid(at, handSize, 'must be positive')
  else if (handSize > queues) yield invalid(at, handSize, `should not be greater than queues (${queues})`)
  else if (Math.ceil(Math.log2(queues) * handSize) > MAX_HASH_BITS) {
    const text = `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${MAX_HASH_BITS}`
    yield invalid(at, handSize, text)
  }
}

function* validateMandatory(name: string, spec: PriorityLevelConfigurationSpec): FieldErrors {
  const fixed = Object.hasOwn(MANDATORY_PRIORITY_LEVELS, name) ? MANDATORY_PRIORITY_LEVELS[name] : undefined
  if (!fixed) return
  const isExempt = name === 'exempt'
  const judged = isExempt ? { ...spec, exempt: fixed.exempt } : spec
  if (semanticEqual(judged, fixed)) return
  const text = isExempt
    ? `spec of '${name}' except the 'spec.exempt' field must equal the fixed value`
    : `spec of '${name}' must equal the fixed value`
  yield invalid(SPEC, internalForm('PriorityLevelConfigurationSpec', spec), text)
}
