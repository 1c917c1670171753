// One state of a template that a set of pods has had, kept as a ControllerRevision. Pure.
//
// The data is the patch that brings the template back: `kubectl rollout undo` applies it. Its hash names the
// revision and the pods made from it, so it must be upstream's to the byte.
// Upstream: pkg/controller/history/controller_history.go, pkg/controller/statefulset/stateful_set_utils.go

import type { KubeObject } from '#api/meta/object.ts'
import type { ResourceType } from '#api/resources.ts'
import type { ControllerRevision } from '#api/types/apps.ts'
import type { PodTemplateSpec } from '#api/types/core.ts'
import { FNV32_OFFSET, fnv32 } from '#controllers/hash/fnv.ts'
import { goJson } from '#controllers/history/go-json.ts'
import { controllerReference } from '#controllers/owner-references.ts'
import { safeEncode } from '#sys/random.ts'

const HASH_LABEL = 'controller.kubernetes.io/hash'
/** Names of sets are cut here, so that the hash still fits. */
const MAX_PREFIX = 223

/** An object whose pods are made from a template that has a history. */
export interface TemplateOwner extends KubeObject {
  readonly spec?: { readonly template: PodTemplateSpec }
}

/**
 * What a revision keeps: the template, to be put in place of another. Its fields are sorted as Go writes a map: there are
 * clients that compare the bytes.
 */
export function templatePatch(owner: TemplateOwner): object {
  const patch = { spec: { template: { ...owner.spec?.template, $patch: 'replace' } } }
  return JSON.parse(goJson(patch)) as object
}

/** The template that a revision keeps. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec {
  const data = revision.data as { spec?: { template?: PodTemplateSpec & { $patch?: string } } } | undefined
  const { $patch: _patch, ...template } = data?.spec?.template ?? {}
  return template
}

export function isSameData(a: ControllerRevision, b: ControllerRevision): boolean {
  return goJson(a.data) === goJson(b.data)
}

/** The hash of a revision's data; `collisionCount` makes another one. */
export function revisionHash(data: object, collisionCount: number | undefined): string {
  const text = `${goJson(data)}${collisionCount ?? ''}`
  return safeEncode(String(fnv32(FNV32_OFFSET, Buffer.from(text))))
}

/** The revision of the owner's present template. */
export function newRevision(
  type: ResourceType,
  owner: TemplateOwner,
  revision: number,
  collisionCount: number,
): ControllerRevision {
  const { namespace = '', annotations } = owner.metadata ?? {}
  const data = templatePatch(owner)
  const hash = revisionHash(data, collisionCount)
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      namespace,
      name: nameOf(owner, hash),
      labels: { ...owner.spec?.template.metadata?.labels, [HASH_LABEL]: hash },
      ...(annotations && { annotations }),
      ownerReferences: [controllerReference(type, owner)],
    },
    data,
    revision,
  }
}

/** The revision under the name that belongs to this collision count. */
export function renamed(
  revision: ControllerRevision,
  owner: KubeObject,
  collisionCount: number,
): ControllerRevision {
  const name = nameOf(owner, revisionHash(revision.data ?? {}, collisionCount))
  return { ...revision, metadata: { ...revision.metadata, name } }
}

const nameOf = (owner: KubeObject, hash: string): string =>
  `${(owner.metadata?.name ?? '').slice(0, MAX_PREFIX)}-${hash}`

export type RevisionChoice =
  /** The template is that of the newest revision, or of an older one that becomes the newest again. */
  | { readonly action: 'keep' | 'renumber'; readonly revision: ControllerRevision }
  | { readonly action: 'create' }

/** Which revision the template is; `revisions` begin with the oldest. */
export function chooseRevision(
  revisions: readonly ControllerRevision[],
  proposed: ControllerRevision,
): RevisionChoice {
  const newest = revisions.at(-1)
  const equal = revisions.findLast((revision) => isSameData(revision, proposed))
  if (!newest || !equal) return { action: 'create' }
  if (isSameData(newest, equal)) return { action: 'keep', revision: newest }
  return { action: 'renumber', revision: { ...equal, revision: proposed.revision } }
}

/** The number after the last. */
export function nextNumber(revisions: readonly ControllerRevision[]): number {
  return (revisions.at(-1)?.revision ?? 0) + 1
}

/** By number, then by age. */
export function byRevision(a: ControllerRevision, b: ControllerRevision): number {
  if (a.revision !== b.revision) return a.revision - b.revision
  const [left, right] = [a.metadata?.creationTimestamp ?? '', b.metadata?.creationTimestamp ?? '']
  if (left !== right) return left < right ? -1 : 1
  return (a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1
}
