// Every path of a group version with its operations: what can be done follows from the verbs.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/installer.go

import { apiVersionOf } from '#api/meta/object.ts'
import {
  capitalized,
  groupTag,
  META,
  type Method,
  type Operation,
  type OperationContext,
  OperationMaker,
} from '#api/schema/openapi-operations.ts'
import type { ServedGroup, ServedResource, ServedSubresource, ServedVersion } from '#api/schema/resources.ts'

export interface PathItem {
  readonly path: string
  readonly operations: readonly Operation[]
}

/** Kinds whose deletion answers with the object instead of a Status. */
const ANSWERS_DELETION_WITH_OBJECT: ReadonlySet<string> = new Set([
  'CSIDriver',
  'CSINode',
  'DeviceClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Pod',
  'PodTemplate',
  'ResourceClaim',
  'ResourceClaimTemplate',
  'ResourceQuota',
  'ResourceSlice',
  'Service',
  'ServiceAccount',
  'StorageClass',
  'VolumeAttachment',
  'VolumeAttributesClass',
])

/** The paths of a group version: its list of resources, and everything below. */
export function versionPaths(group: ServedGroup, served: ServedVersion): PathItem[] {
  const base =
    group.name === '' ? `/api/${served.version}` : `/apis/${apiVersionOf(group.name, served.version)}`
  const tag = groupTag(group.name)
  const context: OperationContext = {
    base,
    group: group.name,
    version: served.version,
    tag: `${tag}_${served.version}`,
    prefix: capitalized(tag) + capitalized(served.version),
  }
  const resourceList: Operation = {
    method: 'get',
    id: `get${context.prefix}APIResources`,
    tag: context.tag,
    description: 'get available resources',
    parameters: [],
    responses: { 200: `${META}APIResourceList` },
    media: 'object',
  }
  return [
    { path: `${base}/`, operations: [resourceList] },
    ...served.resources.flatMap((resource) => resourcePaths(resource, context)),
  ]
}

function resourcePaths(resource: ServedResource, context: OperationContext): PathItem[] {
  const { namespaced, kind } = resource
  const can = (verb: string): boolean => resource.verbs.includes(verb)
  const make = new OperationMaker(resource, context)
  const scope = namespaced ? '/namespaces/{namespace}' : ''
  const collection = `${context.base}${scope}/${resource.resource}`
  const item = `${collection}/{name}`
  const everywhere = `${context.base}/${resource.resource}`
  const watch = (path: string): string => path.replace(context.base, `${context.base}/watch`)
  const items: PathItem[] = []
  const add = (path: string, ...operations: (Operation | false)[]): void => {
    const present = operations.filter((operation) => operation !== false)
    if (present.length > 0) items.push({ path, operations: present })
  }
  if (namespaced) add(everywhere, can('list') && make.list(true))
  add(
    collection,
    can('list') && make.list(false),
    can('create') && make.create(),
    can('deletecollection') && make.deleteCollection(),
  )
  add(
    item,
    can('get') && make.read(),
    can('update') && make.replace(),
    can('delete') && make.delete(ANSWERS_DELETION_WITH_OBJECT.has(kind)),
    can('patch') && make.patch(),
  )
  for (const sub of resource.subresources) addSubresource(item, sub, make.forSubresource(sub), add)
  if (can('watch')) {
    if (namespaced) add(watch(everywhere), make.watchList(true))
    add(watch(collection), make.watchList(false))
    add(watch(item), make.watch())
  }
  return items
}

function addSubresource(
  item: string,
  sub: ServedSubresource,
  make: OperationMaker,
  add: (path: string, ...operations: (Operation | false)[]) => void,
): void {
  const path = `${item}/${sub.name}`
  if (sub.name === 'log') add(path, make.log())
  else if (sub.isConnection) {
    const methods: readonly Method[] = sub.name === 'proxy' ? PROXY_METHODS : ['get', 'post']
    add(path, ...methods.map((method) => make.connect(method, false)))
    if (sub.name === 'proxy') add(`${path}/{path}`, ...methods.map((method) => make.connect(method, true)))
  } else {
    const can = (verb: string): boolean => sub.verbs.includes(verb)
    add(
      path,
      can('get') && make.read(),
      can('update') && make.replace(),
      can('create') && make.create(),
      can('patch') && make.patch(),
    )
  }
}

const PROXY_METHODS: readonly Method[] = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']
