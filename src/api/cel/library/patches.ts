// The function of mutating policies: a name as one part of a JSON pointer.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/cel/library/jsonpatch.go

import type { Environment } from '@marcbachmann/cel-js'

class PatchFunctions {}

export function addPatches(environment: Environment): void {
  environment
    .registerType('jsonpatch', { ctor: PatchFunctions })
    .registerConstant('jsonpatch', 'jsonpatch', new PatchFunctions())
    .registerFunction('jsonpatch.escapeKey(string): string', (_functions: object, key: string) =>
      key.replaceAll('~', '~0').replaceAll('/', '~1'),
    )
}
