// Which folder may import which: the architecture as a table, and how an import is judged by it. Pure.
//
// Everything points downwards. Components (controllers, scheduler, kubelet, proxy, network, dns, metrics) never
// import each other, the API server or the store: the API is the only way between them.

/** Folder below src/ → the folders that it may import, beside itself. */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  api: [],
  sys: [],
  client: ['api', 'sys'],
  store: ['api', 'sys'],
  apiserver: ['store', 'client', 'api', 'sys'],
  controllers: ['client', 'api', 'sys'],
  scheduler: ['client', 'api', 'sys'],
  kubelet: ['client', 'api', 'sys'],
  proxy: ['client', 'api', 'sys'],
  network: ['client', 'api', 'sys'],
  dns: ['client', 'api', 'sys'],
  metrics: ['client', 'api', 'sys'],
  cluster: [
    'apiserver',
    'store',
    'controllers',
    'scheduler',
    'kubelet',
    'proxy',
    'network',
    'dns',
    'metrics',
    'client',
    'api',
    'sys',
    'dashboard',
  ],
  dashboard: ['client', 'api', 'sys'],
  cli: [
    'cluster',
    'apiserver',
    'store',
    'controllers',
    'scheduler',
    'kubelet',
    'proxy',
    'network',
    'dns',
    'metrics',
    'client',
    'api',
    'sys',
    'dashboard',
  ],
}

/** Built-in modules that only data-free code may do without: api/ does no I/O. */
const PURE_FOLDERS = ['api']
const IO_MODULES = /^node:(child_process|net|http|https|http2|tls|dgram|dns|worker_threads|cluster)$/

/** What calls for a clock or for chance, outside the doors in sys/. */
const FORBIDDEN_CALLS = /(?<![.\w])(Date\.now\(|setTimeout\(|setInterval\(|Math\.random\(|randomUUID\()/

/** The specifiers that a source imports, `export … from` included. */
export function importsOf(source: string): readonly string[] {
  const found = source.matchAll(
    /^(?:import|export)\s[^'"`;]*?\sfrom\s+'([^']+)'|^import\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm,
  )
  return [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
}

/** What is wrong with the imports of a file (`controllers/job/plan.ts`, relative to src/). */
export function violations(file: string, source: string): readonly string[] {
  const folder = file.split('/')[0] ?? ''
  const isTest = file.endsWith('.test.ts')
  const allowed = new Set([folder, ...(LAYERS[folder] ?? [])])
  const problems: string[] = []
  for (const specifier of importsOf(source)) {
    const target = /^#([^/]+)\//.exec(specifier)?.[1]
    if (specifier.startsWith('.')) problems.push(`${file}: ${specifier} is relative, name it '#…'`)
    else if (target !== undefined && !allowed.has(target) && !(isTest && target === 'apiserver')) {
      problems.push(`${file}: ${folder}/ may not import ${target}/ (${specifier})`)
    } else if (PURE_FOLDERS.includes(folder) && IO_MODULES.test(specifier) && !isTest) {
      problems.push(`${file}: ${folder}/ does no I/O (${specifier})`)
    }
  }
  if (folder !== 'sys' && !isTest) {
    const call = FORBIDDEN_CALLS.exec(withoutComments(source))?.[1]
    if (call) problems.push(`${file}: ${call}) belongs to sys/; take a Clock or a Random`)
  }
  return problems
}

const withoutComments = (source: string): string => source.replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, '$1')

/** The npm package of a specifier; undefined for our own and for Node's. */
export function packageOf(specifier: string): string | undefined {
  if (/^(#|\.|node:)/.test(specifier)) return undefined
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
