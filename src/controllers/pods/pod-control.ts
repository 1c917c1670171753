// Creating and deleting pods for an owner, and telling about it in events.
//
// Upstream: pkg/controller/controller_utils.go (RealPodControl)

import { nameIsDNSSubdomain } from '#api/meta/names.ts'
import type { KubeObject, OwnerReference } from '#api/meta/object.ts'
import { isNamespaceTerminating, isNotFound } from '#api/meta/status.ts'
import { pods } from '#api/resources.ts'
import type { Pod, PodTemplateSpec } from '#api/types/core.ts'
import type { Client } from '#client/client.ts'
import type { EventRecorder } from '#client/events.ts'

export interface PodControl {
  /** Creates `pod` for `owner`; tells of a failure before it rejects. */
  create(owner: KubeObject, pod: Pod): Promise<Pod>
  /** Deletes; a pod that is gone already is fine. Tells of a failure before it rejects. */
  delete(owner: KubeObject, pod: Pod): Promise<void>
}

export function createPodControl(client: Client, events: EventRecorder): PodControl {
  const resource = client.resource(pods)
  return {
    async create(owner, pod) {
      if (Object.keys(pod.metadata?.labels ?? {}).length === 0) {
        throw new Error('unable to create pods, no labels')
      }
      try {
        const created = await resource.create(pod)
        events.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata?.name}`)
        return created
      } catch (error) {
        // Nothing can be created in a namespace that is going away, and nobody needs to be told.
        if (!isNamespaceTerminating(error)) {
          events.event(owner, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`)
        }
        throw error
      }
    },

    async delete(owner, pod) {
      const { namespace = '', name = '' } = pod.metadata ?? {}
      try {
        await resource.delete(namespace, name)
      } catch (error) {
        if (isNotFound(error)) return
        events.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`)
        throw new Error(`unable to delete pods: ${messageOf(error)}`, { cause: error })
      }
      events.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`)
    },
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The pod that `template` describes, named after and controlled by its owner. */
export function podFromTemplate(
  template: PodTemplateSpec,
  namespace: string,
  ownerName: string,
  reference: OwnerReference,
): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {}
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace,
      generateName: podPrefix(ownerName),
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(finalizers && { finalizers }),
      ownerReferences: [reference],
    },
    ...(template.spec && { spec: template.spec }),
  }
}

/** `web-`, or `web` where the dash would make an invalid name. */
function podPrefix(ownerName: string): string {
  const prefix = `${ownerName}-`
  return nameIsDNSSubdomain(prefix, true).length === 0 ? prefix : ownerName
}
