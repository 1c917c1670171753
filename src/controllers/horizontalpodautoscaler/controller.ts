// Sets how many replicas a workload has by what its pods use.
//
//   every 15 s: scale of the target ─▶ each metric proposes ─▶ the most counts ─▶ bounds and rules ─▶ scale ─▶ status
//
// Invariant: with some metrics unknown there may become more, never fewer.
// Upstream: pkg/controller/podautoscaler. Left out: scaling to zero (off by default).

import { semanticEqual } from '#api/meta/equality.ts'
import { keyOf, type ObjectKey, parseApiVersion } from '#api/meta/object.ts'
import { toMillis } from '#api/meta/quantity.ts'
import { matchesLabels } from '#api/meta/selectors.ts'
import { parseSelector } from '#api/meta/selectors-parse.ts'
import { isConflict } from '#api/meta/status.ts'
import { horizontalPodAutoscalers, pods } from '#api/resources.ts'
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerStatus,
  MetricStatus,
  Scale,
} from '#api/types/autoscaling.ts'
import { resourcePath } from '#client/client.ts'
import type { Change } from '#client/informer.ts'
import type { Requeue } from '#client/work-queue.ts'
import {
  type Controller,
  type ControllerContext,
  controller,
  mapped,
  reads,
} from '#controllers/controller.ts'
import { ServedKinds } from '#controllers/discovery.ts'
import { ScalingHistory } from '#controllers/horizontalpodautoscaler/history.ts'
import { decide } from '#controllers/horizontalpodautoscaler/limits.ts'
import { MetricError, proposalOf } from '#controllers/horizontalpodautoscaler/metric-sources.ts'
import { podMetrics } from '#controllers/horizontalpodautoscaler/pod-metrics.ts'
import type { Tolerances } from '#controllers/horizontalpodautoscaler/replicas.ts'
import { type Conditions, withCondition } from '#controllers/horizontalpodautoscaler/status.ts'
import { messageOf } from '#controllers/pods/pod-control.ts'
import { formatTime } from '#sys/clock.ts'

/** Metrics are measured about so often. */
const PERIOD_MS = 15_000
const DEFAULT_TOLERANCE = 0.1
const CONFLICT_RETRIES = 4

/** One look at an autoscaler, as far as it has come. */
interface Look {
  readonly autoscaler: HorizontalPodAutoscaler
  readonly current: number
  conditions: Conditions
  metrics: readonly MetricStatus[] | undefined
}

