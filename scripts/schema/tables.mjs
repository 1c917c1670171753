// Reads the fact tables in src/api/schema/tables/: what the OpenAPI document (and so client-node) does not say.
//
// One file a package (`apps.v1.txt`), or several (`core.v1-pods.txt`). A line is one of
//
//   # comment
//   type Protocol string SCTP|TCP|UDP         a named string with its values
//   type ResourceList map[string]resource.Quantity     a named list or map
//   Container @atomic                         a struct; its fields follow, indented, separated by `;`
//     name 1!; image 2; ports 6 list=map(containerPort,protocol) merge=containerPort
//     +VolumeSource 2                         an embedded struct, whose fields stand among the others
//
// A field is its JSON name, its protobuf number (`-` for none), and marks: `!` written even when empty, `~`
// left out when zero, neither: left out when empty; `*` a pointer. Then, where client-node's type does not
// tell: `:Type` in Go's notation, `list=`, `map=`, `default=` as in OpenAPI, `merge`, `merge=KEY`,
// `retainKeys`, `merge,retainKeys=KEY` for strategic merge patches. `@union=FIELD(a,b)` names the field that
// says which of a and b is meant. `@embedded`: stands only inside other structs and has no OpenAPI name.

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** All tables of a folder: `{ names: Map<key, {kind, element?, values?}>, structs: Map<key, struct> }`. */
export function readTables(folder) {
  const names = new Map()
  const structs = new Map()
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.txt'))) {
    readTable(
      readFileSync(path.join(folder, file), 'utf8'),
      path.basename(file, '.txt').split('-')[0],
      names,
      structs,
    )
  }
  return { names, structs }
}

function readTable(text, packageName, names, structs) {
  let struct
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue
    if (line.startsWith('type ')) {
      const [, name, shape, values] = /^type (\S+) (\S+)(?: (.*))?$/.exec(line)
      names.set(`${packageName}.${name}`, namedType(shape, values, packageName))
    } else if (line.startsWith('  ')) {
      for (const part of line.trim().split('; ')) struct.fields.push(field(part, packageName))
    } else {
      struct = structHead(line, packageName)
      structs.set(struct.key, struct)
    }
  }
}

function namedType(shape, values, packageName) {
  if (shape.startsWith('[]')) return { kind: 'list', element: qualify(shape.slice(2), packageName) }
  if (shape.startsWith('map['))
    return { kind: 'map', element: qualify(shape.slice(shape.indexOf(']') + 1), packageName) }
  return { kind: shape, values: values?.split('|') }
}

function structHead(line, packageName) {
  const [name, ...marks] = line.split(' ')
  const struct = { key: `${packageName}.${name}`, packageName, name, fields: [] }
  for (const mark of marks) {
    const union = /^@union(?:=(\w+))?\((.*)\)$/.exec(mark)
    if (union) struct.union = { discriminator: union[1], fields: union[2].split(',') }
    else if (mark === '@embedded') struct.embedded = true
    else struct.mapType = mark.slice(1)
  }
  return struct
}

function field(text, packageName) {
  const [name, number, ...marks] = text.split(' ')
  if (name.startsWith('+')) {
    return { embeds: qualify(name.slice(1), packageName), ...(number && { number: Number(number) }) }
  }
  const [, digits, presence, pointer] = /^(\d+|-)([!~]?)(\*?)$/.exec(number)
  const out = { name, presence, pointer: pointer === '*' }
  if (digits !== '-') out.number = Number(digits)
  for (const mark of marks) addMark(out, mark, packageName)
  return out
}

function addMark(out, mark, packageName) {
  if (mark.startsWith(':')) {
    out.goType = qualify(mark.slice(1), packageName)
    return
  }
  const [word, value] = mark.split(/=(.*)/s)
  const listMap = /^map\((.*)\)$/.exec(value ?? '')
  if (word === 'list') {
    out.listType = listMap ? 'map' : value
    if (listMap) out.listMapKeys = listMap[1].split(',')
  } else if (word === 'map') out.mapType = value
  else if (word === 'default') out.default = value === 'undefined' ? null : JSON.parse(value)
  else {
    out.patchStrategy = word.split(',')
    if (value !== undefined) out.patchMergeKey = value
  }
}

const BASIC = new Set(['string', 'bool', 'int32', 'int64', 'float64', 'uint8', 'map'])

/** Puts the package before each name of a type that has none: `[]Container` → `[]core.v1.Container`. */
function qualify(type, packageName) {
  return type.replace(/(?<![\w.])[A-Za-z]\w*(?![\w.])/g, (name) =>
    BASIC.has(name) ? name : `${packageName}.${name}`,
  )
}
