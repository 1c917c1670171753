// The project judges itself: layers, packages, sizes, and links of the guide. A third of a second, and it
// catches what reviews do not.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { importsOf, packageOf, violations } from '#tools/layers.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const MAX_LINES = 500

/** Tables of facts may be longer: nobody reads them from top to bottom. */
const TABLES = [/^src\/api\/schema\/tables\//, /^src\/api\/types\//, /-facts\.ts$/, /-table\.ts$/]

function filesUnder(folder: string, ending: string): readonly string[] {
  if (!existsSync(path.join(ROOT, folder))) return []
  return (readdirSync(path.join(ROOT, folder), { recursive: true }) as string[])
    .filter((file) => file.endsWith(ending) && !file.includes('generated/'))
    .map((file) => path.join(folder, file))
}

const sources = filesUnder('src', '.ts')
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8')

test('imports point downwards, and time and chance come from sys', () => {
  assert.deepEqual(
    sources.flatMap((file) => violations(path.relative('src', file), read(file))),
    [],
  )
})

test('every npm package that is imported is in package.json', () => {
  const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
  const known = new Set([
    ...Object.keys(manifest['dependencies'] ?? {}),
    ...Object.keys(manifest['devDependencies'] ?? {}),
  ])
  const missing = sources.flatMap((file) =>
    importsOf(read(file)).flatMap((specifier) => {
      const name = packageOf(specifier)
      return name !== undefined && !known.has(name) ? [`${file}: ${name}`] : []
    }),
  )
  assert.deepEqual(missing, [])
})

test('no file outgrows its reader', () => {
  const long = sources
    .filter((file) => !TABLES.some((pattern) => pattern.test(file)))
    .map((file) => ({ file, lines: read(file).split('\n').length }))
    .filter(({ lines }) => lines > MAX_LINES)
  assert.deepEqual(long, [])
})

test('every file says what it is', () => {
  assert.deepEqual(
    sources.filter((file) => !read(file).startsWith('//') && !file.endsWith('.test.ts')),
    [],
  )
})

test('links in the guide point somewhere', () => {
  const broken = [...filesUnder('docs', '.md'), 'README.md', 'CONTRIBUTING.md']
    .filter((file) => existsSync(path.join(ROOT, file)))
    .flatMap((file) => {
      const links = [...read(file).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '')
      return links
        .filter((link) => !/^[a-z]+:/.test(link) && !existsSync(path.join(ROOT, path.dirname(file), link)))
        .map((link) => `${file}: ${link}`)
    })
  assert.deepEqual(broken, [])
})
