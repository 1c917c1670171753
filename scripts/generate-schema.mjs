// Writes src/api/schema/generated/: the schema of every built-in type, and the texts that describe them.
//
// client-node (a dependency for development) × the fact tables in src/api/schema/tables/ → schema.json, which
// every process reads at its start, and descriptions.json, which is read when somebody asks for OpenAPI.
// Nothing of it is committed. Run by scripts/build.mjs; does nothing when its output is up to date.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  className,
  goType,
  loadClasses,
  openClientNode,
  readDeclaration,
  readParameters,
} from './schema/client-node.mjs'
import { readTables } from './schema/tables.mjs'

const ROOT = path.join(import.meta.dirname, '..')
const TABLES = path.join(ROOT, 'src', 'api', 'schema', 'tables')
const OUT = path.join(ROOT, 'src', 'api', 'schema', 'generated')
/** Written last: its time says when the others were complete, its text from which client-node. */
const STAMP = path.join(OUT, 'source.txt')

/** Generates unless the tables, these scripts and client-node are those of the last time. */
export async function generateSchema() {
  const { models, version } = await openClientNode(ROOT)
  if (isUpToDate(version)) return false
  const tables = readTables(TABLES)
  const classes = await loadClasses(models)
  const { types, descriptions } = combine(tables, classes, models)
  mkdirSync(OUT, { recursive: true })
  const names = Object.fromEntries([...tables.names].map(([name, type]) => [name, type]))
  writeFileSync(path.join(OUT, 'schema.json'), JSON.stringify({ names, types }))
  writeFileSync(
    path.join(OUT, 'descriptions.json'),
    JSON.stringify({ types: descriptions, parameters: readParameters(models) }),
  )
  writeFileSync(STAMP, version)
  return true
}

function isUpToDate(version) {
  if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== version) return false
  const written = statSync(STAMP).mtimeMs
  const scripts = path.join(import.meta.dirname, 'schema')
  const sources = [TABLES, scripts].flatMap((folder) =>
    readdirSync(folder).map((file) => path.join(folder, file)),
  )
  return [...sources, import.meta.filename].every((file) => statSync(file).mtimeMs < written)
}

function combine(tables, classes, models) {
  const keyOfClass = new Map()
  for (const key of tables.structs.keys()) {
    const name = className(key, classes)
    if (name) keyOfClass.set(name, key)
  }
  const owners = ownersOfEmbedded(tables.structs)
  const types = {}
  const descriptions = {}
  for (const struct of tables.structs.values()) {
    const source = sourceOf(owners.get(struct.key) ?? [struct.key], classes, models)
    types[struct.key] = typeEntry(struct, source, keyOfClass)
    if (struct.embedded) continue
    const texts = struct.fields.length === 0 ? [] : [...source.texts]
    descriptions[struct.key] = [source.description, Object.fromEntries(texts)]
  }
  return { types, descriptions }
}

/** Embedded structs have no class: their fields are found in the classes of those that embed them. */
function ownersOfEmbedded(structs) {
  const owners = new Map()
  const enter = (key, owner) => {
    for (const field of structs.get(key)?.fields ?? []) {
      if (!field.embeds) continue
      if (structs.get(field.embeds)?.embedded)
        owners.set(field.embeds, [...(owners.get(field.embeds) ?? []), owner])
      enter(field.embeds, owner)
    }
  }
  for (const key of structs.keys()) enter(key, key)
  return owners
}

/** Fields of these carry the text of the type instead of their own. */
const DESCRIBED_BY_TYPE = new Set(['IntOrString', 'V1MicroTime'])

/** What client-node says of the fields of the first of `keys` that has a class, then of the others. */
function sourceOf(keys, classes, models) {
  const source = { description: '', attributes: new Map(), required: new Set(), texts: new Map() }
  for (const key of keys) {
    const name = className(key, classes)
    if (!name) continue
    const declaration = readDeclaration(models, name)
    source.description ||= declaration.description
    for (const attribute of classes[name].attributeTypeMap) {
      if (source.attributes.has(attribute.baseName)) continue
      source.attributes.set(attribute.baseName, attribute)
      const field = declaration.fields.get(attribute.name)
      if (field?.required) source.required.add(attribute.baseName)
      if (field?.description && !DESCRIBED_BY_TYPE.has(attribute.type))
        source.texts.set(attribute.baseName, field.description)
    }
  }
  return source
}

function typeEntry(struct, source, keyOfClass) {
  const fields = struct.fields.map((field) => fieldEntry(struct, field, source, keyOfClass))
  return {
    ...(struct.mapType && { mapType: struct.mapType }),
    ...(struct.union && { union: struct.union }),
    ...(struct.embedded && { embedded: true }),
    fields,
  }
}

function fieldEntry(struct, field, source, keyOfClass) {
  if (field.embeds) return [`+${field.embeds}`, field.number ?? 0]
  const { name, number = 0, presence, pointer, goType: stated, ...facts } = field
  const attribute = source.attributes.get(name)
  const type = stated ?? (attribute && goType(attribute.type, attribute.format, keyOfClass))
  if (!type) throw new Error(`the tables have ${struct.key}.${name}, client-node has not: update the tables`)
  const marks = presence + (pointer ? '*' : '') + (source.required.has(name) ? 'r' : '')
  return [name, number, marks, type, ...(Object.keys(facts).length > 0 ? [facts] : [])]
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write((await generateSchema()) ? 'generated\n' : 'up to date\n')
}
