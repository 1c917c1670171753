// CustomResourceDefinition: a kind that users add, with its schema.
//
// Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition/strategy.go

import { setDefinitionCondition } from '#api/kinds/apiextensions/conditions.ts'
import { formatWarnings } from '#api/kinds/apiextensions/formats.ts'
import {
  validateAcceptedNames,
  validateDefinition,
  validateDefinitionUpdate,
} from '#api/kinds/apiextensions/validate.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { plainMetadataUpdate } from '#api/kinds/metadata.ts'
import { keepField } from '#api/kinds/status-metadata.ts'
import type { CustomResourceDefinition } from '#api/types/apiextensions.ts'
import type { Draft } from '#api/types/wire.ts'

const DEFAULT_PORT = 443

export const customResourceDefinition = defineKind<Draft<CustomResourceDefinition>>({
  group: 'apiextensions.k8s.io',
  kind: 'CustomResourceDefinition',
  resource: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  storagePrefix: '/registry/apiextensions.k8s.io/customresourcedefinitions',
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  defaults,
  prepareForCreate(draft) {
    draft.status = emptyStatus()
    addStoredVersion(draft)
  },
  prepareForUpdate(draft, old) {
    keepField(draft, old, 'status')
    addStoredVersion(draft)
  },
  prepareForDelete: markTerminating,
  validate: validateDefinition,
  validateUpdate: validateDefinitionUpdate,
  warnings: (object) => formatWarnings(object, undefined),
  warningsOnUpdate: (object, old) => formatWarnings(object, old),
  status: {
    prepareForUpdate: (draft, old) => keepField(draft, old, 'spec'),
    *validateUpdate(object, old) {
      yield* plainMetadataUpdate(object, old)
      yield* validateAcceptedNames(object)
    },
  },
})

/** Keeps a definition until the API server has deleted all objects of its kind. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io'

function markTerminating(draft: Draft<CustomResourceDefinition>, now: string): void {
  const finalizers = draft.metadata?.finalizers ?? []
  if (!finalizers.includes(CLEANUP_FINALIZER)) {
    draft.metadata = { ...draft.metadata, finalizers: [...finalizers, CLEANUP_FINALIZER] }
  }
  const pending = {
    type: 'Terminating',
    status: 'True',
    reason: 'InstanceDeletionPending',
    message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
  }
  const conditions = setDefinitionCondition(draft.status?.conditions ?? [], pending, now)
  draft.status = { ...draft.status, conditions: [...conditions] }
}

function defaults(draft: Draft<CustomResourceDefinition>): void {
  const { spec } = draft
  if (!spec) return
  const { names } = spec
  if (names) {
    if (!names.singular && names.kind) names.singular = names.kind.toLowerCase()
    if (!names.listKind && names.kind) names.listKind = `${names.kind}List`
  }
  spec.conversion ??= { strategy: 'None' }
  const service = spec.conversion.webhook?.clientConfig?.service
  if (service) service.port ??= DEFAULT_PORT
  if ((draft.status?.storedVersions ?? []).length > 0) return
  addStoredVersion(draft)
}

/** Without `omitempty` upstream, so that these are written even when they are empty. */
const emptyStatus = (): NonNullable<Draft<CustomResourceDefinition>['status']> =>
  JSON.parse('{"conditions":null,"acceptedNames":{"plural":"","kind":""},"storedVersions":null}')

/** A version in which objects are stored is remembered until somebody has migrated them. */
function addStoredVersion(draft: Draft<CustomResourceDefinition>): void {
  const name = draft.spec?.versions?.find(({ storage }) => storage)?.name
  if (name === undefined) return
  const stored = draft.status?.storedVersions ?? []
  if (!stored.includes(name)) draft.status = { ...draft.status, storedVersions: [...stored, name] }
}
