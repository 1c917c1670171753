// Semantic versions in expressions: semver('1.2.3').isLessThan(semver('2.0.0')).
//
// Upstream: staging/src/k8s.io/apiserver/pkg/cel/library/semverlib.go, github.com/blang/semver

import type { Environment } from '@marcbachmann/cel-js'

class CelVersion {
  readonly numbers: readonly [major: bigint, minor: bigint, patch: bigint]
  readonly pre: readonly string[]

  constructor(numbers: CelVersion['numbers'], pre: readonly string[]) {
    this.numbers = numbers
    this.pre = pre
  }
}

const TYPE = 'kubernetes.Semver'
const PATTERN =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/

export function addVersions(environment: Environment): void {
  environment
    .registerType(TYPE, CelVersion)
    .registerFunction(`semver(string): ${TYPE}`, (text: string) => parse(text))
    .registerFunction(`semver(string, bool): ${TYPE}`, (text: string, isLoose: boolean) =>
      parse(isLoose ? normalized(text) : text),
    )
    .registerFunction('isSemver(string): bool', (text: string) => PATTERN.test(text))
    .registerFunction('isSemver(string, bool): bool', (text: string, isLoose: boolean) =>
      PATTERN.test(isLoose ? normalized(text) : text),
    )
    .registerFunction(
      `${TYPE}.isGreaterThan(${TYPE}): bool`,
      (a: CelVersion, b: CelVersion) => compare(a, b) > 0,
    )
    .registerFunction(
      `${TYPE}.isLessThan(${TYPE}): bool`,
      (a: CelVersion, b: CelVersion) => compare(a, b) < 0,
    )
    .registerFunction(`${TYPE}.compareTo(${TYPE}): int`, (a: CelVersion, b: CelVersion) =>
      BigInt(compare(a, b)),
    )
    .registerOperator(`${TYPE} == ${TYPE}`, (a: CelVersion, b: CelVersion) => compare(a, b) === 0)
  for (const [i, part] of (['major', 'minor', 'patch'] as const).entries()) {
    environment.registerFunction(`${TYPE}.${part}(): int`, ({ numbers }: CelVersion) => numbers[i]!)
  }
}

function parse(text: string): CelVersion {
  const [, major, minor, patch, pre] = PATTERN.exec(text) ?? []
  if (major === undefined || minor === undefined || patch === undefined) {
    throw new Error(`invalid semantic version ${JSON.stringify(text)}`)
  }
  return new CelVersion([BigInt(major), BigInt(minor), BigInt(patch)], pre?.split('.') ?? [])
}

/** `v1.02` → `1.2.0` */
function normalized(text: string): string {
  const [, core = '', rest = ''] = /^v?([^-+]*)(.*)$/s.exec(text) ?? []
  const parts = core.split('.').map((part) => part.replace(/^0+(?=\d)/, ''))
  while (parts.length < 3) parts.push('0')
  return parts.join('.') + rest
}

function compare(a: CelVersion, b: CelVersion): number {
  for (const [i, number] of a.numbers.entries()) {
    if (number !== b.numbers[i]) return number < b.numbers[i]! ? -1 : 1
  }
  // without a pre-release comes after all of them
  if (a.pre.length === 0 || b.pre.length === 0) return Math.sign(b.pre.length - a.pre.length)
  for (const [i, part] of a.pre.entries()) {
    const other = b.pre[i]
    if (other === undefined) return 1
    if (part !== other) return comparePart(part, other)
  }
  return a.pre.length < b.pre.length ? -1 : 0
}

/** Numbers by value and before words. */
function comparePart(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (isNumber && isOtherNumber) return BigInt(a) < BigInt(b) ? -1 : 1
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1
  return a < b ? -1 : 1
}
