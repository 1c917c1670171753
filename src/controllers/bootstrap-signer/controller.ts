// Keeps the signatures in ConfigMap kube-public/cluster-info: one for each bootstrap token that may sign.
//
// Upstream: pkg/controller/bootstrap/bootstrapsigner.go

import { semanticEqual } from '#api/meta/equality.ts'
import { keyOf, type ObjectKey } from '#api/meta/object.ts'
import { configMaps, secrets } from '#api/resources.ts'
import type { Requeue } from '#client/work-queue.ts'
import { signedData } from '#controllers/bootstrap-signer/sign.ts'
import { isBootstrapToken, signingToken } from '#controllers/bootstrap-tokens/token-secret.ts'
import { type Controller, type ControllerContext, controller, mapped } from '#controllers/controller.ts'

const CLUSTER_INFO = 'kube-public/cluster-info'

export function bootstrapSigner(context: ControllerContext): Controller {
  const { client, clock } = context
  const maps = context.informers.informer(configMaps)
  const secretInformer = context.informers.informer(secrets)

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    const map = maps.get(key)
    if (!map) return
    const tokens = secretInformer
      .list('kube-system')
      .filter(isBootstrapToken)
      .flatMap((secret) => signingToken(secret, clock.now()) ?? [])
    const data = await signedData(map, tokens)
    if (!data || semanticEqual(data, map.data)) return
    await client.resource(configMaps).update({ ...map, data })
  }

  return controller(context, 'bootstrap-signer-controller', {
    watches: [
      mapped(maps, ({ object }): readonly ObjectKey[] =>
        keyOf(object) === CLUSTER_INFO ? [CLUSTER_INFO] : [],
      ),
      mapped(secretInformer, ({ object }) => (isBootstrapToken(object) ? [CLUSTER_INFO] : [])),
    ],
    reconcile,
  })
}
