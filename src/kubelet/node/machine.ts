// What the machine is and has: read once from /proc, /sys and /etc.
//
// Upstream: cadvisor's machine info, pkg/kubelet/nodestatus (MachineInfo, VersionInfo)

import { readFile, statfs } from 'node:fs/promises'
import os from 'node:os'

export interface Machine {
  readonly cpus: number
  readonly memoryBytes: number
  readonly swapBytes: number
  readonly machineID: string
  readonly systemUUID: string
  readonly bootID: string
  readonly kernelVersion: string
  readonly osImage: string
  /** `amd64`, as Go names it. */
  readonly architecture: string
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' }

export async function readMachine(): Promise<Machine> {
  const [meminfo, machineID, systemUUID, bootID, release] = await Promise.all([
    readOr('/proc/meminfo', ''),
    readOr('/etc/machine-id', ''),
    readOr('/sys/class/dmi/id/product_uuid', ''),
    readOr('/proc/sys/kernel/random/boot_id', ''),
    readOr('/etc/os-release', ''),
  ])
  return {
    cpus: os.cpus().length,
    memoryBytes: memoryLine(meminfo, 'MemTotal'),
    swapBytes: memoryLine(meminfo, 'SwapTotal'),
    machineID: machineID.trim(),
    systemUUID: systemUUID.trim() || machineID.trim(),
    bootID: bootID.trim(),
    kernelVersion: os.release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(release)?.[1] ?? 'Linux',
    architecture: ARCHITECTURES[os.arch()] ?? os.arch(),
  }
}

const readOr = (file: string, fallback: string): Promise<string> =>
  readFile(file, 'utf8').catch(() => fallback)

/** Bytes of a line of /proc/meminfo. */
export function memoryLine(meminfo: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(meminfo)?.[1] ?? 0) * 1024
}

export interface FilesystemUsage {
  readonly capacityBytes: number
  readonly availableBytes: number
  readonly inodes: number
  readonly inodesFree: number
}

export async function filesystemUsage(folder: string): Promise<FilesystemUsage> {
  const { blocks, bavail, bsize, files, ffree } = await statfs(folder)
  return {
    capacityBytes: blocks * bsize,
    availableBytes: bavail * bsize,
    inodes: files,
    inodesFree: ffree,
  }
}
