import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSamples } from '#metrics/exposition.ts'
import { measure, readLook } from '#metrics/usage.ts'

/** What a kubelet says: seconds of the node, and seconds of each container. */
function page(node: number, containers: Readonly<Record<string, number>>): string {
  const lines = [
    '# HELP node_cpu_usage_seconds_total Cumulative cpu time',
    `node_cpu_usage_seconds_total ${node}`,
  ]
  lines.push('node_memory_working_set_bytes 1.048576e+06 1790000000000')
  for (const [path, seconds] of Object.entries(containers)) {
    const [namespace, pod, container] = path.split('/')
    const labels = `{container="${container}",namespace="${namespace}",pod="${pod}"}`
    lines.push(`container_cpu_usage_seconds_total${labels} ${seconds}`)
    lines.push(`container_memory_working_set_bytes${labels} 2048`)
  }
  return `${lines.join('\n')}\n`
}

test('samples are read with their labels, and what is none is passed over', () => {
  const text = 'a{x="1",y="q\\"\\\\\\n"} 2\n# a 3\nb 4\na{x="NaN"} NaN\na\n'
  assert.deepEqual(readSamples(text, new Set(['a'])), [
    { name: 'a', labels: { x: '1', y: 'q"\\\n' }, value: 2 },
  ])
})

test('a rate is what was used between two looks', () => {
  const before = readLook(page(100, { 'default/web/app': 10, 'default/web/helper': 1 }), 1_000)
  const after = readLook(page(103, { 'default/web/app': 11, 'default/web/helper': 1 }), 3_000)
  const { node, pods, windowMs, atMs } = measure(before, after)
  assert.deepEqual([windowMs, atMs], [2_000, 3_000])
  assert.deepEqual(node, { cpuNanocores: 1.5e9, memoryBytes: 1_048_576 })
  assert.deepEqual(
    [...(pods.get('default/web') ?? [])],
    [
      ['app', { cpuNanocores: 5e8, memoryBytes: 2048 }],
      ['helper', { cpuNanocores: 0, memoryBytes: 2048 }],
    ],
  )
})

test('a pod of which only a part is known is not told of', () => {
  const before = readLook(page(1, { 'default/new/a': 5, 'default/again/a': 5, 'default/gone/a': 5 }), 0)
  const after = readLook(page(2, { 'default/new/a': 6, 'default/new/b': 1, 'default/again/a': 1 }), 1_000)
  assert.deepEqual([...measure(before, after).pods.keys()], [])
})

test('a kubelet that says nothing of its node has no usage of it', () => {
  const empty = readLook('', 0)
  assert.deepEqual(measure(empty, readLook('', 1_000)).node, undefined)
  assert.equal(measure(empty, readLook(page(1, {}), 1_000)).node, undefined)
})
