// CSIDriver: what Kubernetes needs to know of a CSI driver.
//
// Upstream: pkg/registry/storage/csidriver/strategy.go, ValidateCSIDriver in pkg/apis/storage/validation

import { ageColumn, boolean, column, longField, nameColumn } from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { clusterMetadata, metadataUpdate } from '#api/kinds/metadata.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { duplicate, invalid, notSupportedInOrder, Path } from '#api/meta/field-error.ts'
import { type FieldErrors, immutable, oneOf } from '#api/meta/validation.ts'
import type { CSIDriver, CSIDriverSpec, TokenRequest } from '#api/types/storage.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')
const FS_GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType']
const LIFECYCLE_MODES = ['Persistent', 'Ephemeral']
const MIN_TOKEN_SECONDS = 600
const MAX_TOKEN_SECONDS = 2 ** 32
const MIN_UPDATE_SECONDS = 10
const TOKENS_IN_SECRETS =
  'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes'

const described = (name: string): ReturnType<typeof longField> => longField('storage.v1.CSIDriverSpec', name)

export const csiDriver = defineKind<Draft<CSIDriver>>({
  group: 'storage.k8s.io',
  kind: 'CSIDriver',
  resource: 'csidrivers',
  singular: 'csidriver',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: false,
  allowUnconditionalUpdate: false,
  defaults,
  /** Of a feature that is off. */
  prepareForCreate: ({ spec }) => dropSchedulingBar(spec),
  prepareForUpdate(draft, old) {
    if (!usesSchedulingBar(old.spec)) dropSchedulingBar(draft.spec)
    if (draft.metadata && !semanticEqual(draft.spec, old.spec)) {
      draft.metadata.generation = (old.metadata?.generation ?? 0) + 1
    }
  },
  *validate(object) {
    yield* clusterMetadata(object)
    yield* validateSpec(object.spec)
  },
  *validateUpdate(object, old) {
    yield* metadataUpdate(object, old)
    yield* validateSpec(object.spec)
    // upstream misspells this one
    yield* immutable(SPEC.child('attachedRequired'), object.spec.attachRequired, old.spec.attachRequired)
    const modes = object.spec.volumeLifecycleModes
    yield* immutable(SPEC.child('volumeLifecycleModes'), modes, old.spec.volumeLifecycleModes)
  },
  warnings: ({ spec }) => tokenWarnings(spec),
  warningsOnUpdate: ({ spec }, old) =>
    semanticEqual(spec.tokenRequests, old.spec.tokenRequests) ? [] : tokenWarnings(spec),
  columns: [
    nameColumn(),
    column('AttachRequired', described('attachRequired'), ({ spec }) => spec.attachRequired ?? true, boolean),
    column(
      'PodInfoOnMount',
      described('podInfoOnMount'),
      ({ spec }) => spec.podInfoOnMount ?? false,
      boolean,
    ),
    column(
      'StorageCapacity',
      described('storageCapacity'),
      ({ spec }) => spec.storageCapacity ?? false,
      boolean,
    ),
    column(
      'TokenRequests',
      described('tokenRequests'),
      ({ spec }) => spec.tokenRequests?.map(({ audience }) => audience).join(',') ?? '<unset>',
    ),
    column(
      'RequiresRepublish',
      described('requiresRepublish'),
      ({ spec }) => spec.requiresRepublish ?? false,
      boolean,
    ),
    column(
      'Modes',
      described('volumeLifecycleModes'),
      ({ spec }) => (spec.volumeLifecycleModes ?? []).join(',') || '<none>',
    ),
    ageColumn(),
  ],
})

function defaults(draft: Draft<CSIDriver>): void {
  draft.spec ??= {}
  const { spec } = draft
  spec.attachRequired ??= true
  spec.podInfoOnMount ??= false
  spec.storageCapacity ??= false
  spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType'
  if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ['Persistent']
  spec.requiresRepublish ??= false
  spec.seLinuxMount ??= false
}

const SCHEDULING_BAR = 'preventPodSchedulingIfMissing'

const usesSchedulingBar = (spec: CSIDriverSpec): boolean => SCHEDULING_BAR in spec

function dropSchedulingBar(spec: Draft<CSIDriverSpec>): void {
  if (spec) delete (spec as Record<string, unknown>)[SCHEDULING_BAR]
}

function* validateSpec(spec: CSIDriverSpec): FieldErrors {
  const { fsGroupPolicy, tokenRequests, nodeAllocatableUpdatePeriodSeconds: period } = spec
  if (fsGroupPolicy !== undefined) yield* oneOf(SPEC.child('fsGroupPolicy'), fsGroupPolicy, FS_GROUP_POLICIES)
  yield* validateTokenRequests(tokenRequests ?? [], SPEC.child('tokenRequests'))
  for (const mode of spec.volumeLifecycleModes ?? []) {
    if (!LIFECYCLE_MODES.includes(mode)) {
      yield notSupportedInOrder(SPEC.child('volumeLifecycleModes'), mode, LIFECYCLE_MODES)
    }
  }
  if (period !== undefined && period < MIN_UPDATE_SECONDS) {
    const text = `must be greater than or equal to ${MIN_UPDATE_SECONDS} seconds`
    yield invalid(SPEC.child('nodeAllocatableUpdatePeriodSeconds'), period, text)
  }
  const inSecrets = spec.serviceAccountTokenInSecrets
  if (inSecrets !== undefined && (tokenRequests ?? []).length === 0) {
    const text = 'serviceAccountTokenInSecrets is set but no tokenRequests are specified'
    yield invalid(SPEC.child('serviceAccountTokenInSecrets'), inSecrets, text)
  }
}

function* validateTokenRequests(requests: readonly TokenRequest[], path: Path): FieldErrors {
  const audiences = new Set<string>()
  for (const [i, { audience, expirationSeconds: seconds }] of requests.entries()) {
    if (audiences.has(audience)) {
      yield duplicate(path.index(i).child('audience'), audience)
      continue
    }
    audiences.add(audience)
    if (seconds === undefined) continue
    const at = path.index(i).child('expirationSeconds')
    if (seconds < MIN_TOKEN_SECONDS)
      yield invalid(at, seconds, 'may not specify a duration less than 10 minutes')
    if (seconds > MAX_TOKEN_SECONDS) {
      yield invalid(at, seconds, 'may not specify a duration larger than 2^32 seconds')
    }
  }
}

const tokenWarnings = ({ tokenRequests, serviceAccountTokenInSecrets }: CSIDriverSpec): string[] =>
  (tokenRequests ?? []).length > 0 && serviceAccountTokenInSecrets === undefined ? [TOKENS_IN_SECRETS] : []
