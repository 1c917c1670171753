// The environment in which Kubernetes' expressions are compiled: CEL's standard functions and Kubernetes' libraries.
//
// Whoever evaluates expressions makes one environment, adds the variables of its place (`claims`, `request`, `object`)
// and compiles all of them in it (compile.ts). Upstream: staging/src/k8s.io/apiserver/pkg/cel/environment/base.go
// Left out: that the items of a list in an expression have one type (the library would refuse `[object.name, 1]` as well)

import { Environment } from '@marcbachmann/cel-js'
import { addAddresses } from '#api/cel/library/addresses.ts'
import { addAuthorizer } from '#api/cel/library/authorizer.ts'
import { addComprehensions } from '#api/cel/library/comprehensions.ts'
import { addFormats } from '#api/cel/library/formats.ts'
import { addLists } from '#api/cel/library/lists.ts'
import { addOptionals } from '#api/cel/library/optionals.ts'
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
}

export interface CelEnvironment {
  readonly environment: Environment
  readonly variables: readonly string[]
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
export function celEnvironment({ types = {}, variables }: CelVariables): CelEnvironment {
  const environment = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false })
  for (const add of LIBRARIES) add(environment)
  for (const [name, fields] of Object.entries(types))
    environment.registerType(name, { fields: { ...fields } })
  for (const [name, type] of Object.entries(variables)) environment.registerVariable(name, type)
  return { environment, variables: Object.keys(variables) }
}
