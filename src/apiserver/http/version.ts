// /version: which Kubernetes API this server speaks.

import type { ApiResponse } from '#apiserver/exchange.ts'
import { requireAcceptable } from '#apiserver/http/negotiation.ts'
import type { RequestHead } from '#apiserver/request.ts'

export const KUBERNETES_VERSION = 'v1.36.2'

const [, MAJOR, MINOR] = /^v(\d+)\.(\d+)/.exec(KUBERNETES_VERSION) ?? []

/** `metav1.version.Info`; clients compare major, minor and gitVersion with their own. Throws 406. */
export function versionResponse(head: RequestHead): ApiResponse {
  requireAcceptable(head, ['application/json'])
  const info = {
    major: MAJOR,
    minor: MINOR,
    emulationMajor: MAJOR,
    emulationMinor: MINOR,
    minCompatibilityMajor: MAJOR,
    minCompatibilityMinor: String(Number(MINOR) - 1),
    gitVersion: `${KUBERNETES_VERSION}+k8ts`,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: process.version,
    compiler: 'node',
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  }
  return {
    type: 'raw',
    code: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(info, undefined, 2),
  }
}
