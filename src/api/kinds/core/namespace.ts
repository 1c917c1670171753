// Namespace: a room for names. Deleted in two steps: its content first, then itself (finalize).
//
// Upstream: pkg/registry/core/namespace/strategy.go, ValidateNamespace in pkg/apis/core/validation

import { ageColumn, column, nameColumn } from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { clusterMetadata, metadataUpdate, qualifiedFinalizer } from '#api/kinds/metadata.ts'
import { keepField } from '#api/kinds/status-metadata.ts'
import { invalid, Path } from '#api/meta/field-error.ts'
import { isQualifiedName, nameIsDNSLabel } from '#api/meta/names.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type { Namespace } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

/** Selectors can name a namespace by it: nobody may change it. */
const NAME_LABEL = 'kubernetes.io/metadata.name'
const FINALIZERS = new Path('spec.finalizers')
const PHASE = new Path('status.Phase')

export const namespace = defineKind<Draft<Namespace>>({
  group: '',
  kind: 'Namespace',
  resource: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  hasGeneration: false,
  defaults(draft) {
    draft.status ??= {}
    draft.status.phase ??= 'Active'
    const name = draft.metadata?.name
    if (!draft.metadata || !name) return
    draft.metadata = { ...draft.metadata, labels: { ...draft.metadata.labels, [NAME_LABEL]: name } }
  },
  /** The finalizer `kubernetes` keeps a namespace until its content is gone. */
  prepareForCreate(draft) {
    draft.status = { phase: 'Active' }
    const finalizers = draft.spec?.finalizers ?? []
    draft.spec = {
      finalizers: finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'],
    }
  },
  prepareForUpdate(draft, old) {
    keepField(draft, old, 'spec')
    keepField(draft, old, 'status')
  },
  validate,
  *validateUpdate(object, old) {
    yield* validate(object)
    yield* metadataUpdate(object, old)
  },
  status: {
    prepareForUpdate: (draft, old) => keepField(draft, old, 'spec'),
    *validateUpdate(object, old) {
      yield* metadataUpdate(object, old)
      yield* validatePhase(object)
    },
  },
  storedSubresources: {
    finalize: {
      prepareForUpdate: (draft, old) => keepField(draft, old, 'status'),
      *validateUpdate(object, old) {
        yield* metadataUpdate(object, old)
        for (const [i, name] of (object.spec?.finalizers ?? []).entries()) {
          yield* validateFinalizer(FINALIZERS.index(i), name)
        }
      },
    },
  },
  selectableFields: { 'status.phase': (object) => object.status?.phase ?? '' },
  columns: [
    nameColumn(),
    column('Status', 'The status of the namespace', ({ status }) => status?.phase ?? ''),
    ageColumn(),
  ],
})

function* validate(object: Namespace): FieldErrors {
  yield* clusterMetadata(object, nameIsDNSLabel)
  for (const name of object.spec?.finalizers ?? []) yield* validateFinalizer(FINALIZERS, name)
}

function* validateFinalizer(path: Path, name: string): FieldErrors {
  for (const problem of isQualifiedName(name)) yield invalid(path, name, problem)
  yield* qualifiedFinalizer(path, name)
}

function* validatePhase({ metadata, status }: Namespace): FieldErrors {
  const phase = status?.phase ?? ''
  if (metadata?.deletionTimestamp === undefined) {
    if (phase !== 'Active')
      yield invalid(PHASE, phase, "may only be 'Active' if `deletionTimestamp` is empty")
  } else if (phase !== 'Terminating') {
    yield invalid(PHASE, phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")
  }
}
