// Which names of a definition are accepted: those that no other definition of its group has.
//
// Pure. Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/controller/status/naming_controller.go

import type { CustomResourceDefinition, CustomResourceDefinitionNames } from '#api/types/apiextensions.ts'
import type { Draft } from '#api/types/wire.ts'

export interface Naming {
  readonly names: CustomResourceDefinitionNames
  /** Why not all names have been accepted: reason and message. */
  readonly conflict?: { readonly reason: string; readonly message: string }
}

/** The names that `definition` gets beside the `others`. */
export function acceptNames(
  definition: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
): Naming {
  // its own accepted names are taken too: a short name may not be its plural or singular
  const taken = [definition, ...others]
    .filter(({ spec }) => spec.group === definition.spec.group)
    .flatMap(({ status }) => (status?.acceptedNames ? [status.acceptedNames] : []))
  const resources = new Set(
    taken.flatMap((names) => [names.plural, names.singular, ...(names.shortNames ?? [])]),
  )
  const kinds = new Set(taken.flatMap((names) => [names.kind, names.listKind]))
  const wanted = definition.spec.names
  const names: Draft<CustomResourceDefinitionNames> = {
    ...(definition.status?.acceptedNames as Draft<CustomResourceDefinitionNames> | undefined),
    plural: definition.status?.acceptedNames?.plural ?? '',
    kind: definition.status?.acceptedNames?.kind ?? '',
  }
  let conflict: Naming['conflict']
  const accept = (
    name: 'plural' | 'singular' | 'kind' | 'listKind',
    reason: string,
    used: ReadonlySet<unknown>,
  ) => {
    const value = wanted[name]
    if (value && used.has(value) && names[name] !== value)
      conflict = { reason, message: `${JSON.stringify(value)} is already in use` }
    else if (value) names[name] = value
  }
  accept('plural', 'PluralConflict', resources)
  accept('singular', 'SingularConflict', resources)
  const ours = definition.status?.acceptedNames?.shortNames ?? []
  const clashes = (wanted.shortNames ?? []).filter((name) => !ours.includes(name) && resources.has(name))
  if (clashes.length > 0) {
    const texts = clashes.map((name) => `${JSON.stringify(name)} is already in use`)
    const message = texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`
    conflict = { reason: 'ShortNamesConflict', message }
  } else if (wanted.shortNames) names.shortNames = [...wanted.shortNames]
  else delete names.shortNames
  accept('kind', 'KindConflict', kinds)
  accept('listKind', 'ListKindConflict', kinds)
  if (wanted.categories) names.categories = [...wanted.categories]
  else delete names.categories
  return { names, ...(conflict && { conflict }) }
}