export function horizontalPodAutoscalerController(context: ControllerContext): Controller {
  const { client, clock, informers } = context
  const autoscalers = informers.informer(horizontalPodAutoscalers)
  const podInformer = informers.informer(pods)
  const kinds = new ServedKinds(client)
  const events = context.events('horizontal-pod-autoscaler')
  const histories = new Map<ObjectKey, ScalingHistory>()

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    const autoscaler = autoscalers.get(key)
    if (!autoscaler) {
      histories.delete(key)
      return
    }
    const history = histories.get(key) ?? new ScalingHistory()
    histories.set(key, history)
    const target = await scaleOf(autoscaler)
    const able = {
      reason: 'SucceededGetScale',
      message: "the HPA controller was able to get the target's current scale",
    }
    const conditions = autoscaler.status?.conditions ?? []
    if (target) {
      const look: Look = {
        autoscaler,
        current: target.scale.spec?.replicas ?? 0,
        conditions: withCondition(conditions, 'AbleToScale', true, able, clock.now()),
        metrics: autoscaler.status?.currentMetrics,
      }
      if (look.current > 0) seed(history, look.current)
      await autoscale(look, target, history)
    }
    return { afterMs: PERIOD_MS }
  }

  /** What is there at first counts as wanted, so that a new leader does not scale down at once. */
  function seed(history: ScalingHistory, replicas: number): void {
    if (history.recommendations(Number.POSITIVE_INFINITY, clock.now()).length === 0) {
      history.recommend(replicas, clock.now())
    }
  }

  async function scaleOf(
    autoscaler: HorizontalPodAutoscaler,
  ): Promise<{ readonly path: string; readonly scale: Scale } | undefined> {
    const { apiVersion = '', kind = '', name = '' } = autoscaler.spec?.scaleTargetRef ?? {}
    try {
      const { group } = parseApiVersion(apiVersion)
      const type = await kinds.find(group, kind)
      if (!type) {
        const where = group ? `group ${JSON.stringify(group)}` : 'version "v1"'
        throw new Error(`no matches for kind ${JSON.stringify(kind)} in ${where}`)
      }
      const path = resourcePath(type, autoscaler.metadata?.namespace ?? '', name, 'scale')
      const scale = (await client.request({ method: 'GET', path, query: {} })) as unknown as Scale
      return { path, scale }
    } catch (error) {
      events.event(autoscaler, 'Warning', 'FailedGetScale', messageOf(error))
      const message = `the HPA controller was unable to get the target's current scale: ${messageOf(error)}`
      const old = autoscaler.status?.conditions ?? []
      const conditions = withCondition(
        old,
        'AbleToScale',
        false,
        { reason: 'FailedGetScale', message },
        clock.now(),
      )
      await write(autoscaler, { ...statusOf(autoscaler), conditions })
      return undefined
    }
  }

  async function autoscale(
    look: Look,
    target: { readonly path: string; readonly scale: Scale },
    history: ScalingHistory,
  ): Promise<void> {
    const { autoscaler, current } = look
    const { minReplicas = 1, maxReplicas = 1 } = autoscaler.spec ?? {}
    if (current === 0 && minReplicas !== 0) {
      const message = 'scaling is disabled since the replica count of the target is zero'
      setCondition(look, 'ScalingActive', false, { reason: 'ScalingDisabled', message })
      return report(look, 0, false)
    }
    if (current > maxReplicas) {
      return rescale(look, target, history, maxReplicas, 'Current number of replicas above Spec.MaxReplicas')
    }
    if (current < minReplicas) {
      return rescale(look, target, history, minReplicas, 'Current number of replicas below Spec.MinReplicas')
    }
    const wanted = await compute(look, target.scale)
    if (!wanted) return report(look, autoscaler.status?.desiredReplicas ?? 0, false)
    const decision = decide(autoscaler, current, wanted.replicas, history, clock.now())
    setCondition(look, 'AbleToScale', true, decision.ableToScale)
    setCondition(look, 'ScalingLimited', decision.limited.isLimited, decision.limited)
    if (decision.replicas === current) return report(look, current, false)
    const reason = decision.replicas > current ? `${wanted.name} above target` : 'All metrics below target'
    await rescale(look, target, history, decision.replicas, reason)
  }

  /** The most that any metric asks for; undefined when there is nothing to go by, which is told. */
  async function compute(look: Look, scale: Scale): Promise<{ replicas: number; name: string } | undefined> {
    const { autoscaler, current } = look
    const { namespace = '' } = autoscaler.metadata ?? {}
    const text = scale.status?.selector ?? ''
    if (text === '') {
      events.event(autoscaler, 'Warning', 'SelectorRequired', 'selector is required')
      const message = "the HPA target's scale is missing a selector"
      setCondition(look, 'ScalingActive', false, { reason: 'InvalidSelector', message })
      return undefined
    }
    const selector = parseSelector(text)
    const selected = podInformer
      .list(namespace)
      .filter(({ metadata }) => matchesLabels(selector, metadata?.labels))
    const specs = autoscaler.spec?.metrics ?? []
    const results = await Promise.allSettled(
      specs.map((spec) =>
        proposalOf(spec, {
          pods: selected,
          currentReplicas: current,
          tolerances: tolerancesOf(autoscaler),
          nowMs: clock.now(),
          metrics: (resource, container) => podMetrics(client, namespace, text, resource, container),
        }),
      ),
    )
    const proposals = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
    look.metrics = results.map((result) =>
      result.status === 'fulfilled' ? result.value.status : { type: '' },
    )
    const best = proposals.reduce<(typeof proposals)[number] | undefined>(
      (most, next) => (most === undefined || next.replicas > most.replicas ? next : most),
      undefined,
    )
    tellFailures(autoscaler, failures)
    if (!best || (failures.length > 0 && best.replicas < current)) {
      tellUncomputed(look, failures, specs.length)
      return undefined
    }
    const message = `the HPA was able to successfully calculate a replica count from ${best.name}`
    setCondition(look, 'ScalingActive', true, { reason: 'ValidMetricFound', message })
    return best
  }

  function tellFailures(autoscaler: HorizontalPodAutoscaler, failures: readonly unknown[]): void {
    for (const failure of failures) {
      if (!(failure instanceof MetricError)) throw failure
      events.event(autoscaler, 'Warning', failure.reason, failure.message)
    }
  }

  function tellUncomputed(look: Look, failures: readonly unknown[], count: number): void {
    const [first] = failures
    if (!(first instanceof MetricError)) return
    const message = `the HPA was unable to compute the replica count: ${first.message}`
    setCondition(look, 'ScalingActive', false, { reason: first.reason, message })
    const subject = first.subject === '' ? '' : `failed to get ${first.subject} value: `
    const text =
      `invalid metrics (${failures.length} invalid out of ${count}), first error is: ` +
      `${subject}${first.message}`
    events.event(look.autoscaler, 'Warning', 'FailedComputeMetricsReplicas', text)
  }

  async function rescale(
    look: Look,
    { path, scale }: { readonly path: string; readonly scale: Scale },
    history: ScalingHistory,
    replicas: number,
    reason: string,
  ): Promise<void> {
    try {
      await writeScale(path, scale, replicas, CONFLICT_RETRIES)
    } catch (error) {
      const text = `New size: ${replicas}; reason: ${reason}; error: ${messageOf(error)}`
      events.event(look.autoscaler, 'Warning', 'FailedRescale', text)
      const message = `the HPA controller was unable to update the target scale: ${messageOf(error)}`
      setCondition(look, 'AbleToScale', false, { reason: 'FailedUpdateScale', message })
      return report(look, look.autoscaler.status?.desiredReplicas ?? 0, false)
    }
    const message = `the HPA controller was able to update the target scale to ${replicas}`
    setCondition(look, 'AbleToScale', true, { reason: 'SucceededRescale', message })
    events.event(look.autoscaler, 'Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${reason}`)
    history.scaled(replicas - look.current, clock.now())
    await report(look, replicas, true)
  }

  /** The workload's own controller writes it, too: whoever loses takes what is there now. */
  async function writeScale(path: string, scale: Scale, replicas: number, retries: number): Promise<void> {
    try {
      const body = { ...scale, spec: { ...scale.spec, replicas } }
      await client.request({ method: 'PUT', path, query: {}, body })
    } catch (error) {
      if (!isConflict(error) || retries === 0) throw error
      const fresh = (await client.request({ method: 'GET', path, query: {} })) as unknown as Scale
      await writeScale(path, fresh, replicas, retries - 1)
    }
  }

  function setCondition(
    look: Look,
    type: Parameters<typeof withCondition>[1],
    isTrue: boolean,
    why: { readonly reason: string; readonly message: string },
  ): void {
    look.conditions = withCondition(look.conditions, type, isTrue, why, clock.now())
  }

  async function report(look: Look, desired: number, hasScaled: boolean): Promise<void> {
    const { lastScaleTime } = look.autoscaler.status ?? {}
    const scaledAt = hasScaled ? formatTime(clock.now()) : lastScaleTime
    await write(look.autoscaler, {
      conditions: look.conditions,
      currentReplicas: look.current,
      desiredReplicas: desired,
      ...(look.metrics && { currentMetrics: look.metrics }),
      ...(scaledAt !== undefined && { lastScaleTime: scaledAt }),
    })
  }

  async function write(
    autoscaler: HorizontalPodAutoscaler,
    status: HorizontalPodAutoscalerStatus,
  ): Promise<void> {
    if (semanticEqual(autoscaler.status, status)) return
    await client.resource(horizontalPodAutoscalers).updateStatus({ ...autoscaler, status })
  }

  return controller(context, 'horizontal-pod-autoscaler-controller', {
    watches: [mapped(autoscalers, newSpec), reads(podInformer)],
    workers: 5,
    baseDelayMs: PERIOD_MS,
    maxDelayMs: PERIOD_MS,
    reconcile,
  })
}

/** Not each status that it writes itself. */
function newSpec(change: Change<HorizontalPodAutoscaler>): readonly ObjectKey[] {
  const isOwnWrite = change.type === 'updated' && semanticEqual(change.object.spec, change.previous.spec)
  return isOwnWrite ? [] : [keyOf(change.object)]
}

const statusOf = ({ status }: HorizontalPodAutoscaler): HorizontalPodAutoscalerStatus => ({
  desiredReplicas: 0,
  conditions: [],
  ...status,
})

function tolerancesOf({ spec }: HorizontalPodAutoscaler): Tolerances {
  const { scaleUp, scaleDown } = spec?.behavior ?? {}
  const share = (tolerance: string | undefined): number =>
    tolerance === undefined ? DEFAULT_TOLERANCE : toMillis(tolerance) / 1000
  return { up: share(scaleUp?.tolerance), down: share(scaleDown?.tolerance) }
}
