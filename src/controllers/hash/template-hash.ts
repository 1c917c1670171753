// `pod-template-hash` and `controller-revision-hash`: equal to upstream's to the byte.
//
// The same template must give the same name everywhere, also when a cluster of the original is taken over;
// otherwise every Deployment would roll once. FNV-1a (32 bit) over Go's dump of the template, then the
// collision count, written in the alphabet of generated names.
// Upstream: pkg/controller/controller_utils.go (ComputeHash), pkg/util/hash/hash.go

import type { PodTemplateSpec } from '#api/types/core.ts'
import { FNV32_OFFSET, fnv32a } from '#controllers/hash/fnv.ts'
import { dumpGoStruct } from '#controllers/hash/go-dump.ts'
import { safeEncode } from '#sys/random.ts'

/** The hash of a template; `collisionCount` makes another one for the same template. */
export function templateHash(template: PodTemplateSpec, collisionCount?: number): string {
  let hash = fnv32a(FNV32_OFFSET, Buffer.from(dumpGoStruct('v1.PodTemplateSpec', template)))
  if (collisionCount !== undefined) {
    const bytes = Buffer.alloc(8)
    bytes.writeUInt32LE(collisionCount)
    hash = fnv32a(hash, bytes)
  }
  return safeEncode(String(hash))
}
