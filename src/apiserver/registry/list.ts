// List: all objects under a prefix that a selector takes, whole or in pages, at the revision that the client asks for.
//
// It comes from the watch cache, after that has caught up with the store where the client wants the newest. Pages and
// exact revisions come from there as long as nothing has changed since, and else from the store, which knows the past. Invariant: resourceVersion is the revision of
// the store at which the list is complete, never that of its newest item.
// Upstream: staging/src/k8s.io/apiserver/pkg/storage/{etcd3/store.go,cacher/cacher.go} (GetList)

import type { KindDefinition } from '#api/kinds/kind.ts'
import { badRequest } from '#api/meta/status.ts'
import { keyOf, listPrefixOf } from '#apiserver/registry/catalog.ts'
import { type ContinueToken, decodeContinue, encodeContinue } from '#apiserver/registry/continue-token.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import type { ObjectRange, RangeRequest } from '#apiserver/registry/object-store.ts'
import type { ListOptions } from '#apiserver/registry/options.ts'
import {
  expiredContinue,
  expiredList,
  parseResourceVersion,
  tooLargeResourceVersion,
} from '#apiserver/registry/resource-version.ts'
import type { RegistryList } from '#apiserver/registry/results.ts'
import type { Scope } from '#apiserver/registry/scope.ts'
import { type Selection, selectionOf } from '#apiserver/registry/selection.ts'
import type { StoredObject } from '#apiserver/registry/stored-object.ts'
import { CompactedError, FutureRevisionError, prefixEnd, type Revision } from '#store/store.ts'

/** How many keys one read of the store may bring, however many a page wants. */
const MAX_READ = 10_000

interface Range {
  readonly prefix: string
  readonly fromKey: string
  /** 0: the newest. */
  readonly revision: Revision
  readonly limit: number
  readonly isContinued: boolean
}

export async function listObjects(
  dependencies: RegistryDependencies,
  scope: Scope,
  options: ListOptions,
): Promise<RegistryList> {
  const selection = selectionOf(scope, options)
  const prefix = listPrefixOf(scope.kind, selection.namespace ?? scope.namespace)
  const limit = Math.max(0, options.limit)
  const range = rangeOf(prefix, limit, options)
  const inPages = () => listInPages(dependencies, scope.kind, range, selection, options)
  const list =
    selection.name !== undefined
      ? await listOne(dependencies, scope, selection, options)
      : isPaged(range, options)
        ? await inPages()
        : await listFromCache(dependencies, scope.kind, prefix, selection, options).catch(
            (error: unknown) => {
              // the store says which value it is that cannot be read
              if (options.resourceVersion === '' && dependencies.cacheOf(scope.kind).isBroken)
                return inPages()
              throw error
            },
          )
  return { kind: scope.kind, version: scope.version, ...list }
}

type Page = Pick<RegistryList, 'resourceVersion' | 'continue' | 'remainingItemCount' | 'items'>

function rangeOf(prefix: string, limit: number, options: ListOptions): Range {
  const base = { prefix, limit, fromKey: prefix, revision: 0, isContinued: false }
  if (options.continue !== '') {
    const token: ContinueToken = decodeContinue(options.continue, prefix)
    if (options.resourceVersion !== '' && options.resourceVersion !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue')
    }
    return { ...base, fromKey: token.fromKey, revision: Math.max(0, token.revision), isContinued: true }
  }
  const wanted = parseResourceVersion(options.resourceVersion)
  const isExact =
    options.resourceVersionMatch === 'Exact' || (options.resourceVersionMatch === '' && limit > 0)
  return isExact ? { ...base, revision: wanted } : base
}

/** Whether it is one page or one exact revision. Who takes any state ("0") gets it whole, as of upstream. */
function isPaged(range: Range, options: ListOptions): boolean {
  if (range.isContinued || range.revision > 0) return true
  return range.limit > 0 && options.resourceVersion !== '0'
}

