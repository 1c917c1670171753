// Protobuf definitions out of lines of text, in place of .proto files: what services and messages look like on the wire.
//
// `id:string=1 labels:%string=5 mounts:*Mount=2`: name, type and number, `*` for a list, `%` for a map from strings.

import protoLoader from '@grpc/proto-loader'

export interface ServiceTable {
  /** `runtime.v1` */
  readonly package: string
  readonly messages: Readonly<Record<string, string>>
  /** Values in one line: the position is the number. */
  readonly enums?: Readonly<Record<string, string>>
  /** Calls by service; request and response are `<call>Request` and `<call>Response` where nothing else is said. */
  readonly services: Readonly<Record<string, Readonly<Record<string, CallTable>>>>
}

export interface CallTable {
  readonly requestType?: string
  readonly responseType?: string
  readonly responseStream?: boolean
}

/** What `grpc.loadPackageDefinition` takes. */
export function loadTable(table: ServiceTable): protoLoader.PackageDefinition {
  const types: Record<string, object> = {}
  for (const [name, line] of Object.entries(table.messages)) types[name] = { fields: fieldsOf(line) }
  for (const [name, line] of Object.entries(table.enums ?? {})) {
    types[name] = { values: Object.fromEntries(line.split(' ').map((value, number) => [value, number])) }
  }
  for (const [service, calls] of Object.entries(table.services)) {
    const methods = Object.entries(calls).map(([name, call]) => [
      name,
      { requestType: `${name}Request`, responseType: `${name}Response`, ...call },
    ])
    types[service] = { methods: Object.fromEntries(methods) }
  }
  const nested = table.package
    .split('.')
    .reduceRight<Record<string, object>>((inner, name) => ({ [name]: { nested: inner } }), types)
  return protoLoader.fromJSON({ nested } as Parameters<typeof protoLoader.fromJSON>[0], {
    longs: Number,
    enums: String,
    bytes: Buffer,
    defaults: true,
    arrays: true,
    objects: true,
  })
}

const FIELD = /^(\w+):([*%]?)([\w.]+)=(\d+)$/

/** Scalars in lists are packed, as proto3 has it. */
function fieldsOf(line: string): Record<string, object> {
  const fields: Record<string, object> = {}
  for (const text of line.split(' ').filter((part) => part !== '')) {
    const [, name = '', shape, type = '', id] = FIELD.exec(text) ?? []
    if (!name) throw new Error(`malformed field ${text}`)
    fields[name] = {
      type,
      id: Number(id),
      ...(shape === '*' && { rule: 'repeated' }),
      ...(shape === '%' && { keyType: 'string' }),
    }
  }
  return fields
}
