// The kubelet: brings up its parts and lets them run until it is told to stop. Pods go on running without it.
//
//   API ─pods of this node─▶ pod workers ─▶ CRI ─▶ containers
//                               ▲   └─▶ status writer ─▶ API
//   runtime cache, probes, ConfigMaps and Secrets: they wake the workers
//
// Start order: the runtime, then what is on the node already (runtime cache), then the API's pods; only when both
// are known is anything ended as an orphan. Upstream: cmd/kubelet/app/server.go, pkg/kubelet/kubelet.go (Run)

import { setMaxListeners } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { assemble, type Parts } from '#kubelet/assemble.ts'
import { connectRuntime, type Runtime } from '#kubelet/cri/runtime.ts'
import type { RuntimeVersion } from '#kubelet/cri/types.ts'
import { readMachine } from '#kubelet/node/machine.ts'
import { nodeReference } from '#kubelet/node/node-identity.ts'
import { keepNodeLease } from '#kubelet/node/node-lease.ts'
import { DEFAULT_PORT, type KubeletOptions } from '#kubelet/options.ts'
import { cleanUpLeftovers } from '#kubelet/pods/leftovers.ts'
import { serveKubelet } from '#kubelet/server/kubelet-server.ts'
import { rotateLogs } from '#kubelet/server/log-rotation.ts'
import type { ServerContext } from '#kubelet/server/server-context.ts'
import { createPages } from '#kubelet/stats/pages.ts'

export type { KubeletOptions } from '#kubelet/options.ts'

const RUNTIME_RETRY_MS = 200

/** Resolves when `signal` has aborted and all parts have ended; rejects when one fails for good. */
export async function runKubelet(options: KubeletOptions, signal: AbortSignal): Promise<void> {
  const failed = new AbortController()
  const ending = AbortSignal.any([signal, failed.signal])
  // Everything here listens to the one signal; Node would take the many listeners for a leak.
  setMaxListeners(0, ending)
  const runtime = connectRuntime(options.criSocket)
  const version = await whenAnswering(runtime, options, ending)
  if (!version) return runtime.close()
  await mkdir(options.rootDir, { recursive: true })
  const parts = assemble({ options, runtime, version, machine: await readMachine() })
  try {
    await prepare(parts, options)
    const running = [
      serve(parts, options, ending),
      ...runParts(parts, options, ending),
      runPods(parts, ending),
    ]
    const results = await Promise.allSettled(
      running.map((part) =>
        part.catch((error: unknown) => {
          if (ending.aborted) return
          failed.abort()
          throw error
        }),
      ),
    )
    const failure = results.find((result) => result.status === 'rejected')
    if (failure) throw failure.reason
  } finally {
    parts.context.probes.stop()
    await parts.objects.stop()
    await parts.recorder.flush()
    runtime.close()
  }
}

/** Waits for the runtime to come up; undefined when told to stop before. */
async function whenAnswering(
  runtime: Runtime,
  { clock, log }: KubeletOptions,
  signal: AbortSignal,
): Promise<RuntimeVersion | undefined> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      return await runtime.version()
    } catch (error) {
      if (attempt === 10)
        log.warn({ error: String(error) }, 'the container runtime does not answer, still trying')
      await clock.sleep(RUNTIME_RETRY_MS, signal).catch(() => undefined)
    }
  }
  return undefined
}

async function prepare(
  { context, informers, node, recorder }: Parts,
  { nodeName }: KubeletOptions,
): Promise<void> {
  await context.volumes.prepare()
  await context.cgroups.prepare()
  informers.nodes.onChange((change) => node.observe(change.type === 'deleted' ? undefined : change.object))
  recorder.event(nodeReference(nodeName), 'Normal', 'Starting', 'Starting kubelet.')
}

function runParts(parts: Parts, options: KubeletOptions, signal: AbortSignal): Promise<void>[] {
  const { context, informers, health, node, images, evictor } = parts
  const { runtime, cache, clock, log } = context
  const { client, nodeName } = options
  return [
    cache.run(signal),
    health.run(signal),
    informers.factory.start(signal),
    context.statuses.run(signal),
    node.run(signal),
    keepNodeLease({ client, clock, log, nodeName, node: () => node.current() }, signal),
    images.run(signal),
    evictor.run(signal),
    rotateLogs({ runtime, clock, log, pods: () => cache.list() }, signal),
  ]
}

/** Works on pods once it is known which there are and what of them runs. */
async function runPods(parts: Parts, signal: AbortSignal): Promise<void> {
  const { context, informers, node, workers, tokens } = parts
  const { cache } = context
  await Promise.all([
    cache.whenListed(signal),
    informers.pods.whenSynced(signal),
    informers.services.whenSynced(signal),
  ])
  await node.whenRegistered()
  informers.pods.onChange(({ type, object }) => {
    if (type !== 'deleted') workers.update(object)
    else {
      workers.remove(object.metadata?.uid ?? '')
      tokens.forget(object.metadata?.uid ?? '')
    }
  })
  parts.adoptOrphans()
  await cleanUpLeftovers(context, (uid) => workers.has(uid))
  await workers.run(signal)
}

function serve(parts: Parts, options: KubeletOptions, signal: AbortSignal): Promise<void> {
  const { context, informers, workers, node, health } = parts
  const { nodeName, rootDir, client } = options
  const { runtime, cgroups, cache, statuses, clock, log } = context
  const serverContext: ServerContext = {
    nodeName,
    runtime,
    cgroups,
    rootDir,
    clock,
    log,
    signal,
    pods: () => workers.list(),
    podNamed: (namespace, name) => informers.pods.get(`${namespace}/${name}`),
    statusOf: (pod) => statuses.get(pod),
    runtimePod: (uid) => cache.get(uid),
    isRunning: (uid, id) =>
      cache.get(uid)?.containers.some((one) => one.id === id && one.state === 'running') === true,
    node: () => node.current(),
    healthProblem: () => health.problems()[0],
  }
  const server = {
    context: serverContext,
    client,
    address: options.nodeIP,
    port: options.port ?? DEFAULT_PORT,
    certFile: options.servingCertFile,
    keyFile: options.servingKeyFile,
    clientCAFile: options.clientCAFile,
    page: createPages(serverContext),
  }
  return serveKubelet(server, signal)
}
