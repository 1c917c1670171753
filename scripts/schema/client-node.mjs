// Reads the models of @kubernetes/client-node: the fields of each type, what they hold, which are required,
// and the descriptions.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

/** Where the package is, its version, and its classes by name. */
export async function openClientNode(root) {
  const entry = createRequire(path.join(root, 'package.json')).resolve('@kubernetes/client-node')
  const home = entry.slice(0, entry.lastIndexOf('client-node') + 'client-node'.length)
  const models = path.join(home, 'dist', 'gen', 'models')
  const { version } = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8'))
  return { models, version }
}

export async function loadClasses(models) {
  return import(pathToFileURL(path.join(models, 'all.js')).href)
}

/** The class of `core.v1.Event`: `CoreV1Event` where several groups have such a type, else `V1Event`. */
export function className(key, classes) {
  const [group, version, name] = key.split('.')
  const suffix = version[0].toUpperCase() + version.slice(1) + name
  const long = group[0].toUpperCase() + group.slice(1) + suffix
  return classes[long] ? long : classes[suffix] ? suffix : undefined
}

/** A type of an attribute map in Go's notation; `keyOfClass` gives the table's key of a class. */
export function goType(type, format, keyOfClass) {
  const list = /^Array<(.*)>$/.exec(type)
  if (list) return `[]${goType(list[1], format, keyOfClass)}`
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type)
  if (map) return `map[string]${goType(map[1], format, keyOfClass)}`
  switch (type) {
    case 'string':
      return format === 'byte' ? '[]uint8' : 'string'
    case 'number':
      return format === 'double' ? 'float64' : format
    case 'boolean':
      return 'bool'
    case 'Date':
      return 'meta.v1.Time'
    case 'V1MicroTime':
      return 'meta.v1.MicroTime'
    case 'IntOrString':
      return 'intstr.IntOrString'
    default:
      return keyOfClass.get(type) ?? 'any'
  }
}

/** Which fields of a class are required, and the texts, from its declaration file; keys as in the attribute map. */
export function readDeclaration(models, name) {
  const text = readFileSync(path.join(models, `${name}.d.ts`), 'utf8')
  const [head, body] = text.split(/^export declare class .*$/m)
  const comments = [...head.matchAll(/\/\*\*\n([\s\S]*?)\*\//g)]
  const fields = new Map()
  for (const [, comment, field, optional] of body.matchAll(
    /(?: {4}\/\*\*\n([\s\S]*?)\*\/\n)? {4}'([^']+)'(\?)?:/g,
  )) {
    fields.set(field, { required: optional === undefined, description: proseOf(comment ?? '') })
  }
  return { description: proseOf(comments.at(-1)?.[1] ?? ''), fields }
}

function proseOf(comment) {
  return comment
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trim()
    .replace(/\\(['"])/g, '$1')
    .replaceAll('*_/', '*/')
}

/** Operations whose texts stand for all of their sort: the parameters of each are described the same. */
const OPERATIONS = [
  'listNamespacedConfigMap',
  'createNamespacedConfigMap',
  'replaceNamespacedConfigMap',
  'patchNamespacedConfigMap',
  'deleteNamespacedConfigMap',
  'deleteCollectionNamespacedConfigMap',
  'readNamespacedPodLog',
  'connectGetNamespacedPodAttach',
  'connectGetNamespacedPodExec',
  'connectGetNamespacedPodPortforward',
  'connectGetNamespacedPodProxy',
  'connectGetNamespacedPodProxyWithPath',
  'connectGetNamespacedServiceProxy',
  'connectGetNodeProxy',
]

/** What the parameters of operations mean: `{ readNamespacedPodLog: { follow: '…' } }`. */
export function readParameters(models) {
  const text = readFileSync(path.join(models, '..', 'apis', 'CoreV1Api.d.ts'), 'utf8')
  const found = {}
  for (const [, comment, method] of text.matchAll(/\/\*\*\n((?: {5}\*[^\n]*\n)*?) {5}\*\/\n {4}(\w+)\(/g)) {
    if (!OPERATIONS.includes(method) || found[method]) continue
    const parameters = [...comment.matchAll(/@param (\w+) (.*)/g)]
    found[method] = Object.fromEntries(
      parameters.map(([, name, prose]) => [name.replace(/^_/, ''), decodeEntities(prose)]),
    )
  }
  const missing = OPERATIONS.filter((operation) => !found[operation])
  if (missing.length > 0) throw new Error(`client-node describes no ${missing.join(', ')}`)
  return found
}

const ENTITIES = { quot: '"', amp: '&', lt: '<', gt: '>' }

/** `\&quot;` and `&#x60;`, as the generator of the typed clients escapes comments. */
function decodeEntities(prose) {
  const plain = prose.replace(
    /\\?&(?:#x([0-9A-Fa-f]+)|#(\d+)|(quot|amp|lt|gt));/g,
    (_, hex, decimal, name) => {
      if (name) return ENTITIES[name]
      return String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal))
    },
  )
  return plain.trim()
}
