import assert from 'node:assert/strict'
import { test } from 'node:test'
import { container, pod } from '#kubelet/pods/fixtures.ts'
import { containerAnnotations, containerHash, readContainerAnnotations } from '#kubelet/runtime/labels.ts'

test('the hash of a container is the one that the original writes', () => {
  assert.equal(containerHash({ name: 'main', image: 'docker.io/library/busybox:1.36' }), 'e3b3a006')
  assert.equal(containerHash({ name: 'web', image: 'nginx' }), '9690f4d')
})

test('what is written on a container is read back', () => {
  const preStop = { exec: { command: ['true'] } }
  const subject = container('main', {
    lifecycle: { preStop },
    terminationMessagePath: '/dev/log',
    terminationMessagePolicy: 'File',
    ports: [{ containerPort: 80 }],
  })
  const record = readContainerAnnotations(
    containerAnnotations(pod({ terminationGracePeriodSeconds: 5 }), subject, 3),
  )
  assert.deepEqual(record, {
    hash: containerHash(subject),
    restartCount: 3,
    terminationMessagePath: '/dev/log',
    terminationMessagePolicy: 'File',
    terminationGracePeriodSeconds: 5,
    preStop,
    ports: [{ containerPort: 80 }],
  })
})
