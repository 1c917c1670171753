// The macros on optional values that the library lacks: optMap and optFlatMap.
//
// `claims.?email.optMap(e, e.lowerAscii()).orValue('')`: the second argument is evaluated with the value bound to the
// name, and only where there is one. Upstream: github.com/google/cel-go/cel/library.go (OptionalTypes)

import {
  type Environment,
  Optional,
  type OverlayContext,
  type RootContext,
  type TypeDeclaration,
} from '@marcbachmann/cel-js'
import type { CelTree } from '#api/cel/budget.ts'

type Context = (RootContext | OverlayContext) & { reuse?(context: unknown): OverlayContext }

interface Checker {
  readonly registry: { getOptionalType(of: TypeDeclaration): TypeDeclaration }
  check(tree: CelTree, context: Context): TypeDeclaration
  getType(name: string): TypeDeclaration
  createError(code: string, text: string, tree: CelTree): Error
}

interface Evaluator {
  run(tree: CelTree, context: Context): unknown
}

interface Macro {
  readonly args: readonly [name: CelTree, body: CelTree]
  readonly receiver: CelTree
}

export function addOptionals(environment: Environment): void {
  environment
    .registerFunction('optional.optMap(ast, ast): optional<dyn>', (macro: Macro) => expand(macro, false))
    .registerFunction('optional.optFlatMap(ast, ast): optional<dyn>', (macro: Macro) => expand(macro, true))
}

function expand({ args: [name, body], receiver }: Macro, isFlat: boolean) {
  let bound: (OverlayContext & { reuse?(context: unknown): OverlayContext }) | undefined
  return {
    typeCheck(checker: Checker, _macro: unknown, context: Context): TypeDeclaration {
      if (name.op !== 'id')
        throw checker.createError('invalid_macro_argument', 'argument must be a simple name', name)
      const type = checker.check(receiver, context)
      bound = context.forkWithVariable(String(name.args), type.valueType ?? checker.getType('dyn'))
      const result = checker.check(body, bound)
      return isFlat ? result : checker.registry.getOptionalType(result)
    },
    evaluate(evaluator: Evaluator, _macro: unknown, context: Context): unknown {
      const value = evaluator.run(receiver, context)
      if (!(value instanceof Optional) || !value.hasValue()) return Optional.none()
      const inner = bound?.reuse?.(context) ?? context.forkWithVariable(String(name.args), undefined as never)
      const result = evaluator.run(body, inner.setIterValue(value.value(), evaluator))
      return isFlat ? result : Optional.of(result)
    },
  }
}
