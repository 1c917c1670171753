// `npm test`: every test, in three rounds, with one line at the end that counts them.
//
//   unit          beside the sources, and tools/: several files at once
//   integration   test/integration: the real kubectl, the real API over TLS
//   end to end    test/e2e and test/fault: clusters with real containers, one file after the other
//
// `npm test -- unit` runs one round, `npm test -- PATTERN` the files whose path contains it.

import { spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { build, checkNode, installPackages, ROOT, steps } from './prepare.mjs'

const { say, end } = steps()
checkNode()
installPackages(say)
build(say)
end()

const TIMEOUT_MS = 300_000
const wanted = process.argv[2]
const DIST = path.join(ROOT, 'dist')
const all = (await readdir(DIST, { recursive: true })).filter((file) => file.endsWith('.test.js')).sort()
const isIn =
  (...folders) =>
  (file) =>
    folders.some((folder) => file.startsWith(`test/${folder}/`))
const ROUNDS = [
  { name: 'unit', files: all.filter((file) => !file.startsWith('test/')), concurrency: 2 },
  { name: 'integration', files: all.filter(isIn('integration')), concurrency: 2 },
  { name: 'e2e', files: all.filter(isIn('e2e', 'fault')), concurrency: 1 },
]

let passed = 0
let failed = 0
let skipped = 0
for (const round of ROUNDS) {
  const files =
    !wanted || wanted === round.name ? round.files : round.files.filter((file) => file.includes(wanted))
  if (files.length === 0) continue
  const counts = await run(round, files)
  passed += counts.pass
  failed += counts.fail + counts.cancelled
  skipped += counts.skipped
}
process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)

/** Runs files with Node's test runner; prints what failed, and gives its counts. */
function run(round, files) {
  return new Promise((resolve) => {
    const since = performance.now()
    const args = [
      '--test',
      '--test-reporter=tap',
      // A test that waits for ever fails; so does a file that does not end.
      `--test-timeout=${TIMEOUT_MS}`,
      `--test-concurrency=${round.concurrency}`,
      ...files.map((file) => path.join(DIST, file)),
    ]
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.once('close', (code) => {
      const count = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(output)?.[1] ?? 0)
      const counts = {
        pass: count('pass'),
        fail: count('fail'),
        cancelled: count('cancelled'),
        skipped: count('skipped'),
      }
      if (code !== 0 && counts.fail + counts.cancelled === 0) counts.fail = 1
      const seconds = ((performance.now() - since) / 1000).toFixed(0)
      process.stdout.write(
        `${round.name}: ${counts.pass} passed, ${counts.fail + counts.cancelled} failed, ${counts.skipped} skipped (${files.length} files, ${seconds}s)\n`,
      )
      if (code !== 0) process.stdout.write(failures(output))
      resolve(counts)
    })
  })
}

/** The reports of failed tests, without those of the passed ones around them. */
function failures(tap) {
  const lines = tap.split('\n')
  const kept = []
  for (let i = 0; i < lines.length; i++) {
    if (!/^\s*not ok /.test(lines[i])) continue
    const end = lines.findIndex((line, j) => j > i && /^\s*\.\.\.$/.test(line))
    kept.push(...lines.slice(i, Math.min(end < 0 ? i + 1 : end + 1, i + 60)))
  }
  return `${kept.join('\n')}\n`
}
