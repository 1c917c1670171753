import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContainerStatus } from '#api/types/core.ts'
import { subresourcesOf } from '#kubelet/server/access.ts'
import { containerIdFor } from '#kubelet/server/container-logs.ts'

const ended = (id: string) => ({ terminated: { exitCode: 0, containerID: `containerd://${id}` } })
const status = (fields: Partial<ContainerStatus>): ContainerStatus => ({
  name: 'c',
  image: '',
  imageID: '',
  ready: false,
  restartCount: 0,
  ...fields,
})

const rows: Readonly<Record<string, readonly [Partial<ContainerStatus>, boolean, string]>> = {
  'one that runs': [{ containerID: 'containerd://1', state: { running: {} } }, false, '1'],
  'one that has ended': [{ state: ended('1') }, false, '1'],
  'the last that ran while the next one waits': [
    { state: { waiting: {} }, lastState: ended('0') },
    false,
    '0',
  ],
  'the one before': [{ state: { running: {} }, lastState: ended('0') }, true, '0'],
  'no one before': [
    { state: { running: {} } },
    true,
    'previous terminated container "c" in pod "p" not found',
  ],
  'one that waits': [
    { state: { waiting: { reason: 'ContainerCreating' } } },
    false,
    'container "c" in pod "p" is waiting to start: ContainerCreating',
  ],
  'one without an image': [
    { state: { waiting: { reason: 'ImagePullBackOff' } } },
    false,
    'container "c" in pod "p" is waiting to start: trying and failing to pull image',
  ],
}

for (const [name, [fields, previous, expected]] of Object.entries(rows)) {
  test(`the log of ${name}`, () => {
    const find = () => containerIdFor({ containerStatuses: [status(fields)] }, 'p', 'c', previous)
    if (expected.includes(' ')) assert.throws(find, { code: 400, message: expected })
    else assert.equal(find(), expected)
  })
}

test('every path needs a right on the node', () => {
  assert.deepEqual(subresourcesOf('/exec/ns/p/c'), ['proxy'])
  assert.deepEqual(subresourcesOf('/metrics/resource'), ['metrics'])
  assert.deepEqual(subresourcesOf('/pods'), ['pods', 'proxy'])
})