async function listFromCache(
  dependencies: RegistryDependencies,
  kind: KindDefinition,
  prefix: string,
  selection: Selection,
  options: ListOptions,
): Promise<Page> {
  const cache = dependencies.cacheOf(kind)
  const revision = await cache.waitFor(
    options.resourceVersion === '' ? 'newest' : parseResourceVersion(options.resourceVersion),
  )
  const items = cache.list(prefix, selection.matches, selection.narrow)
  return { resourceVersion: String(revision), continue: '', items }
}

async function listOne(
  dependencies: RegistryDependencies,
  scope: Scope,
  selection: Selection,
  options: ListOptions,
): Promise<Page> {
  const cache = dependencies.cacheOf(scope.kind)
  const revision = await cache.waitFor(
    options.resourceVersion === '' ? 'newest' : parseResourceVersion(options.resourceVersion),
  )
  const namespace = selection.namespace ?? scope.namespace
  if (scope.kind.namespaced && namespace === '') {
    const items = cache.list(listPrefixOf(scope.kind, ''), selection.matches)
    return { resourceVersion: String(revision), continue: '', items }
  }
  const found = cache.get(keyOf(scope.kind, namespace, selection.name!))
  const items = found && (selection.matches?.(found.object) ?? true) ? [found] : []
  return { resourceVersion: String(revision), continue: '', items }
}

/**
 * A range at a revision (0: the newest). The cache has it when nothing of this resource has changed since; whether the
 * revision may still be asked for is a question to the store all the same, so that old tokens end when they should.
 */
async function readRange(
  dependencies: RegistryDependencies,
  kind: KindDefinition,
  request: RangeRequest,
): Promise<ObjectRange> {
  const { cacheOf, objects } = dependencies
  const cache = cacheOf(kind)
  if (cache.isBroken) return objects.range(kind, request)
  if (request.revision === 0) {
    await cache.waitFor('newest')
    return cache.range(request)
  }
  if (cache.isUnchangedSince(request.revision)) await objects.checkRevision(kind, request.revision)
  if (!cache.isUnchangedSince(request.revision)) return objects.range(kind, request)
  return { ...cache.range(request), revision: request.revision }
}

/** Reads pages until enough items match; larger ones as fewer do. */
async function listInPages(
  dependencies: RegistryDependencies,
  kind: KindDefinition,
  range: Range,
  selection: Selection,
  options: ListOptions,
): Promise<Page> {
  const items: StoredObject[] = []
  let { fromKey, revision } = range
  let limit = range.limit
  for (;;) {
    const request = { start: fromKey, end: prefixEnd(range.prefix), limit, revision }
    const answer = await readRange(dependencies, kind, request).catch((error: unknown) =>
      rangeFailed(dependencies, error, range, fromKey),
    )
    const minimum = parseResourceVersion(options.resourceVersion)
    if (minimum > answer.revision) throw tooLargeResourceVersion(minimum, answer.revision, 0)
    if (revision === 0) revision = answer.revision
    let seen = 0
    for (const item of answer.items) {
      if (range.limit > 0 && items.length >= range.limit) break
      seen++
      fromKey = `${item.key}\0`
      if (selection.matches?.(item.object) ?? true) items.push(item)
    }
    const hasMore = answer.more || seen < answer.items.length
    if (!hasMore || range.limit === 0) return { resourceVersion: String(revision), continue: '', items }
    if (items.length >= range.limit) {
      return {
        resourceVersion: String(revision),
        continue: encodeContinue(fromKey, range.prefix, revision),
        ...(!selection.matches && { remainingItemCount: answer.count - range.limit }),
        items,
      }
    }
    limit = Math.min(MAX_READ, limit * 2)
  }
}

async function rangeFailed(
  dependencies: RegistryDependencies,
  error: unknown,
  range: Range,
  fromKey: string,
): Promise<never> {
  if (error instanceof CompactedError)
    throw range.isContinued ? expiredContinue(fromKey, range.prefix) : expiredList()
  if (error instanceof FutureRevisionError) {
    throw tooLargeResourceVersion(range.revision, await dependencies.objects.currentRevision(), 0)
  }
  throw error
}
