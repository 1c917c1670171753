#!/usr/bin/env node
// The command: everything is in src/cli, built to dist/ by `npm run build`.
import { existsSync } from 'node:fs'
import path from 'node:path'

const entry = path.join(import.meta.dirname, '..', 'dist', 'bundle', 'main.js')
if (!existsSync(entry)) {
  process.stderr.write('k8ts is not built yet: run `npm run build` in its folder.\n')
  process.exit(1)
}
await import(entry)
