// An answer as something else: a Table for people, or the metadata alone.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/response.go

import { parseIncludeObject, partialMetadata, type TableVersion, tableOf } from '#api/codec/table.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject, ListMeta, ObjectMeta } from '#api/meta/object.ts'
import { notAcceptable } from '#api/meta/status.ts'
import type { ObjectType } from '#apiserver/exchange.ts'
import type { Conversion } from '#apiserver/http/negotiation.ts'
import { toStored, toVersion } from '#apiserver/registry/catalog.ts'
import { listMeta, type RegistryList } from '#apiserver/registry/results.ts'

/** What a transformation needs beside the objects. */
export interface TransformContext {
  readonly query: URLSearchParams
  /** Wall time in milliseconds, for ages. */
  readonly now: number
}

/** Upstream's name of a type in its refusals: `*core.ConfigMapList`. */
function goType(kind: KindDefinition, suffix: string): string {
  return `*${kind.group === '' ? 'core' : kind.group.split('.')[0]}.${kind.kind}${suffix}`
}

/**
 * `object` is in the version of the request; `withoutHeaders` for all events of a watch but the first. What is made of
 * it comes from its stored form: annotations that stand for fields which a version lacks are not shown.
 */
export function transformObject(
  object: JsonObject,
  { kind, version }: ObjectType,
  conversion: Conversion,
  context: TransformContext,
  withoutHeaders = false,
): JsonObject {
  switch (conversion.kind) {
    case 'PartialObjectMetadata':
      return partialMetadata(toStored(kind, object, version), conversion.metaVersion, kind)
    case 'PartialObjectMetadataList':
      throw notAcceptable(
        `you requested PartialObjectMetadataList, but the requested object is not a list (${goType(kind, '')})`,
      )
    case 'Table': {
      const { resourceVersion } = (object['metadata'] ?? {}) as ObjectMeta
      const meta = resourceVersion ? { resourceVersion } : {}
      return table(
        { kind, version },
        [toStored(kind, object, version)],
        meta,
        conversion.metaVersion,
        context,
        withoutHeaders,
      )
    }
  }
}

export function transformList(
  list: RegistryList,
  conversion: Conversion,
  context: TransformContext,
): JsonObject {
  const { kind, version } = list
  switch (conversion.kind) {
    case 'PartialObjectMetadata':
      throw notAcceptable(
        `you requested PartialObjectMetadata, but the requested object is a list (${goType(kind, 'List')})`,
      )
    case 'PartialObjectMetadataList':
      return {
        kind: 'PartialObjectMetadataList',
        apiVersion: `meta.k8s.io/${conversion.metaVersion}`,
        metadata: listMeta(list),
        // of nothing Go makes null here
        items:
          list.items.length === 0
            ? null
            : list.items.map(({ object }) => partialMetadata(object, conversion.metaVersion, kind)),
      }
    case 'Table': {
      const objects = list.items.map(({ object }) => object)
      return table({ kind, version }, objects, listMeta(list), conversion.metaVersion, context, false)
    }
  }
}

function table(
  { kind, version }: ObjectType,
  objects: readonly JsonObject[],
  meta: ListMeta,
  metaVersion: TableVersion,
  context: TransformContext,
  withoutHeaders: boolean,
): JsonObject {
  const includeObject = parseIncludeObject(context.query.get('includeObject'))
  const whole = (object: JsonObject): JsonObject => toVersion(kind, object, version)
  return tableOf(kind, objects, meta, {
    version: metaVersion,
    includeObject,
    withoutHeaders,
    whole,
    now: context.now,
  })
}
