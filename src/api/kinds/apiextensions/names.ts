// The names of a custom resource: plural, singular, kind, kind of the list, short names, categories.
//
// Upstream: ValidateCustomResourceDefinitionNames in .../pkg/apis/apiextensions/validation/validation.go

import { invalid, type Path } from '#api/meta/field-error.ts'
import { isDNS1035Label } from '#api/meta/names.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type { CustomResourceDefinitionNames } from '#api/types/apiextensions.ts'

export function* validateNames(names: Partial<CustomResourceDefinitionNames>, path: Path): FieldErrors {
  for (const name of ['plural', 'singular'] as const) yield* label(names[name] ?? '', path.child(name), '')
  for (const name of ['kind', 'listKind'] as const) {
    yield* label(names[name] ?? '', path.child(name), 'may have mixed case, but should otherwise match: ')
  }
  yield* labels(names.shortNames, path.child('shortNames'))
  if (names.kind && names.kind === names.listKind) {
    yield invalid(path.child('listKind'), names.listKind, 'kind and listKind may not be the same')
  }
  yield* labels(names.categories, path.child('categories'))
}

function* label(value: string, path: Path, intro: string): FieldErrors {
  if (value === '') return
  const reasons = isDNS1035Label(intro === '' ? value : value.toLowerCase())
  if (reasons.length > 0) yield invalid(path, value, `${intro}${reasons.join(',')}`)
}

function* labels(values: readonly string[] | undefined, path: Path): FieldErrors {
  for (const [i, value] of (values ?? []).entries()) {
    const reasons = isDNS1035Label(value)
    if (reasons.length > 0) yield invalid(path.index(i), value, reasons.join(','))
  }
}
