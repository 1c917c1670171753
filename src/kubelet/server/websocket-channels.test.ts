import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseProtocol, decodeMessage, encodeMessage } from '#kubelet/server/websocket-channels.ts'

test('the newest protocol that the client offers is spoken', () => {
  assert.equal(
    chooseProtocol('channel.k8s.io, v5.channel.k8s.io,v4.channel.k8s.io')?.name,
    'v5.channel.k8s.io',
  )
  assert.equal(chooseProtocol('base64.channel.k8s.io')?.isBase64, true)
  assert.deepEqual(chooseProtocol(undefined), { name: '', isBase64: false, version: 1 })
  assert.equal(chooseProtocol('v9.channel.k8s.io'), undefined)
})

test('messages carry their channel', () => {
  for (const name of ['v5.channel.k8s.io', 'v4.base64.channel.k8s.io']) {
    const protocol = chooseProtocol(name)!
    const message = Buffer.from(encodeMessage(protocol, 2, Buffer.from('é')))
    const decoded = decodeMessage(protocol, message)
    assert.ok(decoded?.kind === 'data')
    assert.deepEqual([decoded.channel, decoded.data.toString()], [2, 'é'])
  }
})

test('only version 5 can close a channel', () => {
  const close = Buffer.from([255, 0])
  assert.deepEqual(decodeMessage(chooseProtocol('v5.channel.k8s.io')!, close), { kind: 'close', channel: 0 })
  assert.equal(decodeMessage(chooseProtocol('v4.channel.k8s.io')!, close)?.kind, 'data')
  assert.equal(decodeMessage(chooseProtocol('v4.channel.k8s.io')!, Buffer.alloc(0)), undefined)
})
