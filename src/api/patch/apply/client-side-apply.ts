// Objects that kubectl applied by itself, with its last configuration in an annotation, handed over to the server.
//
// What the annotation names and the object still has counts as kubectl's own: it does not conflict. Where the
// annotation is there, an apply by kubectl keeps it up to date. Upstream: lastappliedmanager.go, lastappliedupdater.go
// in staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal

import type { JsonObject } from '#api/meta/object.ts'
import { compareObjects } from '#api/patch/apply/compare.ts'
import { difference, type FieldSet } from '#api/patch/apply/field-set.ts'
import { fieldsOf } from '#api/patch/apply/fields-of.ts'
import type { MergeType } from '#api/patch/apply/merge-type.ts'
import { TypedError } from '#api/patch/apply/typed-error.ts'
import { validateObject } from '#api/patch/apply/validate.ts'
import { isEmptyMap, isMap } from '#api/patch/apply/values.ts'

/** Only this manager's applies look at the annotation. */
export const CLIENT_SIDE_APPLIER = 'kubectl'

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'
const MAX_ANNOTATIONS_BYTES = 256 * 1024

/** The fields that are as kubectl applied them last; undefined when that is not known. */
export function fieldsOfLastApplied(
  type: MergeType,
  live: JsonObject,
  apiVersion: string,
): FieldSet | undefined {
  const last = parseObject(annotationsOf(live)[LAST_APPLIED])
  if (last?.['apiVersion'] !== apiVersion || typeof last['kind'] !== 'string') return undefined
  try {
    validateObject(type, last)
    const { added, modified, removed } = compareObjects(type, last, live)
    return [modified, added, removed].reduce(difference, fieldsOf(type, last))
  } catch (error) {
    if (error instanceof TypedError) return undefined
    throw error
  }
}

function annotationsOf(object: JsonObject): JsonObject {
  const metadata = object['metadata']
  const annotations = isMap(metadata) ? metadata['annotations'] : undefined
  return isMap(annotations) ? annotations : {}
}

function parseObject(text: unknown): JsonObject | undefined {
  if (typeof text !== 'string' || text === '') return undefined
  try {
    const object = JSON.parse(text) as unknown
    return isMap(object) ? object : undefined
  } catch {
    return undefined
  }
}

/** Puts `config` into the annotation of `draft`, if it has one; one that would be too large goes. */
export function renewLastApplied(draft: JsonObject, config: JsonObject): void {
  const annotations = annotationsOf(draft)
  if (!annotations[LAST_APPLIED]) return
  annotations[LAST_APPLIED] = `${JSON.stringify(sortKeys(withoutLastApplied(config)))}\n`
  const size = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)),
    0,
  )
  if (size <= MAX_ANNOTATIONS_BYTES) return
  delete annotations[LAST_APPLIED]
  if (isEmptyMap(annotations)) delete (draft['metadata'] as JsonObject)['annotations']
}

function withoutLastApplied(config: JsonObject): JsonObject {
  const annotations = annotationsOf(config)
  if (annotations[LAST_APPLIED] === undefined) return config
  const { [LAST_APPLIED]: _, ...others } = annotations
  return { ...config, metadata: { ...(config['metadata'] as JsonObject), annotations: others } }
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (!isMap(value)) return value
  const sorted: JsonObject = {}
  for (const key of Object.keys(value).sort()) sorted[key] = sortKeys(value[key])
  return sorted
}
