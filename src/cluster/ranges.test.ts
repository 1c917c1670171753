// Which ranges are in use, and which a new cluster gets.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatCidr, parseCidr } from '#cluster/cidr.ts'
import { type ClusterConfig, COMPONENTS, DEFAULT_RANGES } from '#cluster/config.ts'
import { checkRanges, chooseRanges, hostRange, type RangeInUse, routesIn } from '#cluster/ranges.ts'

function used(text: string, by = 'the cluster blue'): RangeInUse {
  const range = parseCidr(text)
  assert.ok(range, text)
  return { range, by }
}

const ROUTES = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
k8ts-own\t0000F40A\t02001FAC\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0
k8ts-other\t0001F40A\t02011FAC\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0
`

test('reads routes, but neither the default one nor those of its own bridge', () => {
  assert.deepEqual(
    routesIn(ROUTES, 'k8ts-own').map(({ range }) => formatCidr(range)),
    ['192.0.2.0/24', '10.244.1.0/24'],
  )
})

test('the first cluster gets the usual ranges, the next what is free', () => {
  assert.deepEqual(chooseRanges([]), DEFAULT_RANGES)
  const next = chooseRanges([used('10.244.0.0/16'), used('10.96.0.0/12'), used('172.31.0.0/23')])
  assert.deepEqual(next, {
    podCIDR: '10.245.0.0/16',
    serviceCIDR: '10.112.0.0/16',
    hostCIDR: '172.31.2.0/24',
  })
})

test('says so when nothing is free', () => {
  assert.throws(() => chooseRanges([used('10.0.0.0/8')]), /No free range was found from 10.244 to 10.255/)
})

test('keeps the range between hosts as long as nobody else has it', () => {
  assert.equal(hostRange('172.31.9.0/24', []), '172.31.9.0/24')
  assert.equal(hostRange('172.31.0.0/24', [used('172.31.0.0/24')]), '172.31.1.0/24')
})

const CONFIG: ClusterConfig = {
  formatVersion: 1,
  name: 'green',
  nodes: 1,
  store: 'embedded',
  etcdServers: [],
  apiPort: 6443,
  components: COMPONENTS,
  ...DEFAULT_RANGES,
}

test('a range that another has is refused, with the way out', () => {
  assert.throws(
    () => checkRanges(CONFIG, [used('10.96.0.0/16')], false),
    /--service-cidr 10.96.0.0\/16 overlaps 10.96.0.0\/16 of the cluster blue: choose another range/,
  )
  assert.throws(
    () => checkRanges(CONFIG, [used('10.244.3.0/24', 'the network of this machine')], true),
    /--pod-cidr 10.244.0.0\/16 overlaps 10.244.3.0\/24 of the network of this machine: green was made with it: free/,
  )
  checkRanges(CONFIG, [used('10.245.0.0/16')], false)
})
