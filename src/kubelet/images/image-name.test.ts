import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseImageName, withDefaultTag } from '#kubelet/images/image-name.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

const rows: Readonly<Record<string, readonly [repository: string, tag: string, digest: string]>> = {
  busybox: ['docker.io/library/busybox', 'latest', ''],
  'busybox:1.36': ['docker.io/library/busybox', '1.36', ''],
  'user/app': ['docker.io/user/app', 'latest', ''],
  'localhost/app:v1': ['localhost/app', 'v1', ''],
  'localhost:5000/app': ['localhost:5000/app', 'latest', ''],
  'registry.k8s.io/pause:3.10': ['registry.k8s.io/pause', '3.10', ''],
  [`ghcr.io/a/b@${DIGEST}`]: ['ghcr.io/a/b', '', DIGEST],
  [`ghcr.io/a/b:t@${DIGEST}`]: ['ghcr.io/a/b', 't', DIGEST],
}

for (const [name, [repository, tag, digest]] of Object.entries(rows)) {
  test(`image name ${name}`, () => assert.deepEqual(parseImageName(name), { repository, tag, digest }))
}

test('only what has neither tag nor digest gets the default tag', () => {
  assert.equal(withDefaultTag('busybox'), 'busybox:latest')
  assert.equal(withDefaultTag('busybox:1'), 'busybox:1')
  assert.equal(withDefaultTag(`busybox@${DIGEST}`), `busybox@${DIGEST}`)
})

const wrong: Readonly<Record<string, string>> = {
  'Bad Image!':
    'couldn\'t parse image name "Bad Image!": invalid reference format: repository name (library/Bad Image!) must be lowercase',
  'a b': 'couldn\'t parse image name "a b": invalid reference format',
  '': 'couldn\'t parse image name "": invalid reference format',
}

for (const [name, message] of Object.entries(wrong)) {
  test(`no image name: ${JSON.stringify(name)}`, () => assert.throws(() => parseImageName(name), { message }))
}
