// Sees to it that an image is on the node, a container's or a volume's, by its pull policy, with events and growing waits.
//
// Pulls of one image by several pods run together as one. Upstream: pkg/kubelet/images/image_manager.go.
// Left out: re-checking the credentials of images that an earlier pod pulled (imagePullCredentialsVerification).

import type { Container, Pod, Secret } from '#api/types/core.ts'
import { isUnknown, rpcText } from '#kubelet/cri/channel.ts'
import { allWords } from '#kubelet/cri/error-words.ts'
import type { Runtime } from '#kubelet/cri/runtime.ts'
import type { AuthConfig, Image, SandboxConfig } from '#kubelet/cri/types.ts'
import { parseImageName, withDefaultTag } from '#kubelet/images/image-name.ts'
import { credentialsFor } from '#kubelet/images/pull-secrets.ts'
import { Backoff } from '#kubelet/pods/backoff.ts'
import { createLimiter } from '#kubelet/pods/limiter.ts'
import type { EventType, PodEvents } from '#kubelet/pods/pod-events.ts'
import { StartError } from '#kubelet/pods/start-error.ts'
import type { Clock } from '#sys/clock.ts'

/** An image that a pod needs: its events are the container's, or else the pod's. */
export interface WantedImage {
  readonly pod: Pod
  readonly container?: Container
  readonly reference: string
  /** As the API server has completed it. */
  readonly policy: string | undefined
}

export interface ImagePuller {
  /** The image, present; rejects with StartError. */
  ensure(wanted: WantedImage, secrets: readonly Secret[], sandbox: SandboxConfig): Promise<Image>
  /** The pod is gone. */
  forget(uid: string): void
}

export interface ImagePullerOptions {
  readonly runtime: Runtime
  readonly clock: Clock
  readonly events: PodEvents
}

const FIRST_WAIT_MS = 10_000
const LONGEST_WAIT_MS = 300_000
/** More at once would only share the same line and disk. */
const MAX_PULLS = 5

export function createImagePuller({ runtime, clock, events }: ImagePullerOptions): ImagePuller {
  const backoff = new Backoff(clock, FIRST_WAIT_MS, LONGEST_WAIT_MS)
  const lastErrors = new Map<string, string>()
  const pulls = createPullQueue(runtime)

  const say = ({ pod, container }: WantedImage, type: EventType, reason: string, message: string): void =>
    container
      ? events.container(pod, container, type, reason, message)
      : events.pod(pod, type, reason, message)

  async function ensure(
    wanted: WantedImage,
    secrets: readonly Secret[],
    sandbox: SandboxConfig,
  ): Promise<Image> {
    const { reference: requested, policy = 'IfNotPresent' } = wanted
    const image = checkedName(wanted)
    if (policy !== 'Always') {
      const present = await inspect(wanted, image)
      if (present) {
        const message = `Container image "${requested}" already present on machine and can be accessed by the pod`
        say(wanted, 'Normal', 'Pulled', message)
        return present
      }
      if (policy === 'Never') {
        const message = `Container image "${requested}" is not present with pull policy of Never`
        say(wanted, 'Warning', 'ErrImageNeverPull', message)
        throw new StartError('ErrImageNeverPull', message)
      }
    }
    return await pull(wanted, image, secrets, sandbox)
  }

  function checkedName(wanted: WantedImage): string {
    const { reference: requested } = wanted
    try {
      return withDefaultTag(requested)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      const message = `Failed to apply default image tag "${requested}": ${why}`
      say(wanted, 'Warning', 'InspectFailed', message)
      throw new StartError('InvalidImageName', message)
    }
  }

  async function inspect(wanted: WantedImage, image: string): Promise<Image | undefined> {
    try {
      return await runtime.imageStatus(image)
    } catch (error) {
      const message = `Failed to inspect image "${image}": ${rpcText(error)}`
      say(wanted, 'Warning', 'InspectFailed', message)
      throw new StartError('ImageInspectError', message)
    }
  }

  async function pull(
    wanted: WantedImage,
    image: string,
    secrets: readonly Secret[],
    sandbox: SandboxConfig,
  ): Promise<Image> {
    const { pod, reference: requested } = wanted
    const key = `${pod.metadata?.uid ?? ''}_${requested}`
    const until = backoff.waitsSinceUpdate(key)
    if (until !== undefined) {
      const message = `Back-off pulling image "${requested}"`
      say(wanted, 'Normal', 'BackOff', message)
      const last = lastErrors.get(key)
      throw new StartError('ImagePullBackOff', last === undefined ? message : `${message}: ${last}`, until)
    }
    lastErrors.delete(key)
    say(wanted, 'Normal', 'Pulling', `Pulling image "${requested}"`)
    const began = clock.monotonic()
    try {
      const { present, pullMs } = await pulls.pull(image, secrets, sandbox, clock)
      const waited = formatDuration(clock.monotonic() - began)
      const message = `Successfully pulled image "${requested}" in ${formatDuration(pullMs)} (${waited} including waiting). Image size: ${present.size} bytes.`
      say(wanted, 'Normal', 'Pulled', message)
      backoff.forget(key)
      return present
    } catch (error) {
      const why = pullText(error)
      say(wanted, 'Warning', 'Failed', `Failed to pull image "${requested}": ${why}`)
      backoff.next(key, clock.now())
      const failure = classified(requested, why)
      lastErrors.set(key, `${failure.reason}: ${failure.message}`)
      throw failure
    }
  }

  return {
    ensure,
    forget(uid) {
      backoff.forgetPrefix(`${uid}_`)
      for (const key of lastErrors.keys()) if (key.startsWith(`${uid}_`)) lastErrors.delete(key)
    },
  }
}

