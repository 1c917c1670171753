// The real kubectl, as tests use it.

import { findKubectl } from '#cluster/kubectl.ts'
import { type RunResult, run, tryRun } from '#sys/process.ts'

export interface Kubectl {
  /** Runs kubectl and gives what it printed; rejects when it fails. */
  (...args: readonly string[]): Promise<string>
  /** Applies a manifest. */
  apply(manifest: object | readonly object[]): Promise<string>
  /** Creates objects, without the annotation that apply would leave. */
  create(manifest: object | readonly object[]): Promise<string>
  /** Runs kubectl and gives its exit code and output, whatever they are. */
  try(...args: readonly string[]): Promise<RunResult>
}

const TIMEOUT_MS = 120_000

export async function kubectlFor(kubeconfig: string): Promise<Kubectl> {
  const program = await findKubectl()
  const env = { ...process.env, KUBECONFIG: kubeconfig }
  const options = { env, timeoutMs: TIMEOUT_MS }
  const kubectl = async (...args: readonly string[]) => (await run(program, args, options)).stdout
  const give = async (verb: 'apply' | 'create', manifest: object | readonly object[]) => {
    const items = Array.isArray(manifest) ? manifest : [manifest]
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
    return (await run(program, [verb, '-f', '-'], { ...options, input })).stdout
  }
  return Object.assign(kubectl, {
    apply: (manifest: object | readonly object[]) => give('apply', manifest),
    create: (manifest: object | readonly object[]) => give('create', manifest),
    try: (...args: readonly string[]) => tryRun(program, args, options),
  })
}
