import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blame, rank } from '#kubelet/eviction/ranking.ts'
import { shortage } from '#kubelet/eviction/signals.ts'
import { container, pod } from '#kubelet/pods/fixtures.ts'

const Mi = 1024 * 1024

function use(name: string, request: string | undefined, usage: number, priority = 0) {
  const resources = request === undefined ? {} : { requests: { memory: request } }
  return {
    pod: pod({ priority, containers: [container(name, { resources })] }),
    usage,
    containers: [{ name, usage }],
  }
}

test('who takes more than he asked for goes first, then the less important, then the greedier', () => {
  const uses = [
    use('modest', '100Mi', 50 * Mi),
    use('important', undefined, 90 * Mi, 5),
    use('small', '10Mi', 20 * Mi),
    use('greedy', '10Mi', 90 * Mi),
    use('critical', undefined, 900 * Mi, 2_000_000_000),
  ]
  assert.deepEqual(
    rank(uses, 'memory').map(({ containers }) => containers[0]?.name),
    ['greedy', 'small', 'important', 'modest'],
  )
})

test('what is said of it', () => {
  assert.equal(
    blame(use('web', '10Mi', 20 * Mi), 'memory'),
    'Container web was using 20Mi, request is 10Mi, has larger consumption of memory. ',
  )
  assert.equal(blame(use('web', '10Mi', 5 * Mi), 'memory'), '')
  assert.equal(
    shortage({ name: 'memory.available', available: 90 * Mi, threshold: 100 * Mi }),
    'Threshold quantity: 100Mi, available: 90Mi. ',
  )
})
