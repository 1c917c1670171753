import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { celProblem, namesIn } from '#api/cel/check.ts'

const SCOPE = { variables: ['object', 'variables'], composed: ['known'] }

describe('expressions that compile', () => {
  const rows = [
    'object.spec.replicas <= 5',
    "object.metadata.name.startsWith('a') && !(1 in [1, 2])",
    'has(object.spec) ? object.spec.items.all(i, i.size() > 0) : true',
    'object.items.map(x, x.name).exists(n, n == "a")',
    '{"a": 1, "b": [object]}["a"] == 1',
    'cel.bind(x, object.spec, x.y == x.z)',
    'variables.known == "x" // and a remark',
    String.raw`r'\d+' == b"x" || '''a''' != "\u00e9"`,
    'object.?spec.orValue(1u) == -2.5e3',
  ]
  for (const source of rows) test(source, () => assert.equal(celProblem(source, SCOPE), undefined))
})

describe('expressions that do not', () => {
  const rows: readonly (readonly [source: string, place: string, text: string])[] = [
    ['', '1:0', "Syntax error: mismatched input '<EOF>'"],
    ['size(', '1:6', "Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', ')', '.',"],
    ['object.size( < 2', '1:14', "Syntax error: extraneous input '<' expecting {'[', '{', '(', ')', '.',"],
    ['object.size ++', '1:14', "Syntax error: mismatched input '+' expecting {'[', '{', '(', '.',"],
    ['objct.a', '1:1', "undeclared reference to 'objct' (in container '')"],
    ['true &&\n  nothing()', '2:10', "undeclared reference to 'nothing' (in container '')"],
    ['variables.unknown', '1:10', "undefined field 'unknown'"],
    ['Bad!', '1:4', "Syntax error: extraneous input '!' expecting <EOF>"],
    ['object.all(i, i) && i', '1:21', "undeclared reference to 'i' (in container '')"],
  ]
  for (const [source, place, text] of rows) {
    test(JSON.stringify(source), () => {
      const problem = celProblem(source, SCOPE) ?? ''
      assert.ok(problem.startsWith(`compilation failed: ERROR: <input>:${place}: ${text}`), problem)
    })
  }
})

test('a problem is shown in its line', () => {
  assert.equal(
    celProblem('true || other', SCOPE),
    "compilation failed: ERROR: <input>:1:9: undeclared reference to 'other' (in container '')\n | true || other\n | ........^",
  )
})

test('all problems of names are told', () => {
  assert.equal(celProblem('one + two', SCOPE)?.split('ERROR').length, 3)
})

test('names that an expression uses', () => {
  assert.deepEqual([...namesIn('self.a == oldSelf.b')].sort(), ['oldSelf', 'self'])
})
