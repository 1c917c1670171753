import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { celProblem, namesIn } from '#api/cel/check.ts'
import { DYN, objectOf, parseType } from '#api/cel/checker/types.ts'
import { parseCel } from '#api/cel/parse.ts'

const SCOPE = {
  variables: new Map([
    ['object', DYN],
    ['variables', objectOf('variables', new Map([['known', DYN]]))],
    ['text', parseType('string')],
    ['lists', parseType('map(string, list(int))')],
  ]),
}

describe('expressions that compile', () => {
  const rows = [
    'object.spec.replicas <= 5',
    "object.metadata.name.startsWith('a') && !(1 in [1, 2])",
    'has(object.spec) ? object.spec.items.all(i, i.size() > 0) : true',
    'object.items.map(x, x.name).exists(n, n == "a")',
    '{"a": [1], "b": [2]}["a"] == [1]',
    'lists.all(k, v, k != "" && v.sum() > 0)',
    'object.items.map(x, x.size()).sum() > 1 ? object.a : text',
    'variables.known == "x" // and a remark',
    String.raw`r'\d+' == "x" || '''a''' != "\u00e9"`,
    'object.?spec.orValue(1u) == -2.5e3',
  ]
  for (const source of rows) test(source, () => assert.equal(celProblem(source, SCOPE), undefined))
})

describe('expressions that do not', () => {
  const rows: readonly (readonly [source: string, place: string, text: string])[] = [
    ['', '1:0', "Syntax error: mismatched input '<EOF>'"],
    ['size(', '1:6', "Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', ')', '.',"],
    ['object.size( < 2', '1:14', "Syntax error: extraneous input '<' expecting {'[', '{', '(', ')', '.',"],
    ['text + 1 == ""', '1:6', "found no matching overload for '_+_' applied to '(string, int)'"],
    ['lists.a.all(i, i.b)', '1:17', "type 'int' does not support field selection"],
    ['lists.all(k, k)', '1:14', "expected type 'bool' but found 'string'"],
    ['text.all(c, true)', '1:1', "expression of type 'string' cannot be range of a comprehension"],
    ['[text, 1].size() > 0', '1:8', "expected type 'string' but found 'int'"],
    ['has(text)', '1:5', 'invalid argument to has() macro'],
    ['duration("x") > duration("1s")', '1:10', 'invalid duration argument'],
    ['cel.bind(x, 1, x == 1)', '1:1', "undeclared reference to 'cel' (in container '')"],
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

test('after a syntax error, the next one is told as well', () => {
  const problem = celProblem('object.size( < 2', SCOPE) ?? ''
  assert.match(problem, /ERROR: <input>:1:17: Syntax error: missing '\)' at '<EOF>'/)
})

test('all problems of names are told', () => {
  assert.equal(celProblem('one + two', SCOPE)?.split('ERROR').length, 3)
})

test('names that an expression uses', () => {
  assert.deepEqual([...namesIn(parseCel('self.a == oldSelf.b').node)].sort(), ['oldSelf', 'self'])
})
