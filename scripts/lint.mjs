// `npm run lint`: types, format, lint rules, unused code, and the layers. All run side by side.

import { spawn } from 'node:child_process'
import path from 'node:path'
import { build, installPackages, ROOT } from './prepare.mjs'

const bin = (name) => path.join(ROOT, 'node_modules', '.bin', name)
const CHECKS = [
  ['types', bin('tsc'), ['-p', '.', '--noEmit']],
  ['format and lint', bin('biome'), ['check', '--error-on-warnings', '.']],
  ['type-aware lint', bin('oxlint'), ['--type-aware', '--deny-warnings', 'src', 'test', 'bench', 'tools']],
  ['unused code', bin('knip'), []],
  ['layers', process.execPath, ['--test', path.join(ROOT, 'dist', 'tools', 'layers.test.js')]],
]

installPackages(() => undefined)
build(() => undefined)
const results = await Promise.all(CHECKS.map(([name, command, args]) => check(name, command, args)))
process.exit(results.every(Boolean) ? 0 : 1)

function check(name, command, args) {
  return new Promise((resolve) => {
    const since = performance.now()
    const child = spawn(command, args, { cwd: ROOT })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.once('close', (code) => {
      const time = ((performance.now() - since) / 1000).toFixed(1)
      process.stdout.write(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} ${time}s\n${code === 0 ? '' : output}`)
      resolve(code === 0)
    })
  })
}
