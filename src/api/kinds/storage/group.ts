// The kinds of the API group storage.k8s.io.

import type { KindDefinition } from '#api/kinds/kind.ts'
import { csiDriver } from '#api/kinds/storage/csi-driver.ts'
import { csiNode } from '#api/kinds/storage/csi-node.ts'
import { csiStorageCapacity } from '#api/kinds/storage/csi-storage-capacity.ts'
import { storageClass } from '#api/kinds/storage/storage-class.ts'
import { volumeAttachment } from '#api/kinds/storage/volume-attachment.ts'
import { volumeAttributesClass } from '#api/kinds/storage/volume-attributes-class.ts'

export const storageKinds: readonly KindDefinition[] = [
  csiDriver,
  csiNode,
  csiStorageCapacity,
  storageClass,
  volumeAttachment,
  volumeAttributesClass,
]
