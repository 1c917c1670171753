import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResourceRequirements } from '#api/types/core.ts'
import { quotaOfMilliCPU, sharesOfMilliCPU, weightOfShares } from '#kubelet/cgroups/convert.ts'
import { containerCgroup, oomScoreAdjust, podCgroupConfig } from '#kubelet/cgroups/pod-cgroup-config.ts'
import { container, pod } from '#kubelet/pods/fixtures.ts'
import { qosClassOf } from '#kubelet/pods/pod-spec.ts'

const MEMORY = 1024 ** 3
const guaranteed = { limits: { cpu: '1', memory: '512Mi' }, requests: { cpu: '1', memory: '512Mi' } }
const burstable = { requests: { cpu: '100m', memory: '512Mi' } }
const having = (...all: readonly ResourceRequirements[]) =>
  pod({ containers: all.map((resources, i) => container(`c${i}`, { resources })) })

test('CPU and its numbers', () => {
  assert.deepEqual([0, 1, 100, 1000, 1e9].map(sharesOfMilliCPU), [2, 2, 102, 1024, 262_144])
  assert.deepEqual(
    [0, 1, 100, 1000].map((milli) => quotaOfMilliCPU(milli)),
    [0, 1000, 10_000, 100_000],
  )
  assert.deepEqual([2, 1024, 262_144].map(weightOfShares), [1, 39, 10_000])
})

test('classes', () => {
  assert.equal(qosClassOf(having(guaranteed)), 'Guaranteed')
  assert.equal(qosClassOf(having(guaranteed, {})), 'Burstable')
  assert.equal(qosClassOf(having(burstable)), 'Burstable')
  assert.equal(qosClassOf(having({})), 'BestEffort')
})

test("a pod's cgroup is limited only when each of its containers is", () => {
  assert.deepEqual(podCgroupConfig(having(guaranteed, guaranteed)), {
    cpuShares: 2048,
    cpuQuotaUs: 200_000,
    memoryBytes: MEMORY,
  })
  assert.deepEqual(podCgroupConfig(having(guaranteed, burstable)), { cpuShares: 1126 })
  assert.deepEqual(podCgroupConfig(having({})), { cpuShares: 2 })
})

test('a container without a request for CPU weighs what its limit says', () => {
  const cgroup = containerCgroup(
    having({}),
    container('c', { resources: { limits: { cpu: '500m' } } }),
    MEMORY,
  )
  assert.deepEqual([cgroup.cpuShares, cgroup.cpuQuota, cgroup.cpuPeriod], [512, 50_000, 100_000])
})

test('who goes first when memory runs out', () => {
  const score = (resources: ResourceRequirements) =>
    oomScoreAdjust(having(resources), having(resources).spec!.containers[0]!, MEMORY)
  assert.equal(score(guaranteed), -997)
  assert.equal(score(burstable), 500)
  assert.equal(score({ requests: { cpu: '1m' } }), 999)
  assert.equal(score({}), 1000)
})
