// The texts that say what types, fields and parameters mean. Read when somebody asks for OpenAPI, not before.

import { readFileSync } from 'node:fs'

interface DescriptionsFile {
  readonly types: Readonly<Record<string, readonly [text: string, fields: Readonly<Record<string, string>>]>>
  readonly parameters: Readonly<Record<string, Readonly<Record<string, string>>>>
}

let file: DescriptionsFile | undefined

function descriptions(): DescriptionsFile {
  file ??= JSON.parse(
    readFileSync(new URL('./generated/descriptions.json', import.meta.url), 'utf8'),
  ) as DescriptionsFile
  return file
}

export interface TypeDescription {
  readonly text: string
  readonly fields: Readonly<Record<string, string>>
}

/** Of `core.v1.Pod`; empty where nobody described it. */
export function describeType(name: string): TypeDescription {
  const [text, fields] = descriptions().types[name] ?? ['', {}]
  return { text, fields }
}

/** Of a parameter, as the operation `operation` of the typed clients has it; '' where nobody described it. */
export function describeParameter(operation: string, parameter: string): string {
  return descriptions().parameters[operation]?.[parameter] ?? ''
}
