// Removes images that no container and no volume uses when the disk fills up: those unused longest go first.
//
// Begins when the images' file system is fuller than 85 % and ends below 80 %; what was seen in use within two
// minutes stays. Upstream: pkg/kubelet/images/image_gc_manager.go

import type { Runtime } from '#kubelet/cri/runtime.ts'
import type { Image } from '#kubelet/cri/types.ts'
import { filesystemUsage } from '#kubelet/node/machine.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

export interface ImageCollector {
  /** Removes unused images until the disk is empty enough. */
  collect(): Promise<void>
  /** Removes all unused images: the node is short of disk. */
  collectAll(): Promise<void>
  run(signal: AbortSignal): Promise<void>
}

export interface ImageCollectorOptions {
  readonly runtime: Runtime
  readonly clock: Clock
  readonly log: Logger
  /** Full names of the images that are volumes of pods: the runtime's list of containers does not tell of them. */
  volumeImages(): Iterable<string>
  /** Told when the disk stays too full. */
  onFailure(message: string): void
}

const PERIOD_MS = 300_000
const HIGH_PERCENT = 85
const LOW_PERCENT = 80
const MIN_AGE_MS = 120_000

export function createImageCollector({
  runtime,
  clock,
  log,
  volumeImages,
  onFailure,
}: ImageCollectorOptions): ImageCollector {
  /** When an image was seen first, and last in use. */
  const seen = new Map<string, { readonly since: number; usedAt: number }>()

  /** Unused images, the one unused longest first. */
  async function unused(): Promise<readonly Image[]> {
    const [images, containers, sandboxImage] = await Promise.all([
      runtime.listImages(),
      runtime.listContainers(),
      runtime.sandboxImage(),
    ])
    const now = clock.monotonic()
    const used = new Set([
      ...containers.flatMap(({ imageRef, imageId, image }) => [imageRef, imageId, image.image]),
      ...volumeImages(),
      // Of no container, but without it no pod starts any more; runtimes pin it only of late.
      sandboxImage,
    ])
    const present = new Set(images.map(({ id }) => id))
    for (const id of seen.keys()) if (!present.has(id)) seen.delete(id)
    const free: Image[] = []
    for (const image of images) {
      const record = seen.get(image.id) ?? { since: now, usedAt: 0 }
      seen.set(image.id, record)
      const names = [image.id, ...image.repoTags, ...image.repoDigests]
      if (names.some((name) => used.has(name))) record.usedAt = now
      else if (!image.pinned) free.push(image)
    }
    const usedAt = (image: Image): number => seen.get(image.id)?.usedAt ?? 0
    return free.sort((a, b) => usedAt(a) - usedAt(b))
  }

  /** Gives the bytes that were freed. */
  async function free(bytes: number, minAgeMs: number): Promise<number> {
    let freed = 0
    for (const image of await unused()) {
      if (freed >= bytes) break
      const record = seen.get(image.id)
      if (record && clock.monotonic() - Math.max(record.since, record.usedAt) < minAgeMs) continue
      try {
        await runtime.removeImage(image.id)
        freed += image.size
        log.info({ image: image.repoTags[0] ?? image.id, bytes: image.size }, 'unused image removed')
      } catch (error) {
        log.warn({ image: image.id, error: String(error) }, 'unused image was not removed')
      }
    }
    return freed
  }

  async function collect(): Promise<void> {
    const mountPoint = (await runtime.imageFilesystem())?.fsId?.mountpoint
    if (!mountPoint) return
    await unused()
    const { capacityBytes, availableBytes } = await filesystemUsage(mountPoint)
    const percent = 100 - Math.floor((availableBytes * 100) / Math.max(1, capacityBytes))
    if (percent < HIGH_PERCENT) return
    const wanted = Math.ceil((capacityBytes * (100 - LOW_PERCENT)) / 100 - availableBytes)
    const freed = await free(wanted, MIN_AGE_MS)
    if (freed < wanted) {
      onFailure(
        `Failed to garbage collect required amount of images. Attempted to free ${wanted} bytes, but only found ${freed} bytes eligible to free.`,
      )
    }
  }

  return {
    collect,
    async collectAll() {
      await free(Number.POSITIVE_INFINITY, 0)
    },
    async run(signal) {
      while (!signal.aborted) {
        await collect().catch((error: unknown) =>
          log.warn({ error: String(error) }, 'images were not collected'),
        )
        await clock.sleep(PERIOD_MS, signal).catch(() => undefined)
      }
    },
  }
}
