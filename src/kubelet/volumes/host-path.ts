// hostPath volumes: a place of the node, checked for what it is said to be, or made.
//
// Upstream: pkg/volume/hostpath/host_path.go

import type { Stats } from 'node:fs'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import type { HostPathVolumeSource } from '#api/types/core.ts'
import { isMissing } from '#sys/files.ts'

/** Gives the path; throws with the words that the event shows. */
export async function prepareHostPath({ path, type = '' }: HostPathVolumeSource): Promise<string> {
  if (path.split('/').includes('..')) throw new Error(`invalid HostPath \`${path}\`: must not contain '..'`)
  if (type === '') return path
  const info = await stat(path).catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw error
  })
  if (!info && type === 'DirectoryOrCreate') await mkdir(path, { recursive: true, mode: 0o755 })
  else if (!info && type === 'FileOrCreate') await writeFile(path, '', { flag: 'a', mode: 0o644 })
  else check(path, type, info)
  return path
}

function check(path: string, type: string, info: Stats | undefined): void {
  const [isRight, what] = ((): [boolean | undefined, string] => {
    switch (type) {
      case 'Directory':
      case 'DirectoryOrCreate':
        return [info?.isDirectory(), 'a directory']
      case 'File':
      case 'FileOrCreate':
        return [info?.isFile(), 'a file']
      case 'Socket':
        return [info?.isSocket(), 'a socket file']
      case 'CharDevice':
        return [info?.isCharacterDevice(), 'a character device']
      case 'BlockDevice':
        return [info?.isBlockDevice(), 'a block device']
      default:
        throw new Error(`${type} is an invalid volume type`)
    }
  })()
  if (!isRight) throw new Error(`hostPath type check failed: ${path} is not ${what}`)
}
