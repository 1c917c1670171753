// What every script needs first: the packages of package-lock.json, and a current build.

import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

export const ROOT = path.join(import.meta.dirname, '..')
const STAMP = path.join(ROOT, 'node_modules', '.k8ts-lock')

/**
 * Installs npm packages where they are missing or older than the lock file. Not by `npm ci`: it refuses a lock file
 * that names no version of programs for other systems, and a registry may not have those.
 */
export function installPackages(say) {
  const lock = createHash('sha256')
    .update(readFileSync(path.join(ROOT, 'package-lock.json')))
    .digest('hex')
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === lock) return
  say('installing npm packages')
  const result = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (result.status !== 0) throw new Error('npm install failed: is the npm registry reachable?')
  writeFileSync(STAMP, lock)
}

/** Builds dist/ in a process of its own, so that a script can begin before packages are installed. */
export function build(say) {
  say('building')
  execFileSync(process.execPath, [path.join(ROOT, 'scripts', 'build.mjs')], { cwd: ROOT, stdio: 'inherit' })
}

/** Refuses a Node.js that is too old before anything else fails in a stranger way. */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  throw new Error(`k8ts needs Node.js 20.19 or newer; this is ${process.version}`)
}

/** A line a step, with the time that the step before took. */
export function steps(output = process.stderr) {
  let last
  const finish = () =>
    last && output.write(`${last.text} ${((performance.now() - last.since) / 1000).toFixed(1)}s\n`)
  return {
    say(text) {
      finish()
      last = { text, since: performance.now() }
    },
    end() {
      finish()
      last = undefined
    },
  }
}
