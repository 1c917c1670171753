// What a macro gets of the library, as far as it is used here: the library documents these hooks, but has no types for them.
//
// A macro checks and evaluates its own arguments, with names bound to values in a scope of its own. A scope remembers its
// value between calls, so it is made once (when types are checked) and filled anew for each value.

import type { OverlayContext, RootContext, TypeDeclaration } from '@marcbachmann/cel-js'
import type { CelTree } from '#api/cel/budget.ts'

export type Scope = (RootContext | OverlayContext) & { reuse?(context: unknown): OverlayContext }
type InnerScope = OverlayContext & { reuse?(context: unknown): OverlayContext }

export interface Checker {
  readonly registry: {
    getOptionalType(of: TypeDeclaration): TypeDeclaration
    getListType(of: TypeDeclaration): TypeDeclaration
    getMapType(key: TypeDeclaration, value: TypeDeclaration): TypeDeclaration
  }
  check(tree: CelTree, scope: Scope): TypeDeclaration
  getType(name: string): TypeDeclaration
  createError(code: string, text: string, tree: CelTree): Error
}

export interface Evaluator {
  run(tree: CelTree, scope: Scope): unknown
}

export interface MacroCall {
  readonly args: readonly CelTree[]
  readonly receiver: CelTree
}

/** Names of a macro, each in a scope around the next. */
export interface Bound {
  /** Declares the names with their types; to be called when types are checked. */
  declare(checker: Checker, scope: Scope, types: readonly TypeDeclaration[]): Scope
  /** The scope in which the names have these values. */
  fill(evaluator: Evaluator, scope: Scope, values: readonly unknown[]): Scope
}

export function boundNames(names: readonly CelTree[]): Bound {
  let scopes: InnerScope[] = []
  return {
    declare(checker, scope, types) {
      let inner: Scope = scope
      scopes = names.map((name, i) => {
        if (name.op !== 'id')
          throw checker.createError('invalid_macro_argument', 'argument must be a simple name', name)
        const made = inner.forkWithVariable(String(name.args), types[i] ?? checker.getType('dyn'))
        inner = made
        return made
      })
      return inner
    },
    fill(evaluator, scope, values) {
      let inner: Scope = scope
      for (const [i, own] of scopes.entries()) {
        inner = (own.reuse?.(inner) ?? own).setIterValue(values[i], evaluator)
      }
      return inner
    },
  }
}
