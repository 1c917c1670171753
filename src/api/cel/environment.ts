// The environment in which Kubernetes' expressions are compiled: CEL's standard functions and Kubernetes' libraries.
//
// Whoever evaluates expressions makes one environment, adds the variables of its place (`claims`, `request`, `object`)
// and compiles all of them in it (compile.ts). Upstream: staging/src/k8s.io/apiserver/pkg/cel/environment/base.go
// Left out: that the items of a list in an expression have one type (the library would refuse `[object.name, 1]` as well)

import { Environment } from '@marcbachmann/cel-js'
import type { CelScope } from '#api/cel/checker/check-types.ts'
import { patchTypes } from '#api/cel/checker/patch-types.ts'
import { type CelType, objectOf, parseType } from '#api/cel/checker/types.ts'
import { addAddresses } from '#api/cel/library/addresses.ts'
import { AUTHORIZER, addAuthorizer, RESOURCE_CHECK } from '#api/cel/library/authorizer.ts'
import { addComprehensions } from '#api/cel/library/comprehensions.ts'
import { addFormats } from '#api/cel/library/formats.ts'
import { addLists } from '#api/cel/library/lists.ts'
import { addOptionals } from '#api/cel/library/optionals.ts'
import { addPatches } from '#api/cel/library/patches.ts'
import { addQuantitiesTo } from '#api/cel/library/quantities.ts'
import { addSequences } from '#api/cel/library/sequences.ts'
import { addStrings } from '#api/cel/library/strings.ts'
import { addUrls } from '#api/cel/library/urls.ts'
import { addVersions } from '#api/cel/library/versions.ts'

/** A type with named fields, each with the name of its type. */
export type CelFields = Readonly<Record<string, string>>

export interface CelVariables {
  /** Types with fields, those that others name first. */
  readonly types?: Readonly<Record<string, CelFields>>
  /** The type of each variable: `string`, `map<string, dyn>`, or one of `types`. */
  readonly variables: Readonly<Record<string, string>>
  /** Whether expressions can make objects of the API and patches. */
  readonly hasPatches?: boolean
}

export interface CelEnvironment {
  readonly environment: Environment
  /** The same for the checker, whose words clients read. */
  readonly scope: CelScope
}

const LIBRARIES: readonly ((environment: Environment) => void)[] = [
  addStrings,
  addLists,
  addSequences,
  addUrls,
  addAddresses,
  addQuantitiesTo,
  addVersions,
  addFormats,
  addOptionals,
  addComprehensions,
  addAuthorizer,
]

/** Making one takes some milliseconds. */
export function celEnvironment({ types = {}, variables, hasPatches = false }: CelVariables): CelEnvironment {
  const environment = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false })
  for (const add of LIBRARIES) add(environment)
  if (hasPatches) addPatches(environment)
  for (const [name, fields] of Object.entries(types))
    environment.registerType(name, { fields: { ...fields } })
  for (const [name, type] of Object.entries(variables)) environment.registerVariable(name, type)
  return { environment, scope: { ...scopeOf(types, variables), ...(hasPatches && { messages: patchTypes }) } }
}

function scopeOf(
  types: Readonly<Record<string, CelFields>>,
  variables: Readonly<Record<string, string>>,
): CelScope {
  const known = new Map<string, CelType>()
  const read = (text: string): CelType => parseType(text.replaceAll('<', '(').replaceAll('>', ')'), known)
  for (const [name, fields] of Object.entries(types)) {
    known.set(
      name,
      objectOf(name, new Map(Object.entries(fields).map(([field, type]) => [field, read(type)]))),
    )
  }
  const named = new Map(Object.entries(variables).map(([name, type]) => [name, read(type)]))
  if (variables['authorizer'] === AUTHORIZER)
    named.set('authorizer.requestResource', parseType(RESOURCE_CHECK))
  return { variables: named }
}
