// `npm start`: from a bare machine to a cluster of two nodes with the example answering.
//
// Each step can be run again: the second time it finds everything there, and only asks once more.

import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { build, checkNode, installPackages, ROOT, steps } from './prepare.mjs'

const { say, end } = steps()
try {
  checkNode()
  installPackages(say)
  build(say)
  end()
} catch (error) {
  end()
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}
const result = spawnSync(process.execPath, [path.join(ROOT, 'dist', 'cli', 'demo.js')], {
  cwd: ROOT,
  stdio: 'inherit',
})
process.exit(result.status ?? 1)
