// Formats of a schema that nobody will check, because nobody knows them.
//
// Upstream: warnUnrecognizedFormats in
// staging/src/k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition/strategy.go, and
// pkg/apiserver/validation/formats.go

import { additionalOf, itemsOf, propertiesOf, type Schema } from '#api/kinds/apiextensions/schema.ts'
import type { CustomResourceDefinition } from '#api/types/apiextensions.ts'

/** Written without the dashes that they may have. */
const TEXT = new Set(
  (
    'bsonobjectid uri email hostname ipv4 ipv6 cidr mac uuid uuid3 uuid4 uuid5 isbn isbn10 isbn13 creditcard ' +
    'ssn hexcolor rgbcolor byte password date duration datetime k8sshortname k8slongname'
  ).split(' '),
)
const FORMATS: Readonly<Record<string, ReadonlySet<string>>> = {
  string: TEXT,
  integer: new Set(['int32', 'int64']),
  number: new Set(['float', 'double']),
}

export function formatWarnings(
  object: CustomResourceDefinition,
  old: CustomResourceDefinition | undefined,
): readonly string[] {
  const known = old && new Set(unrecognizedFormats(old))
  return [...new Set(unrecognizedFormats(object))]
    .filter((format) => !known?.has(format))
    .map((format) => `unrecognized format ${JSON.stringify(format)}`)
}

const unrecognizedFormats = ({ spec }: CustomResourceDefinition): string[] =>
  (spec?.versions ?? []).flatMap(({ schema }) => {
    const root = schema?.openAPIV3Schema as Schema | undefined
    return root ? [...unrecognized(root)] : []
  })

function* unrecognized(schema: Schema): Generator<string> {
  const { type, format } = schema
  if (format && !FORMATS[type || 'string']?.has(type === 'string' ? format.replaceAll('-', '') : format)) {
    yield format
  }
  for (const inner of innerSchemas(schema)) yield* unrecognized(inner)
}

function innerSchemas(schema: Schema): Schema[] {
  const { allOf = [], anyOf = [], oneOf = [], not } = schema
  const others = [itemsOf(schema), additionalOf(schema), not].filter((part) => part !== undefined)
  return [...others, ...propertiesOf(schema).map(([, part]) => part), ...allOf, ...anyOf, ...oneOf]
}
