// `npm run bench`: the figures, each beside what it is to be compared with. `npm run bench -- store` runs one; options
// behind a name are for that one: `npm run bench -- api --only get`.

import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { build, checkNode, installPackages, ROOT, steps } from './prepare.mjs'

const { say, end } = steps()
checkNode()
installPackages(say)
build(say)
end()
const folder = path.join(ROOT, 'dist', 'bench')
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.js'))
  .map((file) => file.slice(0, -3))
const [wanted, ...options] = process.argv.slice(2)
for (const name of wanted === undefined ? names : [wanted]) {
  process.stdout.write(`\n${name}\n`)
  const result = spawnSync(process.execPath, [path.join(folder, `${name}.js`), ...options], {
    cwd: ROOT,
    stdio: 'inherit',
  })
  if (result.status !== 0) process.exit(result.status ?? 1)
}
