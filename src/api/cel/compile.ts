// An expression compiled: parsed, its names and types judged, ready to be evaluated within a bound on its cost.
//
// Syntax, names and types are judged in cel-go's words (check.ts); the evaluation is the library's, which reads and checks
// the text once more for itself. Upstream: staging/src/k8s.io/apiserver/pkg/cel/environment, github.com/google/cel-go/cel/env.go

import type { Environment } from '@marcbachmann/cel-js'
import { type Budget, type CelTree, COST_LIMIT, meter, visit } from '#api/cel/budget.ts'
import { checkCel, compilationFailed, namesIn } from '#api/cel/check.ts'
import { PATCH_TYPES } from '#api/cel/checker/patch-types.ts'
import { typeText } from '#api/cel/checker/types.ts'
import type { CelEnvironment } from '#api/cel/environment.ts'
import { MATCHES } from '#api/cel/library/strings.ts'
import { messagesAsMaps } from '#api/cel/messages.ts'
import type { CelValue } from '#api/cel/values.ts'

export interface CelProgram {
  readonly source: string
  /** `bool`, `string`, `list(string)`, `dyn`. */
  readonly type: string
  /** All names that it uses. */
  readonly names: ReadonlySet<string>
  /** Throws where an operation has no result, and CostError where it costs too much. */
  evaluate(variables: Readonly<Record<string, CelValue>>): CelValue
  /** The same for an expression that may ask an authorizer; evaluations of one program wait for each other. */
  evaluateAsync(variables: Readonly<Record<string, CelValue>>): Promise<CelValue>
  /** Whether the expression reads a field of that name of the variable: `claims.email`, `claims.?email`. */
  selects(field: string, variable?: string): boolean
}

export type CelCompilation =
  | { readonly program: CelProgram; readonly problem?: never }
  /** What cel-go says: `compilation failed: ERROR: …`. */
  | { readonly problem: string; readonly program?: never }

export function compileCel(
  source: string,
  { environment, scope }: CelEnvironment,
  limit = COST_LIMIT,
): CelCompilation {
  const { checked, problem } = checkCel(source, scope)
  if (!checked) return { problem }
  let parsed: ReturnType<Environment['parse']>
  let budget: Budget
  try {
    // the library knows no messages
    parsed = environment.parse(scope.messages ? messagesAsMaps(source, PATCH_TYPES) : source)
    const tree = parsed.ast as unknown as CelTree
    visit(tree, useRe2)
    const { valid, error } = parsed.check()
    if (!valid) return { problem: notByLibrary(source, error) }
    budget = meter(tree, limit)
  } catch (error) {
    return { problem: notByLibrary(source, error) }
  }
  const tree = parsed.ast as unknown as CelTree
  let last: Promise<unknown> = Promise.resolve()
  return {
    program: {
      source,
      type: typeText(checked.type),
      names: namesIn(checked.node),
      evaluate: (values) => evaluateWithin(budget, () => parsed({ ...values }) as CelValue),
      evaluateAsync(values) {
        const evaluation = last.then(() =>
          evaluateInTurn(budget, async () => parsed({ ...values }) as CelValue),
        )
        last = evaluation.catch(() => undefined)
        return evaluation
      },
      selects: (field, variable) => selectsField(tree, field, variable),
    },
  }
}

/** What is right for cel-go and cannot be evaluated here. */
function notByLibrary(source: string, error: unknown): string {
  return compilationFailed(source, [{ at: 0, text: summaryOf(error) }])
}

function evaluateWithin(budget: Budget, evaluate: () => CelValue): CelValue {
  budget.reset()
  try {
    const value = evaluate()
    budget.check()
    return value
  } catch (error) {
    budget.check()
    throw new Error(summaryOf(error), { cause: error })
  }
}

async function evaluateInTurn(budget: Budget, evaluate: () => Promise<CelValue>): Promise<CelValue> {
  budget.reset()
  try {
    const value = await evaluate()
    budget.check()
    return value
  } catch (error) {
    budget.check()
    throw new Error(summaryOf(error), { cause: error })
  }
}

/** Without the picture of the place, which is for people at a terminal. */
function summaryOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const summary = 'summary' in error && typeof error.summary === 'string' ? error.summary : error.message
  // of operands that do not fit cel-go says no more
  return summary
    .replace(/^No such key: /, 'no such key: ')
    .replace(/^no such overload: .*/s, 'no such overload')
}

/** JavaScript's own regular expressions have no bound on their time. */
function useRe2(node: CelTree): void {
  if (node.op === 'rcall' && Array.isArray(node.args) && node.args[0] === 'matches') node.args[0] = MATCHES
}

function selectsField(tree: CelTree, field: string, variable: string | undefined): boolean {
  let isFound = false
  visit(tree, ({ op, args }) => {
    if ((op !== '.' && op !== '.?') || !Array.isArray(args) || args[1] !== field) return
    const operand = args[0] as CelTree
    isFound ||= variable === undefined || (operand.op === 'id' && operand.args === variable)
  })
  return isFound
}
