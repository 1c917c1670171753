// The pods of a Job: making them, deleting them, and taking their finalizer off.
//
// Upstream: pkg/controller/job/job_controller.go

import { isNamespaceTerminating, isNotFound } from '#api/meta/status.ts'
import { jobs, pods } from '#api/resources.ts'
import type { Job } from '#api/types/batch.ts'
import type { Container, Pod, PodTemplateSpec } from '#api/types/core.ts'
import type { Client } from '#client/client.ts'
import { COMPLETION_INDEX } from '#controllers/job/indexes.ts'
import { FINALIZER, hasLimitPerIndex, isIndexed } from '#controllers/job/job-spec.ts'
import { failureAnnotations } from '#controllers/job/plan.ts'
import { controllerReference } from '#controllers/owner-references.ts'
import type { PendingWrites } from '#controllers/pending-writes.ts'
import { type PodControl, podFromTemplate } from '#controllers/pods/pod-control.ts'
import { isPodReady } from '#controllers/pods/pod-state.ts'
import { slowStart } from '#controllers/slow-start.ts'

/** Generated names have a suffix of five letters after at most so many. */
const MAX_PREFIX = 58
const INDEX_VARIABLE = 'JOB_COMPLETION_INDEX'

/** What came of a number of deletions or creations. */
export interface PodsChanged {
  readonly count: number
  readonly readyCount: number
  /** The first failure. */
  readonly error?: unknown
}

/** The pod for an index, or any pod of a Job without indexes. `replaced` is the failed pod before it. */
export function jobPod(job: Job, index: number | undefined, replaced: Pod | undefined): Pod {
  const { namespace = '', name = '' } = job.metadata ?? {}
  const template = isIndexed(job) ? withIndexVariable(job.spec?.template ?? {}) : (job.spec?.template ?? {})
  const finalizers = template.metadata?.finalizers ?? []
  const tracked: PodTemplateSpec = {
    ...template,
    metadata: {
      ...template.metadata,
      finalizers: finalizers.includes(FINALIZER) ? finalizers : [...finalizers, FINALIZER],
    },
  }
  const pod = podFromTemplate(tracked, namespace, name, controllerReference(jobs, job))
  if (index === undefined) return pod
  const suffix = `-${index}-`
  const indexed = { [COMPLETION_INDEX]: String(index) }
  const failures = hasLimitPerIndex(job) ? failureAnnotations(job, replaced) : {}
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      generateName: `${name.slice(0, MAX_PREFIX - suffix.length)}${suffix}`,
      labels: { ...pod.metadata?.labels, ...indexed },
      annotations: { ...pod.metadata?.annotations, ...indexed, ...failures },
    },
    spec: { ...pod.spec, hostname: `${name}-${index}` } as NonNullable<Pod['spec']>,
  }
}

function withIndexVariable(template: PodTemplateSpec): PodTemplateSpec {
  const fieldPath = `metadata.labels['${COMPLETION_INDEX}']`
  const extend = (container: Container): Container =>
    container.env?.some(({ name }) => name === INDEX_VARIABLE)
      ? container
      : {
          ...container,
          env: [...(container.env ?? []), { name: INDEX_VARIABLE, valueFrom: { fieldRef: { fieldPath } } }],
        }
  const { spec } = template
  if (!spec) return template
  return {
    ...template,
    spec: {
      ...spec,
      ...(spec.initContainers && { initContainers: spec.initContainers.map(extend) }),
      containers: spec.containers.map(extend),
    },
  }
}

export interface JobPodTools {
  readonly client: Client
  readonly control: PodControl
  readonly pending: PendingWrites<Pod>
}

export async function createJobPods(
  { control, pending }: JobPodTools,
  key: string,
  job: Job,
  indexes: readonly (number | undefined)[],
  replacedBy: ReadonlyMap<number, Pod>,
): Promise<PodsChanged> {
  const { successes, error } = await slowStart(indexes.length, async (i) => {
    const index = indexes[i]
    const pod = jobPod(job, index, index === undefined ? undefined : replacedBy.get(index))
    try {
      pending.created(key, await control.create(job, pod))
    } catch (failure) {
      if (!isNamespaceTerminating(failure)) throw failure
    }
  })
  return { count: successes, readyCount: 0, ...(error !== undefined && { error }) }
}

/** `release`: the finalizer goes first, since nobody is going to count these pods. */
export async function deleteJobPods(
  tools: JobPodTools,
  key: string,
  job: Job,
  victims: readonly Pod[],
  release: boolean,
): Promise<PodsChanged> {
  const results = await Promise.allSettled(
    victims.map(async (pod) => {
      tools.pending.deleting(key, pod)
      try {
        if (release) await removeFinalizer(tools.client, pod)
        await tools.control.delete(job, pod)
      } catch (error) {
        tools.pending.failed(key, pod)
        throw error
      }
    }),
  )
  const failed = results.find((result) => result.status === 'rejected')
  const done = victims.filter((_, i) => results[i]?.status === 'fulfilled')
  return {
    count: done.length,
    readyCount: done.filter(isPodReady).length,
    ...(failed && { error: failed.reason }),
  }
}

/** A pod that is gone already is fine. */
export async function removeFinalizer(client: Client, pod: Pod): Promise<void> {
  const { namespace = '', name = '', uid } = pod.metadata ?? {}
  const patch = { metadata: { uid, '$deleteFromPrimitiveList/finalizers': [FINALIZER] } }
  try {
    await client.resource(pods).patch(namespace, name, 'strategic', patch)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
