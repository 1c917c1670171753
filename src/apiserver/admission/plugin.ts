// The shape of an admission plugin: it may change an object on its way in, and it may refuse it.
//
// All `mutate` hooks run first, in the order of admission/chain.ts; then the object is defaulted and validated
// (by the registry); then all `validate` hooks. Upstream: staging/src/k8s.io/apiserver/pkg/admission

import type { KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { Level } from '#apiserver/audit/event.ts'
import type { UserInfo } from '#apiserver/request.ts'

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

export interface AdmissionRequest {
  readonly operation: AdmissionOperation
  readonly kind: KindDefinition
  /** The version of the request. */
  readonly version: string
  readonly namespace: string
  /** '' where the server is to generate it. */
  readonly name: string
  /** '' for the object itself. */
  readonly subresource: string
  readonly user: UserInfo
  readonly dryRun: boolean
  /** CREATE, UPDATE: a draft that `mutate` may change in place; CONNECT: its options. Absent for DELETE. */
  readonly object?: JsonObject
  /** UPDATE, DELETE: the state before, frozen. */
  readonly oldObject?: JsonObject
  /** CreateOptions, UpdateOptions, DeleteOptions. */
  readonly options?: JsonObject
  /** Adds a `Warning` header to the answer. */
  warn(text: string): void
  /** Adds an annotation to the audit event. */
  annotate(key: string, value: string, least?: Level): void
}

/** One request passes the mutating plugins once, and a second time when one of them asks for it. */
export interface MutationRound {
  readonly isSecond: boolean
  /** Asks for a second round; does nothing in the second. */
  askForSecond(): void
  /** What a plugin keeps from the first round for the second, by its name. */
  readonly memory: Map<string, unknown>
}

/** Both hooks refuse by throwing a StatusError. */
export interface AdmissionPlugin {
  readonly name: string
  handles(request: AdmissionRequest): boolean
  /** `round` is for plugins that care about being called again after later ones have changed the object. */
  mutate?(request: AdmissionRequest, round: MutationRound): Promise<void>
  validate?(request: AdmissionRequest): Promise<void>
}
