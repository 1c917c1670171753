// The expressions of an AuthenticationConfiguration: over `claims` of a token, and over the `user` made of them.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/authentication/cel/compile.go

import { type CelCompilation, type CelProgram, compileCel } from '#api/cel/compile.ts'
import { celEnvironment } from '#api/cel/environment.ts'

export interface AuthenticationExpressions {
  /** `mustBe`: the type that it has to have; absent: any, judged when it is evaluated. */
  claims(source: string, mustBe?: 'bool'): CelCompilation
  user(source: string): CelCompilation
}

/** The two environments; made once for a server. */
export function authenticationExpressions(): AuthenticationExpressions {
  const claims = celEnvironment({ variables: { claims: 'map<string, dyn>' } })
  const user = celEnvironment({
    types: {
      'kubernetes.UserInfo': {
        username: 'string',
        uid: 'string',
        groups: 'list<string>',
        extra: 'map<string, list<string>>',
      },
    },
    variables: { user: 'kubernetes.UserInfo' },
  })
  return {
    claims: (source, mustBe) => mustEvaluateTo(compileCel(source, claims), mustBe),
    user: (source) => mustEvaluateTo(compileCel(source, user), 'bool'),
  }
}

function mustEvaluateTo(compilation: CelCompilation, type: 'bool' | undefined): CelCompilation {
  if (!compilation.program || type === undefined || compilation.program.type === type) return compilation
  return { problem: `must evaluate to ${type}` }
}

/** A rule with what is said when it does not hold. */
export interface CompiledRule {
  readonly program: CelProgram
  readonly message: string
}
