// ServiceAccount: the identity of pods towards the API.
//
// Upstream: pkg/registry/core/serviceaccount/strategy.go

import { ageColumn, nameColumn } from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import type { ServiceAccount } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

const ENFORCE_MOUNTABLE_SECRETS = 'kubernetes.io/enforce-mountable-secrets'

export const serviceAccount = defineKind<Draft<ServiceAccount>>({
  group: '',
  kind: 'ServiceAccount',
  resource: 'serviceaccounts',
  singular: 'serviceaccount',
  shortNames: ['sa'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  prepareForCreate: keepOnlyNames,
  prepareForUpdate: keepOnlyNames,
  validate: (object) => namespacedMetadata(object),
  *validateUpdate(object, old) {
    yield* metadataUpdate(object, old)
    yield* namespacedMetadata(object)
  },
  warnings: (object) => warningsFor(object, undefined),
  warningsOnUpdate: warningsFor,
  columns: [nameColumn(), ageColumn()],
})

/** Of a Secret only its name counts. */
function keepOnlyNames(draft: Draft<ServiceAccount>): void {
  if (draft.secrets) draft.secrets = draft.secrets.map(({ name }) => (name ? { name } : {}))
}

function warningsFor(object: ServiceAccount, old: ServiceAccount | undefined): string[] {
  const uses = ({ metadata }: ServiceAccount): boolean =>
    metadata?.annotations?.[ENFORCE_MOUNTABLE_SECRETS] !== undefined
  if (!uses(object) || (old && uses(old))) return []
  return [
    `metadata.annotations[${ENFORCE_MOUNTABLE_SECRETS}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
  ]
}
