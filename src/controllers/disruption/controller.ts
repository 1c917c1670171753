// Keeps what a PodDisruptionBudget says may be disrupted, which is what evictions go by.
//
//   PDB, its pods ─▶ how many are wanted? ─▶ how many are healthy? ─▶ disruptionsAllowed ─▶ status
//   Pod that was to go and did not ─▶ after two minutes condition DisruptionTarget becomes False
//
// Invariant: an eviction takes from the same status, so it is written over the version that was read only; whoever
// loses looks again. Upstream: pkg/controller/disruption

import { semanticEqual } from '#api/meta/equality.ts'
import { keyOf, type ObjectKey, splitKey } from '#api/meta/object.ts'
import { type LabelSelectorObject, matchesLabels, selectorOf } from '#api/meta/selectors.ts'
import { isConflict } from '#api/meta/status.ts'
import { podDisruptionBudgets, pods } from '#api/resources.ts'
import type { Pod } from '#api/types/core.ts'
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '#api/types/policy.ts'
import type { Change } from '#client/informer.ts'
import type { Requeue } from '#client/work-queue.ts'
import {
  type Controller,
  type ControllerContext,
  controller,
  mapped,
  primary,
  type Watch,
} from '#controllers/controller.ts'
import { Scales } from '#controllers/disruption/scales.ts'
import {
  asksForScale,
  budgetStatus,
  countHealthy,
  desiredHealthy,
  disruptedPods,
  failedStatus,
  staleInMs,
} from '#controllers/disruption/status.ts'
import { messageOf } from '#controllers/pods/pod-control.ts'
import { formatTime } from '#sys/clock.ts'

/** Keys of pods whose condition may be stale; the others are of budgets. */
const POD = 'pod:'

export function disruptionController(context: ControllerContext): Controller {
  const { client, clock, informers } = context
  const budgets = informers.informer(podDisruptionBudgets)
  const podInformer = informers.informer(pods)
  const scales = new Scales(context)
  const events = context.events('controllermanager')

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    if (key.startsWith(POD)) return clearStale(key.slice(POD.length))
    const budget = budgets.get(key)
    if (!budget) return
    try {
      return await sync(budget)
    } catch (error) {
      if (isConflict(error)) throw error
      await write(budget, failedStatus(budget, messageOf(error), clock.now()))
    }
  }

  async function sync(budget: PodDisruptionBudget): Promise<Requeue> {
    const nowMs = clock.now()
    const selected = podsOf(budget)
    if (selected.length === 0) events.event(budget, 'Normal', 'NoPods', 'No matching pods found')
    const expected = await expectedPods(budget, selected)
    const disrupted = disruptedPods(budget, selected, nowMs)
    const { namespace } = budget.metadata ?? {}
    for (const pod of disrupted.notDeleted) {
      // The namespace twice is upstream's way of naming the budget.
      const text = `Pod was expected by PDB ${namespace}/${namespace} to be deleted but it wasn't`
      events.event(pod, 'Warning', 'NotDeleted', text)
    }
    const healthy = countHealthy(selected, disrupted.pods)
    const counts = { expected, desired: desiredHealthy(budget, expected), healthy }
    await write(budget, budgetStatus(budget, counts, disrupted.pods, nowMs))
    // One more, as a pod has its time when it is over and not while it ends.
    return disrupted.recheckMs === undefined ? undefined : { afterMs: disrupted.recheckMs + 1 }
  }

  async function expectedPods(budget: PodDisruptionBudget, selected: readonly Pod[]): Promise<number> {
    if (!asksForScale(budget)) return selected.length
    try {
      const { expected, unmanaged } = await scales.of(selected)
      if (unmanaged.length > 0) events.event(budget, 'Warning', 'UnmanagedPods', unmanagedText(budget))
      return expected
    } catch (error) {
      const text = `Failed to calculate the number of expected pods: ${messageOf(error)}`
      events.event(budget, 'Warning', 'CalculateExpectedPodCountFailed', text)
      throw error
    }
  }

  async function write(budget: PodDisruptionBudget, status: PodDisruptionBudgetStatus): Promise<void> {
    if (semanticEqual(budget.status, status)) return
    await client.resource(podDisruptionBudgets).updateStatus({ ...budget, status })
  }

  async function clearStale(key: ObjectKey): Promise<Requeue> {
    const pod = podInformer.get(key)
    const waitMs = pod && staleInMs(pod, clock.now())
    if (!pod || waitMs === undefined) return
    if (waitMs > 0) return { afterMs: waitMs }
    const { generation } = pod.metadata ?? {}
    const conditions = (pod.status?.conditions ?? []).map((condition) =>
      condition.type === 'DisruptionTarget'
        ? {
            type: condition.type,
            status: 'False',
            lastTransitionTime: formatTime(clock.now()),
            ...(generation !== undefined && { observedGeneration: generation }),
          }
        : condition,
    )
    await client.resource(pods).updateStatus({ ...pod, status: { ...pod.status, conditions } })
  }

  function podsOf(budget: PodDisruptionBudget): readonly Pod[] {
    const selector = selectorOf(budget.spec?.selector)
    return podInformer
      .list(budget.metadata?.namespace ?? '')
      .filter(({ metadata }) => matchesLabels(selector, metadata?.labels))
  }

  function budgetsOf(pod: Pod): readonly ObjectKey[] {
    return budgets
      .list(pod.metadata?.namespace ?? '')
      .filter(({ spec }) => matchesLabels(selectorOf(spec?.selector), pod.metadata?.labels))
      .map(keyOf)
  }

  /** The budgets before and after a change; all of several are kept, but evictions of such a pod are refused. */
  function budgetsOfChange(change: Change<Pod>): readonly ObjectKey[] {
    const now = budgetsOf(change.object)
    const [first] = now
    if (first !== undefined && now.length > 1) {
      const { namespace, name } = change.object.metadata ?? {}
      const chosen = JSON.stringify(splitKey(first).name)
      const text = `Pod "${namespace}"/"${name}" matches multiple PodDisruptionBudgets.  Chose ${chosen} arbitrarily.`
      events.event(change.object, 'Warning', 'MultiplePodDisruptionBudgets', text)
    }
    return change.type === 'updated' ? [...now, ...budgetsOf(change.previous)] : now
  }

  const stalePods: Watch = {
    ...mapped(podInformer, () => []),
    start: (queue) =>
      podInformer.onChange(({ type, object }) => {
        const waitMs = type === 'deleted' ? undefined : staleInMs(object, clock.now())
        if (waitMs !== undefined) queue.addAfter(`${POD}${keyOf(object)}`, waitMs)
      }),
  }

  return controller(context, 'disruption-controller', {
    watches: [primary(budgets), mapped(podInformer, budgetsOfChange), stalePods, ...scales.watches],
    reconcile,
  })
}

function unmanagedText({ spec }: PodDisruptionBudget): string {
  return (
    `Pods selected by this PodDisruptionBudget (selector: ${describeSelector(spec?.selector)}) were found to be ` +
    'unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined ' +
    'behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.'
  )
}

/** As Go prints the type. */
function describeSelector(selector: LabelSelectorObject | undefined): string {
  if (!selector) return 'nil'
  const labels = Object.entries(selector.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],}`,
  )
  return (
    `&LabelSelector{MatchLabels:map[string]string{${labels.map(([key, value]) => `${key}: ${value},`).join('')}},` +
    `MatchExpressions:[]LabelSelectorRequirement{${expressions.map((text) => `${text},`).join('')}},}`
  )
}
