// What is wrong with an object that is to be merged, field by field.
//
// Upstream: ValidationErrors in vendor/sigs.k8s.io/structured-merge-diff/v6/typed/helpers.go

export interface TypedProblem {
  /** `.spec.replicas`; '' for the object itself. */
  readonly path: string
  readonly message: string
}

export class TypedError extends Error {
  constructor(problems: readonly TypedProblem[]) {
    const lines = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
    super(lines.length === 1 ? lines[0] : ['errors:', ...lines.map((line) => `  ${line}`)].join('\n'))
  }
}
