import assert from 'node:assert/strict'
import { test } from 'node:test'
import { desiredEndpoints, desiredSlice, serversByPort } from '#apiserver/bootstrap/kubernetes-endpoints.ts'

const at = (text: string) => {
  const [address = '', port = ''] = text.split(':')
  return { address, port: Number(port) }
}

const rows: readonly [string, readonly string[], readonly string[]][] = [
  ['one server', ['10.0.0.1:6443'], ['6443: 10.0.0.1']],
  ['servers at one port are together', ['10.0.0.1:6443', '10.0.0.2:6443'], ['6443: 10.0.0.1 10.0.0.2']],
  [
    'of two ports the lower is first',
    ['10.0.0.1:6444', '10.0.0.2:6443'],
    ['6443: 10.0.0.2', '6444: 10.0.0.1'],
  ],
  [
    'the port of most servers is first',
    ['10.0.0.1:6443', '10.0.0.2:6444', '10.0.0.3:6444'],
    ['6444: 10.0.0.2 10.0.0.3', '6443: 10.0.0.1'],
  ],
]

for (const [name, servers, expected] of rows) {
  test(`by port: ${name}`, () => {
    const groups = serversByPort(servers.map(at)).map(
      ({ port, addresses }) => `${port}: ${addresses.join(' ')}`,
    )
    assert.deepEqual(groups, expected)
  })
}

test('what is right is left alone, whichever server looks at it', () => {
  const servers = serversByPort(['10.0.0.1:6443', '10.0.0.2:6444'].map(at))
  const endpoints = desiredEndpoints(undefined, servers)
  assert.equal(endpoints?.subsets?.length, 2)
  assert.equal(
    desiredEndpoints(endpoints, serversByPort(['10.0.0.1:6443', '10.0.0.2:6444'].map(at))),
    undefined,
  )
  const slice = desiredSlice(undefined, servers[0]!)
  assert.deepEqual(
    slice?.endpoints?.flatMap(({ addresses }) => addresses),
    ['10.0.0.1'],
  )
  assert.equal(desiredSlice(slice, servers[0]!), undefined)
})
