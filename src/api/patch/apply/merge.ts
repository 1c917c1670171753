// A configuration merged into an object: what it names is set, what it does not name stays.
//
// Nothing is removed here (prune.ts does that). The result shares what it does not change with both.
// Upstream: vendor/sigs.k8s.io/structured-merge-diff/v6/typed/merge.go

import type { JsonObject } from '#api/meta/object.ts'
import { itemElement } from '#api/patch/apply/list-items.ts'
import { type ListType, type MapType, type MergeType, typeOfKey } from '#api/patch/apply/merge-type.ts'
import { shapeOf } from '#api/patch/apply/shape.ts'
import { isEmptyMap } from '#api/patch/apply/values.ts'

/** Gives `live` with `config` merged into it. */
export const mergeObjects = (type: MergeType, live: JsonObject, config: JsonObject): JsonObject =>
  mergeMaps(type.map!, live, config)

/** At most one of the two is undefined. */
function merge(type: MergeType, live: unknown, config: unknown): unknown {
  if (config === undefined) return live
  if (live === undefined || live === null) return config
  const shape = shapeOf(type, live)
  if (config !== null && shapeOf(type, config) !== shape) return config
  if (shape === 'map' && !type.map!.atomic) {
    const map = live as JsonObject
    return isEmptyMap(map) ? config : mergeMaps(type.map!, map, (config ?? {}) as JsonObject)
  }
  if (shape === 'list' && !type.list!.atomic) {
    const list = live as unknown[]
    return list.length === 0 ? config : mergeLists(type.list!, list, (config ?? []) as unknown[])
  }
  return config
}

function mergeMaps(type: MapType, live: JsonObject, config: JsonObject): JsonObject {
  const out: JsonObject = { ...live }
  for (const key in config) out[key] = merge(typeOfKey(type, key), live[key], config[key])
  return out
}

/**
 * Items of both lists: those of the configuration in its order; an item that only the live list has stays behind the
 * items that it stood behind.
 */
function mergeLists(type: ListType, live: readonly unknown[], config: readonly unknown[]): unknown[] {
  const liveElements = live.map((item) => itemElement(type, item))
  const configElements = config.map((item) => itemElement(type, item))
  const liveItems = new Map<string, unknown>()
  for (const [position, element] of liveElements.entries()) {
    // items that are there twice are not merged with, but replaced
    liveItems.set(element, liveItems.has(element) ? null : live[position])
  }
  const wanted = new Set(configElements)
  const shared = configElements.filter((element) => liveItems.has(element))
  const merged = new Set<string>()
  const out: unknown[] = []
  let [left, right, nextShared] = [0, 0, 0]

  const takeConfig = (): void => {
    const element = configElements[right]!
    merged.add(element)
    out.push(merge(type.items, liveItems.get(element), config[right]))
    if (element === shared[nextShared]) nextShared++
    right++
  }
  while (left < live.length || right < config.length) {
    const element = liveElements[left]
    if (element === undefined) takeConfig()
    else if (!wanted.has(element)) out.push(live[left++])
    else if (right < config.length && element === configElements[right]) {
      left++
      takeConfig()
    } else if (right < config.length && nextShared < shared.length && shared[nextShared] !== element) left++
    else {
      if (merged.has(element)) left++
      if (right < config.length) takeConfig()
    }
  }
  return out
}
