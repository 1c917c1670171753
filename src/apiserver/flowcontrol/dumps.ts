// What waits and what runs, as text: /debug/api_priority_and_fairness/{dump_priority_levels,dump_queues,dump_requests}.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/util/flowcontrol/apf_controller_debug.go

import type { FairQueue, FairRequest } from '#apiserver/flowcontrol/fair-queue.ts'
import type { FlowControl } from '#apiserver/flowcontrol/flow-control.ts'
import type { Handler } from '#apiserver/pipeline.ts'
import type { Clock } from '#sys/clock.ts'

type Row = readonly (string | number | boolean)[]

const FOLDER = '/debug/api_priority_and_fairness/'

/** The handlers by path; undefined for other paths. */
export function flowControlDumps(
  flowControl: FlowControl,
  clock: Clock,
): (path: string) => Handler | undefined {
  const dumps: Readonly<Record<string, (query: URLSearchParams) => readonly Row[]>> = {
    dump_priority_levels: () => levelRows(flowControl),
    dump_queues: () => queueRows(flowControl),
    dump_requests: (query) => requestRows(flowControl, clock, Boolean(query.get('includeRequestDetails'))),
  }
  return (path) => {
    const rows = path.startsWith(FOLDER) ? dumps[path.slice(FOLDER.length)] : undefined
    if (!rows) return undefined
    return async ({ request }) => ({
      type: 'raw',
      code: 200,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: table(rows(request.head.query)),
    })
  }
}

/** Columns as wide as their widest cell, each cell with a comma behind it; the last one is not filled up. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => row.map((cell, index) => (index < row.length - 1 ? `${cell},` : `${cell}`)))
  const widths = (cells[0] ?? []).map((_cell, column) =>
    Math.max(8, ...cells.map((row) => (row[column]?.length ?? 0) + 1)),
  )
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column < row.length - 1 ? cell.padEnd(widths[column]!) : cell)).join('')
  return cells.map((row) => `${line(row)}\n`).join('')
}

function levelRows({ levels }: FlowControl): Row[] {
  const header = [
    ...['PriorityLevelName', 'ActiveQueues', 'IsIdle', 'IsQuiescing', 'WaitingRequests', 'ExecutingRequests'],
    ...['DispatchedRequests', 'RejectedRequests', 'TimedoutRequests', 'CancelledRequests'],
  ]
  const names = [...levels.keys()].sort()
  const rows = names.map((name): Row => {
    const { queues, isQuiescing } = levels.get(name)!
    const active = queues.queues.filter(({ waiting }) => waiting.size > 0).length
    const { dispatched, rejected, cancelled } = queues.totals
    const counts = [queues.waiting, queues.executing, dispatched, rejected, 0, cancelled]
    return [name, active, queues.isIdle, isQuiescing, ...counts]
  })
  return [header, ...rows]
}

function queueRows({ levels }: FlowControl): Row[] {
  const header = [
    ...['PriorityLevelName', 'Index', 'PendingRequests', 'ExecutingRequests', 'SeatsInUse', 'NextDispatchR'],
    ...['InitialSeatsSum', 'MaxSeatsSum', 'TotalWorkSum'],
  ]
  const sum = (queue: FairQueue, seats: (request: FairRequest) => number) =>
    [...queue.waiting].reduce((total, request) => total + seats(request), 0)
  const rows = [...levels].flatMap(([name, { queues }]) =>
    queues.queues.map((queue, index): Row => {
      const sizes = [queue.waiting.size, queue.executing.size, queue.seatsInUse]
      const sums = [sum(queue, ({ work }) => work.initialSeats), sum(queue, ({ seats }) => seats)]
      return [
        name,
        index,
        ...sizes,
        seatSeconds(queue.nextDispatchR),
        ...sums,
        seatSeconds(queue.waitingWork),
      ]
    }),
  )
  return [header, ...rows]
}

const seatSeconds = (value: number): string => `${value.toFixed(8)}ss`

function requestRows({ levels }: FlowControl, clock: Clock, hasDetails: boolean): Row[] {
  const header = [
    ...['PriorityLevelName', 'FlowSchemaName', 'QueueIndex', 'RequestIndexInQueue', 'FlowDistingsher'],
    ...['ArriveTime', 'InitialSeats', 'FinalSeats', 'AdditionalLatency', 'StartTime'],
    ...(hasDetails
      ? ['UserName', 'Verb', 'APIPath', 'Namespace', 'Name', 'APIVersion', 'Resource', 'SubResource']
      : []),
  ]
  const wallTime = (monotonic: number) =>
    monotonic === 0
      ? '0001-01-01T00:00:00Z'
      : new Date(clock.now() - clock.monotonic() + monotonic).toISOString()
  const rows: Row[] = []
  const add = (level: string, queue: number, index: number, request: FairRequest): void => {
    const { flow, work, asked } = request
    const { info, user } = asked
    const version = info.group === '' ? info.version : `${info.group}/${info.version}`
    const what = [user.name, info.verb, info.path, info.namespace, info.name]
    rows.push([
      ...[level, flow.schema, queue, index, flow.distinguisher, wallTime(request.arrivedAt)],
      ...[work.initialSeats, work.finalSeats, goDuration(work.lingerMs), wallTime(request.startedAt)],
      ...(hasDetails ? [...what, version, info.resource, info.subresource] : []),
    ])
  }
  for (const [name, { queues }] of levels) {
    queues.queues.forEach((queue, number) => {
      let index = 0
      for (const request of queue.waiting) add(name, number, index++, request)
      for (const request of queue.executing) add(name, number, -1, request)
    })
    for (const request of queues.queueless) add(name, -1, -1, request)
  }
  return [header, ...rows]
}

const goDuration = (millis: number): string => (millis === 0 ? '0s' : `${millis}ms`)
