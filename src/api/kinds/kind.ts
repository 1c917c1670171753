// The shape of a kind: everything that the generic registry, discovery, OpenAPI and printing need to know.
//
// To add a kind is to add one file that exports one of these, and a line in the list of its group. Hooks are
// pure: they get drafts that they may change, or frozen objects that they judge; the clock is in the context.
// Upstream: a `strategy.go` with `zz_generated.defaults.go`, `validation.go` and `printers.go` of one kind.

import type { Schema } from '#api/kinds/apiextensions/schema.ts'
import type { FieldError } from '#api/meta/field-error.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { MergeType } from '#api/patch/apply/merge-type.ts'
import type { WebhookClientConfig } from '#api/types/apiextensions.ts'

/** What a hook may know beside the objects. */
export interface KindContext {
  /** Wall time in milliseconds. */
  readonly now: number
  /** The version the request was made in: `v1`. */
  readonly version: string
  /** `''` for the object itself, else `status`, `scale`, `ephemeralcontainers`, `resize`, … */
  readonly subresource: string
  /** Who asks; kinds such as CertificateSigningRequest record it. */
  readonly user: KindUser
}

export interface KindUser {
  readonly name: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** One column of `kubectl get` (`metav1.TableColumnDefinition`). */
export interface Column<T> {
  readonly name: string
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  readonly format?: string
  readonly description: string
  /** 0 is always shown, 1 only with `-o wide`. */
  readonly priority?: number
  /** A cell without a head: some kinds have more cells than columns. */
  readonly isNameless?: boolean
  /** The cell; ages are strings such as `5m12s`, so `now` is needed. */
  cell(object: T, now: number): string | number | boolean | null
}

/** `metav1.TableRowCondition`. */
export interface RowCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch'

/** What a subresource that stores into its parent changes and judges. */
export interface SubresourceStrategy<T = JsonObject> {
  /** Puts back whatever this subresource may not change (status: everything but status and parts of metadata). */
  prepareForUpdate?(draft: T, old: T, context: KindContext): void
  validateUpdate?(object: T, old: T, context: KindContext): Iterable<FieldError>
  warningsOnUpdate?(object: T, old: T, context: KindContext): readonly string[]
}

export interface CustomConversion {
  /** The apiVersion in which the objects lie in the store. */
  readonly storedAs: string
  readonly client: WebhookClientConfig
  /** Versions of ConversionReview that the webhook reads. */
  readonly reviewVersions: readonly string[]
}

/** What a custom kind knows by its own schema; for built-in kinds the generated schemas say it. */
export interface CustomForm {
  /** How its objects merge. */
  readonly mergeType: MergeType
  /** Takes out of a draft what the schema does not know and fills in defaults; gives the paths of what went. */
  takeForm(draft: JsonObject): readonly string[]
  /** The kinds of all served versions of its definition, itself included. */
  versions(): readonly KindDefinition[]
  /** Present where a webhook converts between versions: each version then sees a store in its own version. */
  readonly conversion?: CustomConversion
  /** As the definition has it, for OpenAPI; undefined: anything goes. */
  readonly schema: Schema | undefined
}

export interface KindDefinition<T = JsonObject> {
  /** `''` is the core group. */
  readonly group: string
  readonly kind: string
  /** Plural, lower case: the name in paths. */
  readonly resource: string
  readonly singular: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly namespaced: boolean
  /** Versions served, the preferred first; `v1` alone for nearly all. */
  readonly versions: readonly string[]
  /** Present for kinds that users have added. */
  readonly custom?: CustomForm
  /** The version in which hooks see the object and in which it is stored. */
  readonly storageVersion: string
  /** The group of that stored form when it is not the kind's own: events.k8s.io stores events of the core group. */
  readonly storageGroup?: string
  /** What it can do; absent means all eight. Reviews can only `create` and are never stored. */
  readonly verbs?: readonly Verb[]
  /** What every client of a deprecated kind is told, whatever it asks for. */
  readonly deprecation?: string
  /** Objects vanish from the store by themselves after so long: events. */
  readonly ttlSeconds?: number
  /** Key prefix in the store when it is not `/registry/<resource>` (services: `/registry/services/specs`). */
  readonly storagePrefix?: string
  /**
   * Converts between apiVersions (`autoscaling/v1`, or `v1` for the core group): from a served one to the stored
   * one and back. Gives a new object; apiVersion and kind are set by the caller.
   */
  convert?(object: JsonObject, fromApiVersion: string, toApiVersion: string): JsonObject

