import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import type { ContainerStats } from '#kubelet/cri/types.ts'
import { measureStorage, type StorageUse, storageExcess } from '#kubelet/eviction/local-storage.ts'
import { container, pod } from '#kubelet/pods/fixtures.ts'
import { PodDirectories } from '#kubelet/volumes/pod-directories.ts'

const Mi = 1024 * 1024
const limited = (limit: string) => ({ resources: { limits: { 'ephemeral-storage': limit } } })
const subject = pod({
  containers: [container('a', limited('2Mi')), container('b', limited('3Mi'))],
  volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '4Mi' } }],
})

function use(scratch: number, a: number, b: number): StorageUse {
  const containers = [
    { name: 'a', usage: a * Mi },
    { name: 'b', usage: b * Mi },
  ]
  return { volumes: new Map([['scratch', scratch * Mi]]), containers, total: (scratch + a + b) * Mi }
}

const rows: Readonly<Record<string, readonly [use: StorageUse, excess: string | undefined]>> = {
  'within all limits': [use(1, 2, 2), undefined],
  'a volume above its own': [use(5, 0, 0), 'Usage of EmptyDir volume "scratch" exceeds the limit "4Mi". '],
  'a container above its own': [
    use(0, 2.5, 0),
    'Container a exceeded its local ephemeral storage limit "2Mi". ',
  ],
  'all together above the sum': [
    use(3, 1, 2),
    'Pod ephemeral local storage usage exceeds the total limit of containers 5Mi. ',
  ],
}

for (const [name, [used, excess]] of Object.entries(rows)) {
  test(`disk of a pod: ${name}`, () => assert.equal(storageExcess(subject, used), excess))
}

test('what counts: emptyDirs, logs, and what containers write to their own file systems', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'k8ts-storage-'))
  try {
    const directories = new PodDirectories(root)
    const uid = subject.metadata?.uid ?? ''
    const places = [directories.volume(uid, 'empty-dir', 'scratch'), path.join(root, 'logs', 'a')]
    for (const place of places) {
      await mkdir(place, { recursive: true })
      await writeFile(path.join(place, 'file'), Buffer.alloc(Mi, 1))
    }
    const labels = { 'io.kubernetes.pod.uid': uid, 'io.kubernetes.container.name': 'b' }
    const stats = [{ attributes: { labels }, writableLayer: { usedBytes: { value: 7 * Mi } } }]
    const { volumes, containers, total } = await measureStorage(
      subject,
      directories,
      path.join(root, 'logs'),
      stats as unknown as ContainerStats[],
    )
    const whole = (bytes: number | undefined) => Math.floor((bytes ?? 0) / Mi)
    assert.equal(whole(volumes.get('scratch')), 1)
    assert.deepEqual(
      containers.map(({ name, usage }) => [name, whole(usage)]),
      [
        ['a', 1],
        ['b', 7],
      ],
    )
    assert.equal(whole(total), 9)
  } finally {
    await rm(root, { recursive: true, force: true })
  }
})
