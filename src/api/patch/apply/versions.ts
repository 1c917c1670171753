// The versions of a kind, as far as ownership needs them: each owner speaks of fields in the version of its writes.
//
// Upstream: staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/versionconverter.go

import type { JsonObject } from '#api/meta/object.ts'
import type { FieldSet } from '#api/patch/apply/field-set.ts'
import type { MergeType } from '#api/patch/apply/merge-type.ts'

export interface Versions {
  /** How objects of an apiVersion merge; undefined when the kind is not served in it (any more). */
  typeOf(apiVersion: string): MergeType | undefined
  /** An object in another version that is served; the object itself when that is its own. */
  convert(object: JsonObject, apiVersion: string): JsonObject
}

/** Gives `set` without the fields that nobody owns through some path to the object: the status, say. */
export type OwnableFields = (set: FieldSet) => FieldSet
