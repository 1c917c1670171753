// Tables and bare metadata: what `kubectl get` and metadata clients ask for instead of the objects.
//
// The server knows the columns, so that kubectl needs no knowledge of a kind to print it. Objects are not
// copied: the rows refer to the metadata of the (frozen) objects.
// Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/response.go, pkg/printers/tablegenerator.go

import { DEFAULT_COLUMNS } from '#api/kinds/columns.ts'
import type { Column, KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject, KubeList, KubeObject, ListMeta, ObjectMeta } from '#api/meta/object.ts'
import { badRequest } from '#api/meta/status.ts'

/** Version of meta.k8s.io that was asked for. */
export type TableVersion = 'v1' | 'v1beta1'
export type IncludeObject = 'None' | 'Metadata' | 'Object'

export interface TableOptions {
  readonly version?: TableVersion
  readonly includeObject?: IncludeObject
  /** Set for all events of a watch but the first. */
  readonly withoutHeaders?: boolean
  /** The object as `includeObject=Object` shows it: in the version of the request. */
  whole?(object: JsonObject): JsonObject
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

/** A Table of `objects`, in their stored form; `listMeta` is that of the list, or of the one object. */
export function tableOf(
  kind: KindDefinition,
  objects: readonly JsonObject[],
  listMeta: ListMeta,
  options: TableOptions,
): JsonObject {
  const version = options.version ?? 'v1'
  const columns = kind.columns ?? (DEFAULT_COLUMNS as readonly Column<JsonObject>[])
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: listMetaOf(listMeta),
    columnDefinitions: options.withoutHeaders
      ? null
      : columns.filter(({ isNameless }) => !isNameless).map(columnDefinition),
    rows: rowsOf(kind, columns, objects, options),
  }
}

/** Kinds without columns of their own have no rows rather than an empty list of them. */
function rowsOf(
  kind: KindDefinition,
  columns: readonly Column<JsonObject>[],
  objects: readonly JsonObject[],
  options: TableOptions,
): readonly JsonObject[] | null {
  if (objects.length === 0 && !kind.columns) return null
  const { includeObject: include = 'Metadata', version = 'v1', whole } = options
  const shown = (object: JsonObject): JsonObject | null => {
    if (include === 'None') return null
    return include === 'Object' ? (whole?.(object) ?? object) : partialMetadata(object, version, kind)
  }
  return objects.map((object) => {
    const conditions = kind.rowConditions?.(object)
    return {
      cells: columns.map((column) => column.cell(object, options.now)),
      ...(conditions && conditions.length > 0 && { conditions }),
      object: shown(object),
    }
  })
}

function columnDefinition({ name, type, format, description, priority }: Column<JsonObject>): JsonObject {
  return { name, type, format: format ?? '', description, priority: priority ?? 0 }
}

/** An object with its metadata alone; `kind` knows which annotations stand for fields, and are no metadata. */
export function partialMetadata(
  object: KubeObject,
  version: TableVersion = 'v1',
  kind?: Pick<KindDefinition, 'fieldAnnotations'>,
): JsonObject {
  let metadata = object.metadata ?? {}
  for (const name of kind?.fieldAnnotations ?? []) metadata = withoutAnnotation(metadata, name)
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata }
}

function withoutAnnotation(metadata: ObjectMeta, name: string): ObjectMeta {
  if (metadata.annotations?.[name] === undefined) return metadata
  const { annotations, ...others } = metadata
  const { [name]: _, ...kept } = annotations
  return Object.keys(kept).length === 0 ? others : { ...others, annotations: kept }
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
