// Claims for a fraction of a byte are accepted and told.
//
// Upstream: pkg/api/persistentvolumeclaim/util.go

import { goQuote, type Path } from '#api/meta/field-error.ts'
import { toMillis } from '#api/meta/quantity.ts'
import type { PersistentVolumeClaimSpec } from '#api/types/core.ts'

export function* claimWarnings(
  spec: PersistentVolumeClaimSpec,
  path: Path,
): Generator<string, void, undefined> {
  for (const name of ['requests', 'limits'] as const) {
    const text = spec.resources?.[name]?.['storage']
    if (text === undefined || toMillis(text) % 1000 === 0) continue
    const at = path.child('resources').child(name).key('storage')
    yield `${at}: fractional byte value ${goQuote(text)} is invalid, must be an integer`
  }
}
