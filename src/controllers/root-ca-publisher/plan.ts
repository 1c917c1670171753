// What the ConfigMap with the root certificate has to look like. Pure.
//
// Upstream: pkg/controller/certificates/rootcacertpublisher/publisher.go

import { semanticEqual } from '#api/meta/equality.ts'
import type { ConfigMap } from '#api/types/core.ts'

export const ROOT_CA_NAME = 'kube-root-ca.crt'
const DESCRIPTION_ANNOTATION = 'kubernetes.io/description'
const DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as ' +
  'the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of ' +
  'Kubernetes clusters.'

/** The map to write; undefined when `current` is right. */
export function planRootCA(
  namespace: string,
  current: ConfigMap | undefined,
  rootCA: string,
): ConfigMap | undefined {
  const data = { 'ca.crt': rootCA }
  const annotations = current?.metadata?.annotations
  if (current && semanticEqual(current.data, data) && annotations?.[DESCRIPTION_ANNOTATION]) return undefined
  return {
    ...current,
    metadata: {
      ...current?.metadata,
      namespace,
      name: ROOT_CA_NAME,
      annotations: { ...annotations, [DESCRIPTION_ANNOTATION]: DESCRIPTION },
    },
    data,
  }
}
