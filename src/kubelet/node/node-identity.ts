// What a node is called and labelled.

import type { Node } from '#api/types/core.ts'

/** How events name the node: by its name also where others have a UID. */
export function nodeReference(nodeName: string): Node {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, uid: nodeName } }
}

export function nodeLabels(nodeName: string, architecture: string): Record<string, string> {
  return {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': nodeName,
    'kubernetes.io/os': 'linux',
  }
}
