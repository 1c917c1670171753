import assert from 'node:assert/strict'
import { test } from 'node:test'
import { statefulSets } from '#api/resources.ts'
import type { ControllerRevision, StatefulSet } from '#api/types/apps.ts'
import type { Pod } from '#api/types/core.ts'
import { byRevision, chooseRevision, newRevision, templateOf } from '#controllers/history/revision.ts'
import { eachState, LATER, skip } from '#controllers/recorded-states.ts'
import { ordinalOf, revisionOf, statefulPod } from '#controllers/statefulset/identity.ts'
import { planStatefulSet } from '#controllers/statefulset/plan.ts'
import { isStatusNews, statefulSetStatus } from '#controllers/statefulset/status.ts'

test('a recorded StatefulSet is left as it is', { skip }, () => {
  const count = eachState((state, name) => {
    const sets = state.all<StatefulSet>('StatefulSet')
    for (const set of sets) {
      const revisions = [...state.controlledBy<ControllerRevision>('ControllerRevision', set)].sort(
        byRevision,
      )
      const pods = state.controlledBy<Pod>('Pod', set)
      const newest = revisions.at(-1)
      assert.ok(newest)
      const proposed = newRevision(statefulSets, set, newest.revision, 0)
      assert.deepEqual(chooseRevision(revisions, proposed), { action: 'keep', revision: newest }, name)
      assert.equal(proposed.metadata?.name, newest.metadata?.name, name)
      assert.deepEqual(proposed.metadata?.labels, newest.metadata?.labels, name)

      const revision = newest.metadata?.name ?? ''
      const named = { revision, template: templateOf(newest) }
      const phases = planStatefulSet({
        set,
        pods,
        current: named,
        update: named,
        areClaimsRight: () => true,
        isClaimStale: () => false,
        nowMs: LATER,
      })
      assert.deepEqual(phases.flat(), [], name)
      const status = statefulSetStatus({
        set,
        pods,
        currentRevision: set.status?.currentRevision ?? '',
        updateRevision: revision,
        collisionCount: 0,
        replaced: 0,
        nowMs: LATER,
      })
      assert.ok(!isStatusNews(set, status), name)
      assert.deepEqual(status, set.status, name)
    }
    return sets.length
  })
  assert.ok(count >= 5)
})

test('a recorded pod of a StatefulSet is the one that we would have made', { skip }, () => {
  const count = eachState((state, name) => {
    let found = 0
    for (const set of state.all<StatefulSet>('StatefulSet')) {
      const revisions = state.controlledBy<ControllerRevision>('ControllerRevision', set)
      for (const pod of state.controlledBy<Pod>('Pod', set)) {
        const revision = revisions.find(({ metadata }) => metadata?.name === revisionOf(pod))
        const ordinal = ordinalOf(set.metadata?.name ?? '', pod)
        assert.ok(revision && ordinal !== undefined)
        const made = statefulPod(set, templateOf(revision), revisionOf(pod), ordinal)
        assert.deepEqual(
          [
            made.metadata?.name,
            made.metadata?.generateName,
            made.metadata?.labels,
            made.metadata?.ownerReferences,
          ],
          [
            pod.metadata?.name,
            pod.metadata?.generateName,
            pod.metadata?.labels,
            pod.metadata?.ownerReferences,
          ],
          name,
        )
        assert.deepEqual(
          [made.spec?.hostname, made.spec?.subdomain],
          [pod.spec?.hostname, pod.spec?.subdomain],
        )
        found++
      }
    }
    return found
  })
  assert.ok(count > 5)
})
