// Lifecycle hooks: what a container runs after its start and before its end.
//
// Upstream: pkg/kubelet/lifecycle/handlers.go

import type { Container, LifecycleHandler, Pod } from '#api/types/core.ts'
import type { Runtime } from '#kubelet/cri/runtime.ts'
import { formatPod } from '#kubelet/pods/pod-spec.ts'
import { httpGet, httpTarget } from '#kubelet/probes/http-request.ts'
import type { Clock } from '#sys/clock.ts'

export interface HookInput {
  readonly pod: Pod
  readonly container: Container
  readonly containerId: string
  readonly handler: LifecycleHandler
  readonly podIP: string
}

const HTTP_TIMEOUT_MS = 30_000

/** Resolves when the hook is through; rejects with the words for the log when it failed. */
export async function runHook(
  { runtime, clock }: { readonly runtime: Runtime; readonly clock: Clock },
  { pod, container, containerId, handler, podIP }: HookInput,
  signal: AbortSignal,
): Promise<void> {
  const subject = `for Container "${container.name}" in Pod "${formatPod(pod)}" failed - error:`
  if (handler.exec) {
    const command = handler.exec.command ?? []
    const result = await runtime.execSync(containerId, command, 0, signal)
    if (result.exitCode === 0) return
    const output = Buffer.concat([result.stdout, result.stderr]).toString('utf8')
    const code = `command '${command.join(' ')}' exited with ${result.exitCode}: `
    throw new Error(
      `Exec lifecycle hook ([${command.join(' ')}]) ${subject} ${code}, message: ${JSON.stringify(output)}`,
    )
  }
  if (handler.httpGet) {
    await runHttp(handler.httpGet, container, podIP).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error)
      throw new Error(`HTTP lifecycle hook (${handler.httpGet?.path ?? ''}) ${subject} ${why}`, {
        cause: error,
      })
    })
    return
  }
  if (handler.sleep) {
    await clock.sleep(handler.sleep.seconds * 1000, signal).catch((error: unknown) => {
      throw new Error('container terminated before sleep hook finished', { cause: error })
    })
    return
  }
  throw new Error('Cannot run handler: invalid handler')
}

/** Any answer will do. A hook that says HTTPS to a plain server is tried again in plain. */
async function runHttp(
  action: NonNullable<LifecycleHandler['httpGet']>,
  container: Container,
  podIP: string,
): Promise<void> {
  const target = httpTarget(action, container, podIP, 'lifecycle', HTTP_TIMEOUT_MS)
  try {
    await httpGet(target)
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    const isPlain =
      String(cause ?? error).includes('EPROTO') || String(error).includes('wrong version number')
    if (target.url.protocol !== 'https:' || !isPlain) throw error
    const url = new URL(target.url.href.replace(/^https:/, 'http:'))
    const { authorization: _authorization, ...headers } = target.headers
    await httpGet({ ...target, url, headers })
  }
}
