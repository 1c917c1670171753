// `npm stop`: takes down the cluster that `npm start` made. Its data is kept.

import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { ROOT } from './prepare.mjs'

const result = spawnSync(process.execPath, [path.join(ROOT, 'bin', 'k8ts.mjs'), 'down'], { stdio: 'inherit' })
process.exit(result.status ?? 1)
