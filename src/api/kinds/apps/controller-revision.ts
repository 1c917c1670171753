// ControllerRevision: one past state of a StatefulSet or DaemonSet, for rollback. Its data never changes.
//
// Upstream: pkg/registry/apps/controllerrevision/strategy.go, pkg/apis/apps/validation/validation.go

import { ageColumn, column, field, nameColumn } from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { invalid, Path, required } from '#api/meta/field-error.ts'
import { parseApiVersion } from '#api/meta/object.ts'
import { type FieldErrors, IS_IMMUTABLE, nonnegative } from '#api/meta/validation.ts'
import type { ControllerRevision } from '#api/types/apps.ts'
import type { Draft } from '#api/types/wire.ts'

const DATA = new Path('data')

export const controllerRevision = defineKind<Draft<ControllerRevision>>({
  group: 'apps',
  kind: 'ControllerRevision',
  resource: 'controllerrevisions',
  singular: 'controllerrevision',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: false,
  *validate(object) {
    yield* metadataAndRevision(object)
    const data = object.data as unknown
    if (data === undefined || data === null) yield required(DATA, 'data is mandatory')
    else if (typeof data !== 'object' || Array.isArray(data))
      yield required(DATA, 'data must be a valid JSON object')
  },
  *validateUpdate(object, old) {
    yield* metadataUpdate(object, old)
    yield* metadataAndRevision(object)
    // Not as values but as texts: `{}` is not `[]` here.
    if (JSON.stringify(object.data) !== JSON.stringify(old.data))
      yield invalid(DATA, object.data, IS_IMMUTABLE)
  },
  columns: [
    nameColumn(),
    column('Controller', 'Controller of the object', controllerName),
    column('Revision', field('apps.v1.ControllerRevision', 'revision'), ({ revision }) => revision ?? 0),
    ageColumn(),
  ],
})

function* metadataAndRevision(object: ControllerRevision): FieldErrors {
  yield* namespacedMetadata(object)
  yield* nonnegative(new Path('revision'), object.revision)
}

/** `daemonset.apps/name` */
function controllerName({ metadata }: ControllerRevision): string {
  const owner = (metadata?.ownerReferences ?? []).find(({ controller }) => controller)
  if (!owner) return '<none>'
  const { group } = parseApiVersion(owner.apiVersion)
  return `${owner.kind.toLowerCase()}${group && `.${group}`}/${owner.name}`
}
