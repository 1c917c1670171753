// An answer as the audit shows it: the JSON that a client would get who takes JSON, in the form that was asked for.
//
// Only what is an object of the API is shown: logs, proxied answers and watches are not.

import type { JsonObject, ObjectMeta } from '#api/meta/object.ts'
import type { ApiResponse } from '#apiserver/exchange.ts'
import { encodeAnswer } from '#apiserver/http/encode.ts'
import { listObject } from '#apiserver/http/encode-list.ts'
import { type TransformContext, transformList, transformObject } from '#apiserver/http/transform.ts'

/** Undefined for an answer that is no object. */
export function responseJson(
  response: ApiResponse,
  context: TransformContext,
  omitManagedFields: boolean,
): string | undefined {
  if (response.type !== 'object' && response.type !== 'list') return undefined
  if (omitManagedFields) return JSON.stringify(withoutManagedFields(objectOf(response, context)))
  if (response.type === 'list') return JSON.stringify(objectOf(response, context))
  const format = { ...response.format, mediaType: 'application/json', pretty: false } as const
  return Buffer.from(encodeAnswer({ ...response, format }, context))
    .toString()
    .trimEnd()
}

function objectOf(
  response: Extract<ApiResponse, { type: 'object' | 'list' }>,
  context: TransformContext,
): JsonObject {
  const { format } = response
  if (response.type === 'list')
    return format.as ? transformList(response.list, format.as, context) : listObject(response.list)
  const { object, objectType } = response
  const isConverted = format.as && objectType && object['kind'] !== 'Status'
  return isConverted ? transformObject(object, objectType, format.as!, context) : object
}

/** Of an object, the items of a list, or the rows of a table. */
function withoutManagedFields(object: JsonObject): JsonObject {
  const { metadata, items, rows } = object
  return {
    ...object,
    ...(hasManagedFields(metadata) && { metadata: { ...metadata, managedFields: undefined } }),
    ...(Array.isArray(items) && { items: (items as JsonObject[]).map(withoutManagedFields) }),
    ...(Array.isArray(rows) && {
      rows: (rows as JsonObject[]).map((row) =>
        row['object'] ? { ...row, object: withoutManagedFields(row['object'] as JsonObject) } : row,
      ),
    }),
  }
}

const hasManagedFields = (metadata: unknown): metadata is ObjectMeta =>
  typeof metadata === 'object' && metadata !== null && 'managedFields' in metadata
