import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod } from '#api/types/core.ts'
import { cniConfig } from '#network/cni-config.ts'
import { routeCommands, routesTo } from '#network/routes.ts'
import { hostPortsOf, networkTable } from '#network/rules.ts'
import { run } from '#sys/process.ts'

const node = (name: string, address: string, cidr: string): Node => ({
  metadata: { name },
  spec: { podCIDR: cidr, podCIDRs: [cidr] },
  status: { addresses: [{ type: 'InternalIP', address }] },
})
const NODES = [node('n1', '172.30.0.2', '10.244.0.0/24'), node('n2', '172.30.0.3', '10.244.1.0/24')]

test('a node routes to the pods of all others, the machine to those of all', () => {
  assert.deepEqual([...routesTo(NODES, 'n1')], [['10.244.1.0/24', '172.30.0.3']])
  assert.equal(routesTo(NODES, '').size, 2)
})

test('only what changed becomes a command', () => {
  const before = routesTo(NODES, '')
  assert.deepEqual(routeCommands(before, before), [])
  assert.deepEqual(routeCommands(before, routesTo(NODES.slice(0, 1), '')), [
    'route del 10.244.1.0/24 via 172.30.0.3',
  ])
  const moved = routesTo([node('n2', '172.30.0.9', '10.244.1.0/24')], '')
  assert.deepEqual(routeCommands(routesTo(NODES.slice(1), ''), moved), [
    'route replace 10.244.1.0/24 via 172.30.0.9',
  ])
})

test('two nodes on one machine never share a network name or a folder of addresses', () => {
  const names = ['/a', '/b'].map(
    (stateDir) => JSON.parse(cniConfig({ podCIDR: '10.244.0.0/24', stateDir, mtu: 1500 })).name,
  )
  assert.notEqual(names[0], names[1])
})

const POD: Pod = {
  spec: {
    containers: [{ name: 'c', ports: [{ hostPort: 8080, containerPort: 80 }, { containerPort: 81 }] }],
  },
  status: { podIP: '10.244.0.5', phase: 'Running' },
}

test('host ports are those of running pods with an address of their own', () => {
  assert.equal(hostPortsOf([POD]).length, 1)
  assert.equal(hostPortsOf([{ ...POD, status: { ...POD.status, phase: 'Failed' } }]).length, 0)
  assert.equal(
    hostPortsOf([{ ...POD, spec: { ...POD.spec, hostNetwork: true } as Pod['spec'] } as Pod]).length,
    0,
  )
})

test('the kernel takes the table, twice', { skip: process.getuid?.() !== 0 }, async () => {
  const script = networkTable('test', '10.244.0.0/16', hostPortsOf([POD]))
  const input = `nft -f - <<'X'\n${script}\nX\nnft -f - <<'X'\n${script}\nX\nnft list table ip test\n`
  const { stdout } = await run('unshare', ['--net', 'sh', '-e'], { input })
  assert.match(stdout, /tcp dport 8080 dnat to 10\.244\.0\.5:80/)
})
