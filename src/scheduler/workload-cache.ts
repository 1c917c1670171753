// What the scheduler knows of the objects that stand behind pods: read from informers, never waited for.
//
// Upstream: pkg/scheduler/framework/plugins/podtopologyspread/plugin.go (setListers)

import { objectKey } from '#api/meta/object.ts'
import { replicaSets, replicationControllers, services, statefulSets } from '#api/resources.ts'
import type { ReplicaSet, StatefulSet } from '#api/types/apps.ts'
import type { ReplicationController, Service } from '#api/types/core.ts'
import type { Informer } from '#client/informer.ts'
import type { InformerFactory } from '#client/informer-factory.ts'
import type { Workloads } from '#scheduler/default-selector.ts'

export class WorkloadCache implements Workloads {
  readonly #services: Informer<Service>
  readonly #replicationControllers: Informer<ReplicationController>
  readonly #replicaSets: Informer<ReplicaSet>
  readonly #statefulSets: Informer<StatefulSet>

  constructor(informers: InformerFactory) {
    this.#services = informers.informer(services)
    this.#replicationControllers = informers.informer(replicationControllers)
    this.#replicaSets = informers.informer(replicaSets)
    this.#statefulSets = informers.informer(statefulSets)
  }

  async whenSynced(signal: AbortSignal): Promise<void> {
    const informers = [this.#services, this.#replicationControllers, this.#replicaSets, this.#statefulSets]
    await Promise.all(informers.map((informer) => informer.whenSynced(signal)))
  }

  services(namespace: string): readonly Service[] {
    return this.#services.list(namespace)
  }

  replicationController(namespace: string, name: string): ReplicationController | undefined {
    return this.#replicationControllers.get(objectKey(namespace, name))
  }

  replicaSet(namespace: string, name: string): ReplicaSet | undefined {
    return this.#replicaSets.get(objectKey(namespace, name))
  }

  statefulSet(namespace: string, name: string): StatefulSet | undefined {
    return this.#statefulSets.get(objectKey(namespace, name))
  }
}