/** Two failures that runtimes name have reasons of their own. */
function classified(image: string, why: string): StartError {
  for (const [reason, words] of [
    ['RegistryUnavailable', 'the registry is unavailable'],
    ['SignatureValidationFailed', 'the signature validation failed'],
  ] as const) {
    if (why.startsWith(reason)) {
      return new StartError(
        reason,
        `image pull failed for ${image} because ${words}${why.slice(reason.length)}`,
      )
    }
  }
  return new StartError('ErrImagePull', why)
}

interface Pulled {
  readonly present: Image
  /** Without waiting for a turn. */
  readonly pullMs: number
}

interface PullQueue {
  pull(image: string, secrets: readonly Secret[], sandbox: SandboxConfig, clock: Clock): Promise<Pulled>
}

/** At most MAX_PULLS at a time; who wants the same image with the same secrets waits for the same pull. */
function createPullQueue(runtime: Runtime): PullQueue {
  const running = new Map<string, Promise<Pulled>>()
  const limiter = createLimiter(MAX_PULLS)

  async function pullOnce(
    image: string,
    secrets: readonly Secret[],
    sandbox: SandboxConfig,
    clock: Clock,
  ): Promise<Pulled> {
    const began = clock.monotonic()
    const credentials = credentialsFor(parseImageName(image).repository, secrets)
    const reference = await pullWith(runtime, image, credentials, sandbox)
    const present = await runtime.imageStatus(reference)
    if (!present) throw new Error(`image "${image}" is gone right after it was pulled`)
    return { present, pullMs: clock.monotonic() - began }
  }

  return {
    pull(image, secrets, sandbox, clock) {
      const key = JSON.stringify([image, ...secrets.map((secret) => secret.metadata?.uid)])
      const current = running.get(key)
      if (current) return current
      const started = limiter
        .run(() => pullOnce(image, secrets, sandbox, clock))
        .finally(() => running.delete(key))
      running.set(key, started)
      return started
    },
  }
}

/** Tries each credential; without any, as nobody in particular. */
async function pullWith(
  runtime: Runtime,
  image: string,
  credentials: readonly AuthConfig[],
  sandbox: SandboxConfig,
): Promise<string> {
  const failures: unknown[] = []
  for (const auth of credentials.length > 0 ? credentials : [undefined]) {
    try {
      return await runtime.pullImage(image, auth, sandbox)
    } catch (error) {
      failures.push(error)
    }
  }
  throw new Error(allWords(failures.map(pullText)), { cause: failures[0] })
}

/** An unknown failure is known by its words alone. */
const pullText = (error: unknown): string => (isUnknown(error) ? error.message : rpcText(error))

/** As Go prints a duration cut to milliseconds: `1m2.345s`, `87ms`. */
function formatDuration(millis: number): string {
  const whole = Math.floor(millis)
  if (whole < 1000) return `${whole}ms`
  const minutes = Math.floor(whole / 60_000)
  const seconds = `${(whole % 60_000) / 1000}s`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}
