// What the original's controllers left behind is a fixed point of ours: looking at a settled cluster of the
// original, nothing would be written.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchesLabels, selectorOf, selectorOfLabels } from '#api/meta/selectors.ts'
import type { Deployment, ReplicaSet } from '#api/types/apps.ts'
import type { Endpoints, Node, Pod, ReplicationController, Service } from '#api/types/core.ts'
import type { EndpointSlice } from '#api/types/discovery.ts'
import { findNewReplicaSet, newReplicaSet } from '#controllers/deployment/revisions.ts'
import { isStatusNews as isDeploymentNews, rolloutStatus } from '#controllers/deployment/status.ts'
import { planEndpoints } from '#controllers/endpoints/plan.ts'
import { MANAGED_BY, MANAGER, planSlices, SERVICE_NAME } from '#controllers/endpointslice/plan.ts'
import { MANAGER as MIRROR, planMirror } from '#controllers/endpointslice-mirroring/plan.ts'
import { isControlledBy } from '#controllers/owner-references.ts'
import { isPodActive, isPodTerminating } from '#controllers/pods/pod-state.ts'
import { eachState, LATER, type State, skip } from '#controllers/recorded-states.ts'
import { isStatusNews, replicaSetStatus } from '#controllers/replicaset/status.ts'

/** When its progress deadline has not run out yet. */
function soonAfter({ status }: Deployment): number {
  const times = status?.conditions?.map(({ lastUpdateTime }) => Date.parse(lastUpdateTime ?? '')) ?? []
  return Math.max(...times) + 1000
}

test('the status of every recorded ReplicaSet follows from its pods', { skip }, () => {
  const count = eachState((state, name) => {
    const sets = state.all<ReplicaSet>('ReplicaSet')
    for (const owner of sets) {
      const pods = state.all<Pod>('Pod').filter((pod) => isControlledBy(pod, owner))
      const status = replicaSetStatus({
        owner,
        active: pods.filter(isPodActive),
        terminating: pods.filter(isPodTerminating).length,
        failure: owner.status?.conditions?.find(({ type }) => type === 'ReplicaFailure')?.message,
        nowMs: LATER,
      })
      assert.ok(
        !isStatusNews(owner, status),
        `${name}: ${JSON.stringify(status)} ${JSON.stringify(owner.status)}`,
      )
      assert.deepEqual(JSON.parse(JSON.stringify(status)), owner.status, name)
    }
    return sets.length
  })
  assert.ok(count > 10)
})

test('the status of every recorded ReplicationController follows from its pods', { skip }, () => {
  const count = eachState((state, name) => {
    const owners = state.all<ReplicationController>('ReplicationController')
    for (const owner of owners) {
      const active = state.all<Pod>('Pod').filter((pod) => isControlledBy(pod, owner) && isPodActive(pod))
      const status = replicaSetStatus({
        owner,
        active,
        terminating: undefined,
        failure: undefined,
        nowMs: LATER,
      })
      assert.deepEqual(JSON.parse(JSON.stringify(status)), owner.status, name)
    }
    return owners.length
  })
  assert.ok(count > 0)
})

test('the status of every recorded Deployment follows from its ReplicaSets', { skip }, () => {
  const count = eachState((state, name) => {
    const deployments = state.all<Deployment>('Deployment').filter(({ spec }) => !spec?.paused)
    for (const deployment of deployments) {
      const sets = state.all<ReplicaSet>('ReplicaSet').filter((set) => isControlledBy(set, deployment))
      const newSet = findNewReplicaSet(deployment, sets)
      const status = rolloutStatus(
        deployment,
        { newSet, oldSets: sets.filter((set) => set !== newSet) },
        soonAfter(deployment),
      )
      assert.ok(!isDeploymentNews(deployment, status), `${name}: ${JSON.stringify(status)}`)
    }
    return deployments.length
  })
  assert.ok(count > 5)
})

test('every recorded ReplicaSet of a Deployment is the one that we would have made', { skip }, () => {
  const count = eachState((state, name) => {
    let found = 0
    for (const deployment of state.all<Deployment>('Deployment')) {
      const sets = state.all<ReplicaSet>('ReplicaSet').filter((set) => isControlledBy(set, deployment))
      const recorded = findNewReplicaSet(deployment, sets)
      if (!recorded) continue
      found++
      const revision = BigInt(recorded.metadata?.annotations?.['deployment.kubernetes.io/revision'] ?? 0)
      const made = newReplicaSet(deployment, recorded.spec?.replicas ?? 0, revision)
      assert.equal(made.metadata?.name, recorded.metadata?.name, name)
      assert.deepEqual(made.metadata?.labels, recorded.metadata?.labels, name)
      assert.deepEqual(made.metadata?.ownerReferences, recorded.metadata?.ownerReferences, name)
      const { 'deployment.kubernetes.io/revision-history': _history, ...annotations } =
        recorded.metadata?.annotations ?? {}
      assert.deepEqual(made.metadata?.annotations, annotations, name)
      assert.deepEqual(made.spec, recorded.spec, name)
    }
    return found
  })
  assert.ok(count > 5)
})

function podsOf(state: State, service: Service): readonly Pod[] {
  const selector = selectorOfLabels(service.spec?.selector)
  return state.all<Pod>('Pod').filter((pod) => matchesLabels(selector, pod.metadata?.labels))
}

test('the slices and endpoints of every recorded Service need no change', { skip }, () => {
  const count = eachState((state, name) => {
    const services = state.all<Service>('Service').filter(({ spec }) => spec?.selector)
    for (const service of services) {
      const pods = podsOf(state, service)
      const slices = state
        .all<EndpointSlice>('EndpointSlice')
        .filter(({ metadata }) => metadata?.labels?.[MANAGED_BY] === MANAGER)
        .filter(({ metadata }) => metadata?.labels?.[SERVICE_NAME] === service.metadata?.name)
      const plan = planSlices(service, pods, slices, (node) => ({ metadata: { name: node } }) as Node)
      assert.deepEqual(plan, { create: [], update: [], remove: [], problems: [] }, name)
      const endpoints = state
        .all<Endpoints>('Endpoints')
        .find(({ metadata }) => metadata?.name === service.metadata?.name)
      assert.equal(planEndpoints(service, pods, endpoints, undefined), undefined, name)
    }
    return services.length
  })
  assert.ok(count > 1)
})

test('the mirrored slices of recorded Endpoints need no change', { skip }, () => {
  const count = eachState((state, name) => {
    const mirrored = state
      .all<EndpointSlice>('EndpointSlice')
      .filter(({ metadata }) => metadata?.labels?.[MANAGED_BY] === MIRROR)
    for (const endpoints of state.all<Endpoints>('Endpoints').slice(0, mirrored.length)) {
      const { create, update, remove } = planMirror(endpoints, mirrored)
      assert.deepEqual({ create, update, remove }, { create: [], update: [], remove: [] }, name)
    }
    return mirrored.length
  })
  assert.ok(count > 0)
})

test('recorded ReplicaSets select exactly their own pods', { skip }, () => {
  eachState((state, name) => {
    for (const set of state.all<ReplicaSet>('ReplicaSet')) {
      const selector = selectorOf(set.spec?.selector)
      for (const pod of state.all<Pod>('Pod')) {
        assert.equal(matchesLabels(selector, pod.metadata?.labels), isControlledBy(pod, set), name)
      }
    }
    return 0
  })
})
