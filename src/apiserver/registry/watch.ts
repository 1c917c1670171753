// Watch: every change of a collection from a revision on, or from what is there now.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/{get,watch}.go, .../pkg/storage/cacher/cacher.go

import { listPrefixOf } from '#apiserver/registry/catalog.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import { plainError } from '#apiserver/registry/object-store.ts'
import type { ListOptions } from '#apiserver/registry/options.ts'
import {
  invalidVersion,
  isResourceVersion,
  parseResourceVersion,
} from '#apiserver/registry/resource-version.ts'
import type { Deliver, RegistryWatch } from '#apiserver/registry/results.ts'
import type { Scope } from '#apiserver/registry/scope.ts'
import { selectionOf } from '#apiserver/registry/selection.ts'
import { triggerFieldOf } from '#apiserver/watchcache/caches.ts'
import type { CacheWatchRequest } from '#apiserver/watchcache/watch-cache.ts'

/** Without a timeout of its own a watch lasts between half an hour and an hour, so that clients do not all return at once. */
const MIN_TIMEOUT_MS = 1_800_000

/** Prepares a watch; throws 4xx for what cannot be watched. Nothing is delivered before `run`. */
export function watchObjects(
  dependencies: RegistryDependencies,
  scope: Scope,
  options: ListOptions,
): RegistryWatch {
  const selection = selectionOf(scope, options)
  const prefix = listPrefixOf(scope.kind, selection.namespace ?? scope.namespace)
  if (!isResourceVersion(options.resourceVersion)) {
    throw plainError(invalidVersion(options.resourceVersion))
  }
  const fromRevision = parseResourceVersion(options.resourceVersion)
  const timeoutMs = options.timeoutSeconds
    ? options.timeoutSeconds * 1000
    : MIN_TIMEOUT_MS * (1 + dependencies.random.next())
  const triggerField = triggerFieldOf(scope.kind)
  const trigger = triggerField === undefined ? undefined : selection.requiredValue(triggerField)
  const request: CacheWatchRequest = {
    prefix,
    // who says nothing at all takes any state, as of old; who asks for a WatchList wants the newest
    fromRevision:
      options.resourceVersion === '' && options.sendInitialEvents !== undefined ? 'newest' : fromRevision,
    initial: options.sendInitialEvents ?? fromRevision === 0,
    bookmarks: options.allowWatchBookmarks,
    initialEnd: options.sendInitialEvents === true && options.allowWatchBookmarks,
    timeoutMs,
    ...(trigger !== undefined && { trigger }),
    ...(selection.matches && { matches: selection.matches }),
  }
  return {
    kind: scope.kind,
    version: scope.version,
    async run(deliver, signal, onBegun) {
      const sent = dependencies.watchEvents?.(scope.kind, scope.version)
      const controller = new AbortController()
      const end = () => controller.abort()
      signal.addEventListener('abort', end, { once: true })
      if (signal.aborted) end()
      const timer = dependencies.clock.after(timeoutMs, end)
      try {
        const begun = onBegun ? { ...request, onBegun } : request
        const counted: Deliver = (events) => {
          if (sent) sent.value += events.length
          return deliver(events)
        }
        await dependencies.cacheOf(scope.kind).watch(begun, counted, controller.signal)
      } finally {
        timer.cancel()
        signal.removeEventListener('abort', end)
      }
    },
  }
}
