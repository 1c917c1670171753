// `k8ts status`: what runs, how it is, where it is reached.

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Command } from 'commander'
import { nodes as nodeResource } from '#api/resources.ts'
import type { Node } from '#api/types/core.ts'
import { type ClusterOptions, dataDirOption, knownCluster, nameOption, outputOption } from '#cli/options.ts'
import { table } from '#cli/table.ts'
import type { ClusterLayout } from '#cluster/layout.ts'
import { readConfig } from '#cluster/saved-config.ts'
import { askSupervisor, type SupervisorStatus } from '#cluster/supervisor/control-socket.ts'
import { systemClock } from '#sys/clock.ts'

interface Report {
  readonly name: string
  readonly isRunning: boolean
  readonly server: string
  readonly dataDir: string
  readonly problem: string
  readonly processes: readonly ProcessReport[]
  readonly nodes: readonly {
    readonly name: string
    readonly ready: string
    readonly address: string
    readonly podCIDR: string
  }[]
}

interface ProcessReport {
  readonly name: string
  readonly pid: number
  readonly state: string
  readonly restarts: number
  readonly memoryMiB: number
  readonly cpuSeconds: number
  readonly lastError: string
}

export function statusCommand(): Command {
  return new Command('status')
    .summary('show processes, nodes, memory and the last errors')
    .addOption(nameOption())
    .addOption(dataDirOption())
    .addOption(outputOption())
    .action(async (options: ClusterOptions & { readonly output: string }) => {
      const report = await reportOn(await knownCluster(options))
      process.stdout.write(
        options.output === 'json' ? `${JSON.stringify(report, undefined, 2)}\n` : asText(report),
      )
      if (!report.isRunning) process.exitCode = 1
    })
}

async function reportOn(layout: ClusterLayout): Promise<Report> {
  const config = await readConfig(layout)
  const status = await askSupervisor(layout.supervisorSocket, 'status')
  const server = `https://127.0.0.1:${config?.apiPort}`
  return {
    name: layout.name,
    isRunning: status !== undefined,
    server,
    dataDir: layout.dataDir,
    problem: status?.problem ?? '',
    processes: status ? await processReports(layout, status) : [],
    nodes: status ? await nodeReports(layout, server) : [],
  }
}

async function processReports(
  layout: ClusterLayout,
  status: SupervisorStatus,
): Promise<readonly ProcessReport[]> {
  return Promise.all(
    status.processes.map(async (child) => ({
      name: child.name,
      pid: child.pid,
      state: child.isRunning ? 'running' : `down (${child.lastExit})`,
      restarts: child.restarts,
      memoryMiB: Math.round(child.memoryBytes / 2 ** 20),
      cpuSeconds: child.cpuMs / 1000,
      lastError: await lastError(path.join(layout.logDir, `${child.name}.log`)),
    })),
  )
}

/** The last line that a process logged as an error. */
async function lastError(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '')
  for (const line of text.trimEnd().split('\n').reverse()) {
    const entry = parse(line)
    if (entry && Number(entry['level']) >= 50)
      return `${String(entry['msg'])}${entry['error'] ? `: ${String(entry['error'])}` : ''}`
  }
  return ''
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined
  }
}

async function nodeReports(layout: ClusterLayout, server: string): Promise<Report['nodes']> {
  try {
    const { clientOf } = await import('#cluster/processes/credentials.ts')
    const list = await clientOf(layout, server, 'admin', 'k8ts', systemClock)
      .resource<Node>(nodeResource)
      .list()
    return list.items.map((node) => ({
      name: node.metadata?.name ?? '',
      ready: node.status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'Unknown',
      address: node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '',
      podCIDR: node.spec?.podCIDR ?? '',
    }))
  } catch {
    return []
  }
}

function asText(report: Report): string {
  if (!report.isRunning) return `cluster ${report.name} is down (data in ${report.dataDir})\n`
  const parts = [
    `cluster ${report.name} at ${report.server}, data in ${report.dataDir}`,
    ...(report.problem ? [`problem: ${report.problem}`] : []),
    '',
    table(
      ['PROCESS', 'PID', 'STATE', 'RESTARTS', 'MEMORY', 'CPU', 'LAST ERROR'],
      report.processes.map((p) => [
        p.name,
        String(p.pid),
        p.state,
        String(p.restarts),
        `${p.memoryMiB} MiB`,
        `${p.cpuSeconds.toFixed(1)} s`,
        p.lastError,
      ]),
    ),
  ]
  if (report.nodes.length > 0) {
    parts.push(
      '',
      table(
        ['NODE', 'READY', 'ADDRESS', 'PODS'],
        report.nodes.map((n) => [n.name, n.ready, n.address, n.podCIDR]),
      ),
    )
  }
  return `${parts.join('\n')}\n`
}
