import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Runtime } from '#kubelet/cri/runtime.ts'
import type { Image, SandboxConfig } from '#kubelet/cri/types.ts'
import type { ImagePuller } from '#kubelet/images/image-puller.ts'
import { StartError } from '#kubelet/pods/start-error.ts'
import { createImageVolumes, mountsImages, volumeImageNames } from '#kubelet/volumes/image-volumes.ts'
import { PodDirectories } from '#kubelet/volumes/pod-directories.ts'

const version = (runtimeName: string, runtimeVersion: string) => ({
  version: '0.1.0',
  runtimeName,
  runtimeVersion,
  runtimeApiVersion: 'v1',
})

const rows: Readonly<Record<string, readonly [name: string, version: string, does: boolean]>> = {
  'containerd as Debian 12 has it': ['containerd', '1.6.20~ds1', false],
  'containerd without parts of images': ['containerd', 'v2.1.4', false],
  'containerd that does': ['containerd', 'v2.2.0-rc.1', true],
  'a later one': ['containerd', '3.0.0', true],
  'another runtime': ['cri-o', '1.34.0', true],
}

for (const [name, [runtime, number, does]] of Object.entries(rows)) {
  test(`who mounts images: ${name}`, () => assert.equal(mountsImages(version(runtime, number)), does))
}

const pod = {
  metadata: { uid: 'u' },
  spec: {
    containers: [{ name: 'c', volumeMounts: [{ name: 'there', mountPath: '/v' }] }],
    volumes: [
      { name: 'there', image: { reference: 'example.com/there:1' } },
      { name: 'missing', image: { reference: 'example.com/missing:1' } },
      { name: 'other', emptyDir: {} },
    ],
  },
}

test('a runtime that mounts images is told which; one that is missing keeps no other back', async () => {
  const images: Pick<ImagePuller, 'ensure'> = {
    ensure: ({ reference }) =>
      reference.includes('missing')
        ? Promise.reject(new StartError('ErrImagePull', 'not found'))
        : Promise.resolve({ id: 'sha256:1' } as Image),
  }
  const volumes = createImageVolumes({
    runtime: {} as Runtime,
    version: version('containerd', '2.2.0'),
    images: images as ImagePuller,
    directories: new PodDirectories('/nowhere'),
  })
  const prepared = await volumes.prepare(pod, [], {} as SandboxConfig, new AbortController().signal)
  assert.deepEqual([...prepared.keys()], ['there', 'missing'])
  assert.deepEqual(prepared.get('there'), {
    hostPath: '',
    isReadOnly: true,
    image: { image: 'sha256:1', userSpecifiedImage: 'example.com/there:1' },
  })
  assert.ok(prepared.get('missing') instanceof StartError)
})

test('the images of a pod are named as the runtime names them', () => {
  const volumes = ['busybox', `quay.io/a/b@sha256:${'0'.repeat(64)}`, 'Not a name'].map((reference, i) => ({
    name: String(i),
    image: { reference },
  }))
  assert.deepEqual(volumeImageNames({ spec: { containers: [], volumes } }), [
    'docker.io/library/busybox:latest',
    `quay.io/a/b@sha256:${'0'.repeat(64)}`,
  ])
})
