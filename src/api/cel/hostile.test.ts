import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { celProblem } from '#api/cel/check.ts'
import { compileCel } from '#api/cel/compile.ts'
import { celEnvironment } from '#api/cel/environment.ts'

const environment = celEnvironment({ variables: { object: 'dyn' } })
const problemOf = (source: string): string => compileCel(source, environment).problem ?? ''

const nested = (depth: number, around: (inner: string, i: number) => string, innermost: string): string =>
  Array.from({ length: depth }).reduce<string>((inner, _, i) => around(inner, depth - i), innermost)

describe('types that would double with each macro are refused', () => {
  const rows = {
    'chained optMap': `optional.of(1)${'.optMap(x, {x: x})'.repeat(100)}.hasValue()`,
    'chained optFlatMap': `optional.of(1)${'.optFlatMap(x, optional.of({x: x}))'.repeat(60)}.hasValue()`,
    'chained map': `[1]${'.map(x, {x: x})'.repeat(100)}.size() > 0`,
    'maps of what is not known': `[].map(x, [x])${'.map(x, {x: x})'.repeat(80)}.size() > 0`,
    'nested map': nested(60, (inner, i) => `[{x${i - 1}: x${i - 1}}].map(x${i}, ${inner})`, 'true').replace(
      '{x0: x0}',
      '{1: 1}',
    ),
  }
  for (const [name, source] of Object.entries(rows)) {
    test(name, () => assert.match(problemOf(source), /type of the expression exceeds limit: 200 parts/))
  }
})

describe('deep nesting is refused', () => {
  const rows = {
    parentheses: `${'('.repeat(300)}true${')'.repeat(300)}`,
    sums: `${Array(300).fill('1').join(' + ')} > 0`,
    fields: `object${'.a'.repeat(5000)} == 1`,
    indices: `object${'[0]'.repeat(5000)} == 1`,
    ternaries: nested(300, (inner) => `object.a ? true : ${inner}`, 'true'),
  }
  for (const [name, source] of Object.entries(rows)) {
    test(name, () =>
      assert.equal(
        problemOf(source),
        'compilation failed: ERROR: <input>:-1:0: expression recursion limit exceeded: 250',
      ),
    )
  }
})

describe('what is large and right compiles', () => {
  const rows = {
    'a hundred ternaries': nested(100, (inner, i) => `object.a == ${i} ? true : ${inner}`, 'false'),
    'a chain of alternatives': Array(400).fill('object.a == 1').join(' || '),
    'nested macros': nested(50, (inner) => `[1].exists(x, ${inner})`, 'true'),
    'nested lists': `${'['.repeat(100)}${']'.repeat(100)}.size() == 1`,
  }
  for (const [name, source] of Object.entries(rows)) test(name, () => assert.equal(problemOf(source), ''))
})

test('a chain of alternatives is checked however long it is', () => {
  const source = Array(5000).fill('object.a == 1').join(' || ')
  assert.equal(celProblem(source, environment.scope), undefined)
  assert.match(problemOf(source), /^compilation failed: /)
})

test('a text that is too long is not read', () => {
  assert.equal(
    problemOf(`true${' '.repeat(100_000)}`),
    'compilation failed: ERROR: <input>:-1:0: expression code point size exceeds limit: size: 100004, limit 100000',
  )
})

test('of many problems a hundred are told', () => {
  const problem = problemOf(Array(3000).fill('x').join(' || '))
  assert.equal(problem.match(/ERROR: /g)?.length, 100)
  assert.ok(problem.endsWith('\n2900 more errors were truncated'))
})
