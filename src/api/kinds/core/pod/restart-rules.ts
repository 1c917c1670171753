// When a single container is restarted, whatever its pod says: its own policy, and rules by exit code.
//
// Upstream: validateContainerRestartPolicy in pkg/apis/core/validation/validation.go

import { type Path, required, tooMany } from '#api/meta/field-error.ts'
import { type FieldErrors, oneOf } from '#api/meta/validation.ts'
import type { Container } from '#api/types/core.ts'

const MAX_RULES = 20
const MAX_EXIT_CODES = 255

export function* validateRestartPolicy(container: Container, path: Path): FieldErrors {
  const rules = container.restartPolicyRules ?? []
  if (container.restartPolicy !== undefined) {
    yield* oneOf(path.child('restartPolicy'), container.restartPolicy, ['Always', 'Never', 'OnFailure'])
  } else if (rules.length > 0) {
    yield required(path.child('restartPolicy'), 'must specify restartPolicy when restart rules are used')
  }
  if (rules.length > MAX_RULES) yield tooMany(path.child('restartPolicyRules'), rules.length, MAX_RULES)
  for (const [i, rule] of rules.entries()) {
    const at = path.child('restartPolicyRules').index(i)
    yield* oneOf(at.child('action'), rule.action, ['Restart', 'RestartAllContainers'])
    if (!rule.exitCodes) {
      yield required(at.child('exitCodes'), 'must be specified')
      continue
    }
    const { operator, values } = rule.exitCodes
    yield* oneOf(at.child('exitCodes').child('operator'), operator, ['In', 'NotIn'])
    if ((values ?? []).length > MAX_EXIT_CODES) {
      yield tooMany(at.child('exitCodes').child('values'), values!.length, MAX_EXIT_CODES)
    }
  }
}
