import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shortLayers } from '#kubelet/volumes/mounting.ts'

const rows: Readonly<Record<string, readonly [options: string, from: string, short: string]>> = {
  'layers of one snapshotter': [
    'index=off,lowerdir=/a/s/12/fs:/a/s/7/fs',
    '/a/s',
    'index=off,lowerdir=12/fs:7/fs',
  ],
  'one layer': ['lowerdir=/a/s/12/fs', '/a/s/12', 'lowerdir=fs'],
  'layers without a folder in common': ['lowerdir=/a/1:/b/2', '/', 'lowerdir=a/1:b/2'],
  'no layers': ['ro,rbind', '/', 'ro,rbind'],
}

for (const [name, [options, from, short]] of Object.entries(rows)) {
  test(`mount options: ${name}`, () =>
    assert.deepEqual(shortLayers(options.split(',')), { from, options: short.split(',') }))
}
