// An answer as something else: a Table for people, or the metadata alone.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/response.go

import type { KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject } from '#api/meta/object.ts'
import { notAcceptable } from '#api/meta/status.ts'
import type { ObjectType } from '#apiserver/exchange.ts'
import { listMeta } from '#apiserver/http/encode.ts'
import type { Conversion } from '#apiserver/http/negotiation.ts'
import { toVersion } from '#apiserver/registry/catalog.ts'
import type { RegistryList } from '#apiserver/registry/results.ts'

const metaApiVersion = (conversion: Conversion): string => `meta.k8s.io/${conversion.metaVersion}`

/** Upstream's name of a type in its refusals: `*core.ConfigMapList`. */
function goType(kind: KindDefinition, suffix: string): string {
  return `*${kind.group === '' ? 'core' : kind.group.split('.')[0]}.${kind.kind}${suffix}`
}

export function transformObject(
  object: JsonObject,
  type: ObjectType,
  conversion: Conversion,
  _query: URLSearchParams,
): JsonObject {
  switch (conversion.kind) {
    case 'PartialObjectMetadata':
      return partialObject(object, conversion)
    case 'PartialObjectMetadataList':
      throw notAcceptable(
        `you requested PartialObjectMetadataList, but the requested object is not a list (${goType(type.kind, '')})`,
      )
    case 'Table':
      return object
  }
}

export function transformList(
  list: RegistryList,
  conversion: Conversion,
  _query: URLSearchParams,
): JsonObject {
  switch (conversion.kind) {
    case 'PartialObjectMetadata':
      throw notAcceptable(
        `you requested PartialObjectMetadata, but the requested object is a list (${goType(list.kind, 'List')})`,
      )
    case 'PartialObjectMetadataList':
      return {
        kind: 'PartialObjectMetadataList',
        apiVersion: metaApiVersion(conversion),
        metadata: listMeta(list),
        items: list.items.map(({ object }) => partialObject(object, conversion)),
      }
    case 'Table':
      return { kind: 'List', items: list.items.map((i) => toVersion(list.kind, i.object, list.version)) }
  }
}

export function partialObject(object: JsonObject, conversion: Conversion): JsonObject {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: metaApiVersion(conversion),
    metadata: object['metadata'],
  }
}
