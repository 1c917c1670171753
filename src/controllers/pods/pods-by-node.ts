// Finding the pods of a node without scanning.

import type { Pod } from '#api/types/core.ts'
import type { Informer } from '#client/informer.ts'

const INDEX = 'controllers/nodeName'

/** Declares the index; to be called before the other. */
export function indexByNode(informer: Informer<Pod>): void {
  informer.addIndex(INDEX, (pod) => (pod.spec?.nodeName ? [pod.spec.nodeName] : []))
}

export function podsOnNode(informer: Informer<Pod>, nodeName: string): readonly Pod[] {
  return informer.byIndex(INDEX, nodeName)
}
