// Tables and bare metadata: what `kubectl get` and metadata clients ask for instead of the objects.
//
// The server knows the columns, so that kubectl needs no knowledge of a kind to print it. Objects are not
// copied: the rows refer to the metadata of the (frozen) objects.
// Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/response.go, pkg/printers/tablegenerator.go

import type { Column, KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject, KubeList, KubeObject, ListMeta } from '#api/meta/object.ts'
import { badRequest } from '#api/meta/status.ts'

/** Version of meta.k8s.io that was asked for. */
export type TableVersion = 'v1' | 'v1beta1'
export type IncludeObject = 'None' | 'Metadata' | 'Object'

export interface TableOptions {
  readonly version?: TableVersion
  readonly includeObject?: IncludeObject
  /** Set for all events of a watch but the first. */
  readonly withoutHeaders?: boolean
  /** Wall time in milliseconds, for ages. */
  readonly now: number
}

/** Reads the query parameter `includeObject`; throws StatusError 400. */
export function parseIncludeObject(value: string | null): IncludeObject {
  if (value === null || value === '') return 'Metadata'
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`,
  )
}

/** A Table of `objects`; `listMeta` is that of the list, or of the one object. */
export function tableOf(
  kind: KindDefinition,
  objects: readonly JsonObject[],
  listMeta: ListMeta,
  options: TableOptions,
): JsonObject {
  const version = options.version ?? 'v1'
  const columns = kind.columns ?? DEFAULT_COLUMNS
  const include = options.includeObject ?? 'Metadata'
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: listMetaOf(listMeta),
    columnDefinitions: options.withoutHeaders ? null : columns.map(columnDefinition),
    rows: objects.map((object) => {
      const conditions = kind.rowConditions?.(object)
      return {
        cells: columns.map((column) => column.cell(object, options.now)),
        ...(conditions && conditions.length > 0 && { conditions }),
        object: include === 'None' ? null : include === 'Object' ? object : partialMetadata(object, version),
      }
    }),
  }
}

function columnDefinition({ name, type, format, description, priority }: Column<JsonObject>): JsonObject {
  return { name, type, format: format ?? '', description, priority: priority ?? 0 }
}

const metadataOf = (object: KubeObject): JsonObject => (object.metadata ?? {}) as JsonObject

/** Columns of a kind that declares none, as upstream's default printer has them. */
const DEFAULT_COLUMNS: readonly Column<JsonObject>[] = [
  {
    name: 'Name',
    type: 'string',
    format: 'name',
    description: 'The name of the object, unique among its kind within a namespace.',
    cell: (object) => (metadataOf(object)['name'] as string | undefined) ?? '',
  },
  {
    name: 'Created At',
    type: 'date',
    description: 'When the server created the object.',
    cell: (object) => (metadataOf(object)['creationTimestamp'] as string | undefined) ?? null,
  },
]

/** An object with its metadata alone. */
export function partialMetadata(object: KubeObject, version: TableVersion = 'v1'): JsonObject {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: object.metadata ?? {},
  }
}

/** A list with the metadata of its items alone. */
export function partialMetadataList(list: KubeList<KubeObject>, version: TableVersion = 'v1'): JsonObject {
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: listMetaOf(list.metadata),
    items: list.items.map((item) => partialMetadata(item, version)),
  }
}

function listMetaOf({ resourceVersion, continue: token, remainingItemCount }: ListMeta): JsonObject {
  return {
    ...(resourceVersion && { resourceVersion }),
    ...(token && { continue: token }),
    ...(remainingItemCount !== undefined && { remainingItemCount }),
  }
}