  /** Fills in defaults as the versioned decoder does: on every write, and on every read from the store. */
  defaults?(draft: T): void
  /** Clears what a client may not set, sets what the server owns. Generation starts at 1 where the kind has one. */
  prepareForCreate?(draft: T, context: KindContext): void
  prepareForUpdate?(draft: T, old: T, context: KindContext): void
  /** What a deletion writes into the object beside its mark: finalizers that the server itself needs. */
  prepareForDelete?(draft: T, now: string): void
  /** All that is wrong, metadata included (kinds/metadata.ts). Absent, the registry checks metadata alone. */
  validate?(object: T, context: KindContext): Iterable<FieldError>
  /**
   * What is wrong with a change, beyond what the registry checks of the metadata of every update. Most kinds look
   * at the metadata here once more, and so each of its errors is told several times, as clients know it.
   */
  validateUpdate?(object: T, old: T, context: KindContext): Iterable<FieldError>
  warnings?(object: T, context: KindContext): readonly string[]
  warningsOnUpdate?(object: T, old: T, context: KindContext): readonly string[]
  /** Checks metadata.name of a kind without `validate`; absent means DNS subdomain. Gives the reasons, or nothing. */
  validateName?(name: string, isPrefix: boolean): readonly string[]
  /** `metadata.generation` counts changes of the spec; the default is yes where a schema has a `spec`. */
  readonly hasGeneration?: boolean

  /** PUT of an absent object creates it (leases, endpoints, …). */
  readonly allowCreateOnUpdate?: boolean
  /** PUT without a resourceVersion overwrites; absent means yes. */
  readonly allowUnconditionalUpdate?: boolean

  /** `status` is present where the kind has that subresource. */
  readonly status?: SubresourceStrategy<T>
  /** Other subresources that store into their parent: `ephemeralcontainers`, `resize`, `approval`, `finalize`. */
  readonly storedSubresources?: Readonly<Record<string, SubresourceStrategy<T>>>
  /** Paths of the `scale` subresource. */
  readonly scale?: {
    readonly specReplicasPath: string
    readonly statusReplicasPath: string
    /** The selector in string form. */
    selector(object: T): string
  }

  /** Why the object of that name is not to be deleted by itself; undefined: it may be. */
  notDeletable?(name: string): string | undefined
  /** Field selectors beyond `metadata.name` and `metadata.namespace`: label → value. */
  readonly selectableFields?: Readonly<Record<string, (object: T) => string>>
  /** How a field that cannot be selected by is refused, where that is not the common wording. */
  notSelectable?(field: string, version: string): string
  /** Annotations that stand for fields of Go's internal type: who asks for the metadata alone does not see them. */
  readonly fieldAnnotations?: readonly string[]
  /** Columns of `kubectl get`; absent means Name and Created At as upstream's default. */
  readonly columns?: readonly Column<T>[]
  /** Marks of a row that printers may use: a pod that has ended is `Completed`. */
  rowConditions?(object: T): readonly RowCondition[]

  /**
   * The grace period of a deletion, in seconds: pods live on until their kubelet lets them go. Absent, an
   * object goes at once when it has no finalizers. `requested` is what the client asked for, if anything.
   */
  gracePeriodSeconds?(object: T, requested: number | undefined): number
}

/** Keeps the hooks' types while lists hold kinds of all types. */
export function defineKind<T>(definition: KindDefinition<T>): KindDefinition {
  return definition as unknown as KindDefinition
}
