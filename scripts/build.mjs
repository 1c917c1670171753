// Transpiles every TypeScript file to dist/, file by file, so that Node can run it without a loader.
// Generates the API schemas first (generate-schema.mjs) when their source changed; they are data beside the code.
// A second build without a change does nothing.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { generateSchema } from './generate-schema.mjs'

const ROOT = path.join(import.meta.dirname, '..')

async function filesUnder(folder, isWanted = isSource) {
  if (!existsSync(path.join(ROOT, folder))) return []
  const entries = await readdir(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && isWanted(entry.name))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
}

const isSource = (name) => name.endsWith('.ts') && !name.endsWith('.d.ts')

const STAMP = path.join(ROOT, 'dist', '.built-from')

/** What a build depends on, as names, sizes and times of change. */
async function fingerprint() {
  const folders = ['src', 'test', 'bench', 'tools', 'scripts'].map((folder) => filesUnder(folder, () => true))
  const files = [...(await Promise.all(folders)).flat(), path.join(ROOT, 'package-lock.json')]
  const states = files.sort().map(async (file) => {
    const { size, mtimeMs } = await stat(file)
    return `${file} ${size} ${mtimeMs}`
  })
  return createHash('sha256')
    .update((await Promise.all(states)).join('\n'))
    .digest('hex')
}

const OPTIONS = {
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'inline',
  sourcesContent: false,
  logLevel: 'warning',
}

/** Compiles src/ to dist/ and test/, bench/, tools/ to dist/<folder>; removes what has no source any more. */
export async function buildAll() {
  await generateSchema()
  const current = await fingerprint()
  if (existsSync(STAMP) && (await readFile(STAMP, 'utf8')) === current) return
  await rm(STAMP, { force: true })
  const sources = await filesUnder('src')
  await build({
    ...OPTIONS,
    entryPoints: sources,
    outbase: path.join(ROOT, 'src'),
    outdir: path.join(ROOT, 'dist'),
  })
  const others = (await Promise.all(['test', 'bench', 'tools'].map((folder) => filesUnder(folder)))).flat()
  if (others.length > 0) {
    await build({ ...OPTIONS, entryPoints: others, outbase: ROOT, outdir: path.join(ROOT, 'dist') })
  }
  await copySchema()
  await bundle()
  await removeStale()
  await writeFile(STAMP, current)
}

const BUNDLE = path.join(ROOT, 'dist', 'bundle')
/** Packages with native parts stay outside: they find those beside their own files. */
const NOT_BUNDLED = ['lmdb']

/**
 * Joins the command with all that it imports into a few files, one for each part that a process loads: what starts
 * in a fifth of a second would otherwise take three fifths (docs/decisions/0001).
 */
async function bundle() {
  const { metafile } = await build({
    ...OPTIONS,
    sourcemap: 'linked',
    entryPoints: [path.join(ROOT, 'src', 'cli', 'main.ts')],
    outdir: BUNDLE,
    bundle: true,
    splitting: true,
    conditions: ['source'],
    external: NOT_BUNDLED,
    // Packages of the older module system ask for Node's own modules by `require`.
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
    },
    metafile: true,
    absWorkingDir: ROOT,
  })
  await cp(path.join(ROOT, 'dist', 'api', 'schema', 'generated'), path.join(BUNDLE, 'generated'), {
    recursive: true,
    preserveTimestamps: true,
  })
  const current = new Set(Object.keys(metafile.outputs).map((file) => path.join(ROOT, file)))
  for (const entry of await readdir(BUNDLE, { withFileTypes: true })) {
    const file = path.join(BUNDLE, entry.name)
    if (entry.isFile() && !current.has(file)) await rm(file, { force: true })
  }
}

async function copySchema() {
  const folder = path.join('api', 'schema', 'generated')
  await cp(path.join(ROOT, 'src', folder), path.join(ROOT, 'dist', folder), {
    recursive: true,
    preserveTimestamps: true,
  })
}

/** The sources of a file in dist/: `dist/test/x.js` is `test/x.ts`, `dist/store/x.js` is `src/store/x.ts`. */
function sourcesOf(output) {
  const file = path.relative(path.join(ROOT, 'dist'), output).replace(/\.js$/, '.ts')
  return [path.join(ROOT, 'src', file), path.join(ROOT, file)]
}

async function removeStale() {
  for (const entry of await readdir(path.join(ROOT, 'dist'), { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath ?? entry.path, entry.name)
    if (file.startsWith(BUNDLE)) continue
    if (entry.isFile() && file.endsWith('.js') && !sourcesOf(file).some(existsSync))
      await rm(file, { force: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await stat(path.join(ROOT, 'node_modules', 'esbuild'))
  await buildAll()
}
