import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Runtime } from '#kubelet/cri/runtime.ts'
import { createImageCollector } from '#kubelet/images/image-gc.ts'
import { fakeClock } from '#sys/fake-clock.ts'
import { silentLogger } from '#sys/log.ts'

const image = (id: string, name: string, pinned = false) => ({
  id,
  repoTags: [name],
  repoDigests: [],
  size: 1,
  pinned,
})

test('images of containers, volumes and sandboxes stay, pinned ones too, all others go', async () => {
  const removed: string[] = []
  const runtime = {
    listImages: async () => [
      image('sha256:1', 'docker.io/library/runs:1'),
      image('sha256:2', 'docker.io/library/mounted:1'),
      image('sha256:3', 'docker.io/library/pause:1', true),
      image('sha256:5', 'docker.io/library/sandbox:1'),
      image('sha256:4', 'docker.io/library/unused:1'),
    ],
    listContainers: async () => [{ imageRef: 'sha256:1', imageId: '', image: { image: 'sha256:1' } }],
    sandboxImage: async () => 'docker.io/library/sandbox:1',
    removeImage: async (id: string) => void removed.push(id),
  } as unknown as Runtime
  const images = createImageCollector({
    runtime,
    clock: fakeClock(),
    log: silentLogger,
    volumeImages: () => ['docker.io/library/mounted:1'],
    onFailure: assert.fail,
  })
  await images.collectAll()
  assert.deepEqual(removed, ['sha256:4'])
})
