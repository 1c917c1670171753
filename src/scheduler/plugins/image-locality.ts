// A node that has a pod's images already is liked better, the more the larger they are; an image that is on
// few nodes counts less, so that not all pods of it gather there. Upstream: …/plugins/imagelocality

import type { Pod } from '#api/types/core.ts'
import { MAX_NODE_SCORE, type SchedulerPlugin } from '#scheduler/framework.ts'

/** Images below this size in all make no difference; above the other, a container's share is full. */
const MIN_BYTES = 23 * 1024 * 1024
const MAX_BYTES_PER_CONTAINER = 1000 * 1024 * 1024

interface Images {
  readonly images: readonly string[]
  /** On which share of the nodes each is. */
  readonly spread: ReadonlyMap<string, number>
}

export const imageLocality: SchedulerPlugin = {
  name: 'ImageLocality',
  weight: 1,

  /** On how many of all nodes each of the pod's images is. */
  preScore(pod, snapshot, state) {
    const images = imagesOf(pod)
    const spread = new Map<string, number>()
    for (const image of images) {
      const count = snapshot.nodes.filter((node) => node.images.has(image)).length
      spread.set(image, count / snapshot.nodes.length)
    }
    state.set('ImageLocality', { images, spread } satisfies Images)
  },

  score(_pod, node, state) {
    const { images, spread } = state.get('ImageLocality') as Images
    let sum = 0
    for (const image of images) sum += Math.floor((node.images.get(image) ?? 0) * (spread.get(image) ?? 0))
    const most = MAX_BYTES_PER_CONTAINER * images.length
    const bounded = Math.min(Math.max(sum, MIN_BYTES), most)
    return Math.floor((MAX_NODE_SCORE * (bounded - MIN_BYTES)) / (most - MIN_BYTES))
  },
}

function imagesOf(pod: Pod): readonly string[] {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]
  return containers.map((container) => withTag(container.image ?? ''))
}

/** Nodes list images with their tag; one without means `latest`. */
function withTag(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image
}
