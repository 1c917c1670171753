// The metadata of a built-in object: the rules for all, and that a finalizer without a domain is one of Kubernetes' own.
//
// The validators of kinds begin with these. Upstream: ValidateObjectMeta and ValidateObjectMetaUpdate in
// pkg/apis/core/validation/validation.go

import { invalid, Path } from '#api/meta/field-error.ts'
import { nameIsDNSSubdomain } from '#api/meta/names.ts'
import type { ObjectMeta } from '#api/meta/object.ts'
import {
  type NameValidator,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from '#api/meta/object-meta-validation.ts'
import type { FieldErrors } from '#api/meta/validation.ts'

interface WithMetadata {
  readonly metadata?: ObjectMeta
}

const METADATA = new Path('metadata')
const KUBERNETES_FINALIZERS: readonly string[] = ['kubernetes', 'orphan', 'foregroundDeletion']

/** Metadata of an object in a namespace. */
export function* namespacedMetadata(
  object: WithMetadata,
  validateName: NameValidator = nameIsDNSSubdomain,
): FieldErrors {
  yield* validateObjectMeta(object.metadata ?? {}, true, validateName)
  yield* qualifiedFinalizers(object)
}

/** Metadata of a cluster-scoped object. */
export function* clusterMetadata(
  object: WithMetadata,
  validateName: NameValidator = nameIsDNSSubdomain,
): FieldErrors {
  yield* validateObjectMeta(object.metadata ?? {}, false, validateName)
  yield* qualifiedFinalizers(object)
}

/** What an update may not do to metadata. */
export function* metadataUpdate(object: WithMetadata, old: WithMetadata): FieldErrors {
  yield* validateObjectMetaUpdate(object.metadata ?? {}, old.metadata ?? {})
  yield* qualifiedFinalizers(object)
}

/** The rules for all, without the one about finalizers: what kinds of the younger groups ask for. */
export function* plainMetadata(
  object: WithMetadata,
  namespaced: boolean,
  validateName: NameValidator = nameIsDNSSubdomain,
): FieldErrors {
  yield* validateObjectMeta(object.metadata ?? {}, namespaced, validateName)
}

export function* plainMetadataUpdate(object: WithMetadata, old: WithMetadata): FieldErrors {
  yield* validateObjectMetaUpdate(object.metadata ?? {}, old.metadata ?? {})
}

function* qualifiedFinalizers(object: WithMetadata): FieldErrors {
  for (const [i, name] of (object.metadata?.finalizers ?? []).entries()) {
    yield* qualifiedFinalizer(METADATA.child('finalizers').index(i), name)
  }
}

export function* qualifiedFinalizer(path: Path, name: string): FieldErrors {
  if (!name.includes('/') && !KUBERNETES_FINALIZERS.includes(name)) {
    yield invalid(path, name, 'name is neither a standard finalizer name nor is it fully qualified')
  }
}
