// The finalizer that keeps storage while somebody uses it. Pure.
//
// Upstream: pkg/controller/util/protectionutil

import type { KubeObject } from '#api/meta/object.ts'

const isLeaving = (object: KubeObject): boolean => object.metadata?.deletionTimestamp !== undefined

/** Whether the object is to be looked at: it lacks the finalizer, or it waits for it to go. */
export function isProtectionDue(object: KubeObject, finalizer: string): boolean {
  const has = (object.metadata?.finalizers ?? []).includes(finalizer)
  return isLeaving(object) ? has : !has
}

/** The object with the finalizer, or without it when it may go. */
export function withProtection<T extends KubeObject>(object: T, finalizer: string): T {
  const others = (object.metadata?.finalizers ?? []).filter((name) => name !== finalizer)
  const finalizers = isLeaving(object) ? others : [...others, finalizer]
  return { ...object, metadata: { ...object.metadata, finalizers } }
}
