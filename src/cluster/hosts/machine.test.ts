// What the machine is like before, during and after clusters.

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { type MachineFolders, prepareMachine, restoreMachine } from '#cluster/hosts/machine.ts'
import { exists } from '#sys/files.ts'

let root: string
let machine: MachineFolders

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'k8ts-machine-'))
  machine = {
    runRoot: path.join(root, 'run'),
    settings: path.join(root, 'sys'),
    made: [path.join(root, 'netns'), path.join(root, 'netns', 'inner')],
  }
  await set('net/ipv4/ip_forward', '0')
  await set('fs/inotify/max_user_instances', '128')
  await set('fs/inotify/max_user_watches', '1000000')
})

afterEach(() => rm(root, { recursive: true, force: true }))

async function set(name: string, value: string): Promise<void> {
  const file = path.join(machine.settings, name)
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, `${value}\n`)
}

async function setting(name: string): Promise<string> {
  return (await readFile(path.join(machine.settings, name), 'utf8')).trim()
}

const cluster = (name: string): string => path.join(machine.runRoot, name)

test('raises what is too low, leaves what suffices, and puts back what was', async () => {
  await prepareMachine(machine)
  assert.equal(await setting('net/ipv4/ip_forward'), '1')
  assert.equal(await setting('fs/inotify/max_user_instances'), '8192')
  assert.equal(await setting('fs/inotify/max_user_watches'), '1000000')
  await restoreMachine(machine)
  assert.equal(await setting('net/ipv4/ip_forward'), '0')
  assert.equal(await setting('fs/inotify/max_user_instances'), '128')
  assert.equal(await exists(machine.made[0] ?? ''), false)
  assert.equal(await exists(machine.runRoot), false)
})

test('a second cluster does not take the first one’s settings for those of the machine', async () => {
  await mkdir(cluster('first'), { recursive: true })
  await prepareMachine(machine)
  await mkdir(cluster('second'))
  await prepareMachine(machine)
  await rm(cluster('first'), { recursive: true })
  await restoreMachine(machine)
  assert.equal(await setting('net/ipv4/ip_forward'), '1', 'the second cluster still needs it')
  await rm(cluster('second'), { recursive: true })
  await restoreMachine(machine)
  assert.equal(await setting('net/ipv4/ip_forward'), '0')
})

test('folders that were there, or that others have filled, stay', async () => {
  await mkdir(machine.made[0] ?? '')
  await prepareMachine(machine)
  await writeFile(path.join(machine.made[1] ?? '', 'of-somebody-else'), '')
  await restoreMachine(machine)
  assert.equal(await exists(machine.made[1] ?? ''), true)
})
