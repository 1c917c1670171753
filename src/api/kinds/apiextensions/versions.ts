// The versions of a definition, and what they share.
//
// Internally, what all versions have alike stands at the top, and errors blame it there: a definition with one version
// has its schema at `spec.validation`. Upstream: the conversion in .../pkg/apis/apiextensions/v1/conversion.go

import type { Schema } from '#api/kinds/apiextensions/schema.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { Path } from '#api/meta/field-error.ts'
import type {
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
} from '#api/types/apiextensions.ts'

export interface VersionPart<T> {
  readonly value: T
  readonly path: Path
  /** The version's name; '' for what all have alike. */
  readonly version: string
}

const SPEC = new Path('spec')

const SHARED_NAMES = {
  schema: 'validation',
  subresources: 'subresources',
  additionalPrinterColumns: 'additionalPrinterColumns',
  selectableFields: 'selectableFields',
} as const

export type SharedName = keyof typeof SHARED_NAMES

export const versionsOf = (spec: CustomResourceDefinitionSpec): readonly CustomResourceDefinitionVersion[] =>
  spec.versions ?? []

/** Whether all versions have the same `name`; then it stands at the top. */
export function isShared(spec: CustomResourceDefinitionSpec, name: SharedName): boolean {
  const [first, ...others] = versionsOf(spec)
  return first !== undefined && others.every((version) => semanticEqual(version[name], first[name]))
}

/** The values of `name`, each where it is blamed: once at the top, or once for each version that has it. */
export function partsOf<N extends SharedName>(
  spec: CustomResourceDefinitionSpec,
  name: N,
): VersionPart<NonNullable<CustomResourceDefinitionVersion[N]>>[] {
  const versions = versionsOf(spec)
  const shared = isShared(spec, name)
  return (shared ? versions.slice(0, 1) : versions).flatMap((version, i) => {
    const value = version[name]
    if (value === undefined) return []
    const path = shared ? SPEC.child(SHARED_NAMES[name]) : SPEC.child('versions').index(i).child(name)
    return [{ value: value!, path, version: shared ? '' : version.name }]
  })
}

export const schemaOf = (version: CustomResourceDefinitionVersion): Schema | undefined =>
  version.schema?.openAPIV3Schema as Schema | undefined

/** Versions as messages show them: without what stands at the top. */
export function shownVersions(spec: CustomResourceDefinitionSpec): readonly object[] {
  const names = (Object.keys(SHARED_NAMES) as SharedName[]).filter((name) => isShared(spec, name))
  return versionsOf(spec).map((version) =>
    Object.fromEntries(Object.entries(version).filter(([name]) => !names.includes(name as SharedName))),
  )
}
