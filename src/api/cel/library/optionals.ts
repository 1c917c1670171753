// What the library lacks on optional values: the macros optMap and optFlatMap, and lists of them.
//
// `claims.?email.optMap(e, e.lowerAscii()).orValue('')`: the second argument is evaluated with the value bound to the
// name, and only where there is one. Upstream: github.com/google/cel-go/cel/library.go (OptionalTypes)

import { type Environment, Optional, type TypeDeclaration } from '@marcbachmann/cel-js'
import {
  boundNames,
  type Checker,
  type Evaluator,
  type MacroCall,
  type Scope,
} from '#api/cel/library/macros.ts'

export function addOptionals(environment: Environment): void {
  environment
    .registerFunction('optional.optMap(ast, ast): optional<dyn>', (call: MacroCall) => expand(call, false))
    .registerFunction('optional.optFlatMap(ast, ast): optional<dyn>', (call: MacroCall) => expand(call, true))
    .registerFunction('OptionalNamespace.unwrap(list): list', (_optional: object, list: readonly unknown[]) =>
      unwrap(list),
    )
    .registerFunction('list.unwrapOpt(): list', unwrap)
}

/** Those that are there. */
const unwrap = (list: readonly unknown[]): unknown[] =>
  list.flatMap((item) => (item instanceof Optional && item.hasValue() ? [item.value()] : []))

function expand({ args, receiver }: MacroCall, isFlat: boolean) {
  const bound = boundNames(args.slice(0, 1))
  const body = args[1]!
  return {
    typeCheck(checker: Checker, _macro: unknown, scope: Scope): TypeDeclaration {
      const type = checker.check(receiver, scope)
      const inner = bound.declare(checker, scope, [type.valueType ?? checker.getType('dyn')])
      const result = checker.check(body, inner)
      return isFlat ? result : checker.registry.getOptionalType(result)
    },
    evaluate(evaluator: Evaluator, _macro: unknown, scope: Scope): unknown {
      const value = evaluator.run(receiver, scope)
      if (!(value instanceof Optional) || !value.hasValue()) return Optional.none()
      const result = evaluator.run(body, bound.fill(evaluator, scope, [value.value()]))
      return isFlat ? result : Optional.of(result)
    },
  }
}
