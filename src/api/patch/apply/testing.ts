// Types, objects and sets of fields, written briefly for the tests of this folder.

import type { JsonObject } from '#api/meta/object.ts'
import { type FieldSet, forEachField } from '#api/patch/apply/field-set.ts'
import { type MergeType, mergeTypeOf } from '#api/patch/apply/merge-type.ts'
import { showPath } from '#api/patch/apply/path-element.ts'
import { kindSchema } from '#api/schema/schema.ts'

export const DEPLOYMENT: MergeType = mergeTypeOf(kindSchema('apps', 'v1', 'Deployment')!)
export const CONFIG_MAP: MergeType = mergeTypeOf(kindSchema('', 'v1', 'ConfigMap')!)

/** A deployment whose pods have these containers. */
export const withContainers = (...containers: unknown[]): JsonObject => ({
  spec: { template: { spec: { containers } } },
})

export const containersOf = (object: JsonObject): JsonObject[] =>
  (object['spec'] as { template: { spec: { containers: JsonObject[] } } }).template.spec.containers

/** The fields of a set as errors show them. */
export function pathsOf(set: FieldSet): string[] {
  const paths: string[] = []
  forEachField(set, (path) => paths.push(showPath(path)))
  return paths.sort()
}
