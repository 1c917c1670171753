// GET /containerLogs/<namespace>/<pod>/<container>
//
// Upstream: pkg/kubelet/server/server.go (getContainerLogs), pkg/kubelet/kubelet_pods.go (validateContainerLogStatus)

import type { ServerResponse } from 'node:http'
import type { ContainerStatus, PodStatus } from '#api/types/core.ts'
import { findContainer } from '#kubelet/pods/pod-spec.ts'
import { type LogOptions, readLog } from '#kubelet/server/log-reader.ts'
import { HttpError, type ServerContext } from '#kubelet/server/server-context.ts'
import { isMissing } from '#sys/files.ts'

export async function serveContainerLogs(
  context: ServerContext,
  [namespace = '', podName = '', containerName = '']: readonly string[],
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const options = readOptions(query, context.clock.now())
  const pod = context.podNamed(namespace, podName)
  if (!pod) throw new HttpError(404, `pod "${podName}" does not exist`)
  if (!findContainer(pod, containerName)) {
    throw new HttpError(404, `container "${containerName}" not found in pod "${podName}"`)
  }
  const id = containerIdFor(context.statusOf(pod), podName, containerName, query.get('previous') === 'true')
  const file = (await context.runtime.containerStatus(id)).logPath
  const ended = new AbortController()
  response.once('close', () => ended.abort())
  const signal = AbortSignal.any([ended.signal, context.signal])
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' })
  response.flushHeaders()
  const target = {
    async write(text: string): Promise<void> {
      if (response.write(text) || signal.aborted) return
      await new Promise<void>((resolve) => {
        response.once('drain', resolve)
        response.once('close', resolve)
      })
    },
  }
  const isRunning = (): boolean => context.isRunning(pod.metadata?.uid ?? '', id)
  try {
    await readLog({ file, clock: context.clock, isRunning }, options, target, signal)
  } catch (error) {
    if (!isMissing(error)) throw error
    response.write(
      `failed to try resolving symlinks in path "${file}": lstat ${file}: no such file or directory`,
    )
  }
  response.end()
}

function readOptions(query: URLSearchParams, now: number): LogOptions {
  const number = (name: string): number | undefined => {
    const text = query.get(name)
    if (text === null || text === '') return undefined
    if (!/^\d+$/.test(text)) throw new HttpError(422, '{"message": "Invalid request."}')
    return Number(text)
  }
  const isTrue = (name: string): boolean => ['true', '1'].includes(query.get(name) ?? '')
  const sinceSeconds = number('sinceSeconds')
  const sinceTime = query.get('sinceTime')
  const stream = query.get('stream') ?? 'All'
  if (stream !== 'All' && stream !== 'Stdout' && stream !== 'Stderr') {
    throw new HttpError(400, `invalid stream type "${stream}"`)
  }
  return {
    follow: isTrue('follow'),
    timestamps: isTrue('timestamps'),
    tailLines: query.get('tail') === 'all' ? undefined : (number('tail') ?? number('tailLines')),
    sinceMs:
      sinceSeconds !== undefined ? now - sinceSeconds * 1000 : sinceTime ? Date.parse(sinceTime) : undefined,
    limitBytes: number('limitBytes'),
    stream,
  }
}

/** The container whose log is meant: the one that runs, else the last that ran; throws 400 when there was none. */
export function containerIdFor(status: PodStatus, podName: string, name: string, previous: boolean): string {
  const all = [
    ...(status.containerStatuses ?? []),
    ...(status.initContainerStatuses ?? []),
    ...(status.ephemeralContainerStatuses ?? []),
  ]
  const found = all.find((one) => one.name === name)
  const what = `container "${name}" in pod "${podName}"`
  if (!found) throw new HttpError(400, `${what} is not available`)
  const last = found.lastState?.terminated?.containerID
  if (previous) {
    if (!last) throw new HttpError(400, `previous terminated ${what} not found`)
    return bare(last)
  }
  const { running, terminated, waiting } = found.state ?? {}
  if (running) return bare(found.containerID ?? '')
  if (terminated || found.lastState?.terminated) {
    const id = terminated?.containerID ?? last
    if (!id) throw new HttpError(400, `${what} is terminated`)
    return bare(id)
  }
  throw new HttpError(400, `${what} is waiting to start${waitingReason(waiting)}`)
}

const bare = (containerId: string): string => containerId.split('://')[1] ?? containerId

type Waiting = NonNullable<ContainerStatus['state']>['waiting']

function waitingReason(waiting: Waiting): string {
  if (!waiting) return ' - no logs yet'
  if (waiting.reason === 'ErrImagePull') return ": image can't be pulled"
  if (waiting.reason === 'ImagePullBackOff') return ': trying and failing to pull image'
  return `: ${waiting.reason ?? ''}`
}
