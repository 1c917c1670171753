// The operations through @kubernetes/client-node, as its documentation shows them.

import type { V1Pod } from '@kubernetes/client-node'
import {
  CoreV1Api,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
} from '#bench/api/client-library.ts'
import type { Connection } from '#bench/api/connection.ts'
import { namespaceOf, POD_COUNT, podName, podOf } from '#bench/api/objects.ts'
import type { Operations } from '#bench/api/raw-operations.ts'
import { kubeconfig } from '#cluster/pki/kubeconfig.ts'

export function libraryOperations(connection: Connection): Operations {
  const config = new KubeConfig()
  const credentials = { certificate: connection.certificate, key: connection.key }
  const parts = { name: 'bench', user: 'admin', server: connection.server, authority: connection.authority }
  config.loadFromString(JSON.stringify(kubeconfig({ ...parts, credentials })))
  const api = config.makeApiClient(CoreV1Api)
  return {
    async perform(operation, index, round, scratch) {
      const namespace = scratch ?? namespaceOf(index)
      const name = podName(index)
      const labels = { round: `r${round}` }
      switch (operation) {
        case 'get':
          await api.readNamespacedPod({ namespace, name })
          return
        case 'create':
          await api.createNamespacedPod({ namespace, body: podOf(namespace, name, index) as V1Pod })
          return
        case 'update': {
          const body = podOf(namespace, name, index) as V1Pod
          Object.assign(body.metadata!.labels!, labels)
          await api.replaceNamespacedPod({ namespace, name, body })
          return
        }
        case 'patch': {
          const options = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch)
          await api.patchNamespacedPod({ namespace, name, body: { metadata: { labels } } }, options)
          return
        }
        case 'apply': {
          const options = setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply)
          const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels } }
          await api.patchNamespacedPod(
            { namespace, name, body, fieldManager: 'bench-apply', force: true },
            options,
          )
        }
      }
    },

    async list({ namespace, ...query }) {
      let token: string | undefined
      do {
        const parameters = { ...query, ...(token && { _continue: token }) }
        const page =
          namespace === undefined
            ? await api.listPodForAllNamespaces(parameters)
            : await api.listNamespacedPod({ ...parameters, namespace })
        token = page.metadata?._continue
      } while (token)
    },

    async sync() {
      const informer = makeInformer(config, '/api/v1/pods', () => api.listPodForAllNamespaces())
      await informer.start()
      const { length } = informer.list()
      await informer.stop()
      if (length < POD_COUNT) throw new Error(`the informer has ${length} pods`)
    },

    close: () => undefined,
  }
}
