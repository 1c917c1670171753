// ResourceQuota: what a namespace may have in all, charged before an object is stored.
//
// Last of all plugins: what it has charged nobody refuses any more (except validation's conflicts; the quota
// controller recounts). Requests of one namespace that come together are judged one after the other against the same
// state, and their sum is written with one update, whose resourceVersion makes the charge atomic among several
// servers. Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go

import { internalError, isConflict, type StatusError } from '#api/meta/status.ts'
import { evaluatorFor } from '#api/quota/evaluator.ts'
import { resourceQuotas } from '#api/resources.ts'
import type { ResourceQuota } from '#api/types/core.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AdmissionPlugin, AdmissionRequest } from '#apiserver/admission/plugin.ts'
import { checkQuotas } from '#apiserver/admission/quota-check.ts'
import { refuse } from '#apiserver/admission/refuse.ts'

interface Waiter {
  readonly request: AdmissionRequest
  resolve(): void
  reject(error: unknown): void
}

const RETRIES = 3
const MAX_REMEMBERED = 100

export function resourceQuotaAdmission(access: ServerAccess): AdmissionPlugin {
  const { client, clock } = access
  const informer = access.informers.informer(resourceQuotas)
  /** Namespace → requests that wait for its turn; a namespace in the map is being worked on. */
  const waiting = new Map<string, Waiter[]>()
  /** Our own last writes: the informer may not have seen them yet. */
  const written = new Map<string, ResourceQuota>()

  function quotasOf(namespace: string): readonly ResourceQuota[] {
    return informer.list(namespace).map((quota) => {
      const key = `${namespace}/${quota.metadata?.name ?? ''}`
      const own = written.get(key)
      if (!own || own.metadata?.uid !== quota.metadata?.uid) return quota
      if (versionOf(quota) < versionOf(own)) return own
      written.delete(key)
      return quota
    })
  }

  async function work(namespace: string): Promise<void> {
    for (;;) {
      const batch = waiting.get(namespace) ?? []
      if (batch.length === 0) break
      waiting.set(namespace, [])
      try {
        await judge(namespace, batch, RETRIES)
      } catch (error) {
        for (const waiter of batch) waiter.reject(error)
      }
    }
    waiting.delete(namespace)
  }

  /** Answers all of `batch`: refusals at once, the others when their charge has been written. */
  async function judge(namespace: string, batch: readonly Waiter[], retries: number): Promise<void> {
    const before = quotasOf(namespace)
    let quotas = before
    const charged: Waiter[] = []
    for (const waiter of batch) {
      const verdict = check(quotas, waiter.request)
      if (!('charged' in verdict)) {
        waiter.reject(verdict.error)
        continue
      }
      const changes = verdict.charged.some((quota, index) => quota !== quotas[index])
      if (waiter.request.dryRun || !changes) {
        waiter.resolve()
        continue
      }
      quotas = verdict.charged
      charged.push(waiter)
    }
    if (charged.length === 0) return
    const failure = await write(quotas.filter((quota, index) => quota !== before[index]))
    if (!failure) {
      for (const waiter of charged) waiter.resolve()
    } else if (isConflict(failure) && retries > 0) {
      await refresh(namespace)
      await judge(namespace, charged, retries - 1)
    } else {
      for (const waiter of charged) waiter.reject(failure)
    }
  }

  function check(
    quotas: readonly ResourceQuota[],
    request: AdmissionRequest,
  ): { readonly charged: readonly ResourceQuota[] } | { readonly error: StatusError } {
    const evaluator = evaluatorFor(request.kind.group, request.kind.resource)
    const { object } = request
    if (!evaluator || !object) return { charged: quotas }
    const verdict = checkQuotas(quotas, { ...request, object }, evaluator, clock.now())
    return verdict.allowed ? verdict : { error: refuse(request, verdict.why) }
  }

  /** Gives the first failure. Quotas that were written stay charged: the controller recounts them. */
  async function write(changed: readonly ResourceQuota[]): Promise<unknown> {
    let failure: unknown
    for (const quota of changed) {
      try {
        const stored = await client.resource(resourceQuotas).updateStatus(quota)
        if (written.size >= MAX_REMEMBERED) written.delete(written.keys().next().value ?? '')
        written.set(`${stored.metadata?.namespace ?? ''}/${stored.metadata?.name ?? ''}`, stored)
      } catch (error) {
        failure ??= error
      }
    }
    return failure
  }

  /** After a conflict the informer is behind: reads the quotas as they are. */
  async function refresh(namespace: string): Promise<void> {
    const list = await client.resource(resourceQuotas).list({ namespace })
    for (const quota of list.items) {
      written.set(`${namespace}/${quota.metadata?.name ?? ''}`, {
        ...quota,
        apiVersion: 'v1',
        kind: 'ResourceQuota',
      })
    }
  }

  return {
    name: 'ResourceQuota',
    handles(request) {
      const { operation, kind, subresource, object, oldObject } = request
      if ((operation !== 'CREATE' && operation !== 'UPDATE') || !kind.namespaced || !object) return false
      if (informer.list(request.namespace).length === 0) return false
      const asked = { operation, subresource, object, ...(oldObject && { oldObject }) }
      return evaluatorFor(kind.group, kind.resource)?.handles(asked) ?? false
    },
    validate(request) {
      return new Promise<void>((resolve, reject) => {
        const waiter = { request, resolve, reject }
        const queue = waiting.get(request.namespace)
        if (queue) queue.push(waiter)
        else {
          waiting.set(request.namespace, [waiter])
          work(request.namespace).catch((error: unknown) => reject(internalError(error)))
        }
      })
    },
  }
}

const versionOf = (quota: ResourceQuota): number => Number(quota.metadata?.resourceVersion ?? 0)
