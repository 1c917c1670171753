// What type an expression has, where it can be told without knowing the types of its variables.
//
// `1 + 1` is an int whatever happens, `object.spec.x` may be anything: of the latter nothing is said.
// Upstream: mustEvaluate… in staging/src/k8s.io/apiserver/pkg/admission/plugin/cel/compile.go

import { compileCel } from '#api/cel/compile.ts'
import { type CelEnvironment, celEnvironment } from '#api/cel/environment.ts'

const environments = new Map<string, CelEnvironment>()

/** What is wrong with the result of an expression that compiles; undefined when it is, or may be, one of `wanted`. */
export function resultProblem(
  source: string,
  variables: readonly string[],
  wanted: readonly string[],
): string | undefined {
  const type = compileCel(source, environmentOf(variables)).program?.type
  if (type === undefined || type === 'dyn' || wanted.includes(type)) return undefined
  const one = wanted.length === 1 ? wanted[0] : `one of [${wanted.join(' ')}]`
  return `must evaluate to ${one} but got ${type.replaceAll('<', '(').replaceAll('>', ')')}`
}

function environmentOf(variables: readonly string[]): CelEnvironment {
  const key = variables.join()
  let found = environments.get(key)
  if (!found) {
    found = celEnvironment({ variables: Object.fromEntries(variables.map((name) => [name, 'dyn'])) })
    environments.set(key, found)
  }
  return found
}
