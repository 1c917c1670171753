import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { COST_LIMIT } from '#api/cel/budget.ts'
import { compileCel } from '#api/cel/compile.ts'
import { celEnvironment } from '#api/cel/environment.ts'
import { celValue } from '#api/cel/values.ts'

const environment = celEnvironment({
  types: {
    Attributes: { verb: 'string' },
    Request: { user: 'string', groups: 'list<string>', attributes: 'Attributes' },
  },
  variables: { claims: 'map<string, dyn>', request: 'Request', names: 'list<string>', object: 'dyn' },
})
const values = {
  claims: celValue({
    sub: 'bob',
    email: 'BOB@x',
    age: 7,
    ratio: 0.5,
    groups: ['a', 'b'],
    none: null,
    'a.b/c': 'x',
  }),
  request: { user: 'bob', groups: ['dev'] },
  names: Array.from({ length: 1000 }, (_, i) => `name-${i}`),
  object: celValue({ constructor: 'plain', spec: { replicas: 3 } }),
}
const compiled = (source: string) => {
  const { program, problem } = compileCel(source, environment)
  assert.ok(program, problem)
  return program
}

describe('what expressions result in', () => {
  const rows: readonly (readonly [source: string, result: unknown])[] = [
    ['claims.sub + "!"', 'bob!'],
    ['claims["a.b/c"]', 'x'],
    ['claims.age + 1', 8n],
    ['claims.ratio < 1', true],
    ['claims.?missing.orValue("none")', 'none'],
    ['claims.?email.optMap(e, e.lowerAscii()).orValue("")', 'bob@x'],
    ['claims.?missing.optFlatMap(m, optional.of(m)).hasValue()', false],
    ['claims.groups.map(g, "x:" + g)', ['x:a', 'x:b']],
    ['claims.groups.exists_one(g, g == "a") && !("c" in claims.groups)', true],
    ['has(request.attributes) && request.attributes.verb == "get"', false],
    ['has(claims.none) && claims.none == null', true],
    ['object.constructor == "plain" && object.spec.replicas == 3', true],
    ['has(object.toString)', false],
    ['"abc".matches("^a.c$") && matches("abc", "b")', true],
    ['"a1b22".findAll("[0-9]+")', ['1', '22']],
    ['"a-b-c".replace("-", "+", 1)', 'a+b-c'],
    ['"%s is %d, %.1f, %x".format([dyn("a"), 5, 1.25, 255])', 'a is 5, 1.3, ff'],
    ['[3, 1, 2].max() + [1, 2].sum() + [5, 6].indexOf(6)', 7n],
    ['["a", "b"].isSorted() && sets.contains([1, 2], [2])', true],
    ['url("https://a.b:80/c%20d?k=1&k=2").getPort()', '80'],
    ['url("https://[::1]/x").getHostname()', '::1'],
    ['isURL("not a url")', false],
    ['ip("10.0.0.1").family() == 4 && ip.isCanonical("::1") && !isIP("010.0.0.1")', true],
    ['cidr("10.0.0.0/8").containsIP("10.1.2.3") && !cidr("10.0.0.0/8").containsCIDR("0.0.0.0/0")', true],
    ['quantity("100m").isLessThan(quantity("1")) && quantity("1Ki").asInteger() == 1024', true],
    ['duration("1h") > duration("59m")', true],
    ['optional.of(claims.sub).optMap(x, x + x).value()', 'bobbob'],
    ['["a", "b"].all(i, v, i < 2 && v != "c") && !{"a": 1}.exists(k, v, k == "a" && v == 2)', true],
    ['claims.groups.existsOne(i, g, g == "b" && i == 1)', true],
    ['[1, 2, 3].transformList(i, v, i > 0, v * 10)', [20n, 30n]],
    ['{"a": 1}.transformMap(k, v, k + string(v))["a"] == "a1"', true],
    ['{"a": "x"}.transformMapEntry(k, v, {v: k}).x == "a"', true],
    ['[3, 1, 3].distinct().sort().reverse()', [3n, 1n]],
    ['[[1], [2, 3]].flatten().slice(1, 3)', [2n, 3n]],
    ['lists.range(3).last().orValue(9) + [1].first().value()', 3n],
    ['semver("1.10.0").isGreaterThan(semver("1.9.0-rc.1")) && semver("v1.2", true).minor() == 2', true],
    ['semver("1.0.0-alpha.2").isLessThan(semver("1.0.0-alpha.10")) && !isSemver("1.0")', true],
    [
      'format.dns1123Label().validate("a_b").hasValue() && !format.uuid().validate("x").orValue([]).isSorted()',
      false,
    ],
    ['format.named("date").value().validate("2026-02-30").orValue([])', ['invalid date']],
    ['!format.named("nothing").hasValue()', true],
    ['strings.quote("a\\n\\"b\\"")', String.raw`"a\n\"b\""`],
    ['optional.unwrap([optional.of(1), optional.none()]) == [1]', true],
    ['[optional.of("a")].unwrapOpt()', ['a']],
  ]
  for (const [source, result] of rows) {
    test(source, () => assert.deepEqual(compiled(source).evaluate(values), result))
  }
})

describe('types are known', () => {
  const rows = [
    ['claims.sub', 'dyn'],
    ['request.user == "x"', 'bool'],
    ['request.groups', 'list(string)'],
    ['request.?attributes.?verb.orValue("")', 'string'],
    ['names.filter(n, n != "").size()', 'int'],
  ] as const
  for (const [source, type] of rows) test(source, () => assert.equal(compiled(source).type, type))
})

describe("problems, in cel-go's words", () => {
  const rows = [
    ['request.nothing == 1', "1:8: undefined field 'nothing'\n | request.nothing == 1\n | .......^"],
    ['request.user == 1', "1:14: found no matching overload for '_==_' applied to '(string, int)'"],
    [
      '(request.user) < duration("1s")',
      "1:16: found no matching overload for '_<_' applied to '(string, duration)'",
    ],
    [
      'request.user.startsWith(1)',
      "1:24: found no matching overload for 'startsWith' applied to 'string.(int)'",
    ],
    ['other', "1:1: undeclared reference to 'other' (in container '')"],
    ['request.user ==', '1:16: Syntax error: mismatched input'],
  ] as const
  for (const [source, text] of rows) {
    test(source, () => {
      const { problem = '' } = compileCel(source, environment)
      assert.ok(problem.startsWith('compilation failed: ERROR: <input>:') && problem.includes(text), problem)
    })
  }
})

test('an operation without a result throws', () => {
  assert.throws(() => compiled('claims.missing').evaluate(values), { message: 'no such key: missing' })
  assert.throws(() => compiled('claims.age / 0 == 1').evaluate(values), { message: 'division by zero' })
  assert.throws(() => compiled('quantity("x").sign() == 0').evaluate(values), /quantities must match/)
})

test('an evaluation that costs too much is broken off, again and again', () => {
  const greedy = compiled('names.all(a, names.all(b, names.all(c, a + b + c != "")))')
  for (let i = 0; i < 2; i++) assert.throws(() => greedy.evaluate(values), /actual cost limit exceeded/)
  const swallowed = compiled('names.exists(a, names.all(b, names.all(c, a + b + c != ""))) || true')
  assert.throws(() => swallowed.evaluate(values), /actual cost limit exceeded/)
  const doubled = '.optMap(s, s + s)'.repeat(40)
  const { program } = compileCel(`optional.of("0123456789")${doubled}.value().size()`, environment)
  assert.throws(() => program?.evaluate(values), /actual cost limit exceeded/)
  assert.equal(compiled('names.all(a, a.size() > 0)').evaluate(values), true)
  assert.ok(COST_LIMIT >= 1_000_000)
})

test('a regular expression cannot hold up the server', () => {
  const evil = { ...values, names: [`${'a'.repeat(40)}!`] }
  assert.equal(compiled('names[0].matches("^(a+)+$")').evaluate(evil), false)
  assert.throws(() => compiled('"a".matches(claims.sub + "(")').evaluate(values), /Illegal regex/)
})

test('which fields are read', () => {
  const program = compiled('claims.?email.orValue("") != "" && claims.groups.exists(g, g == claims.sub)')
  assert.equal(program.selects('email', 'claims'), true)
  assert.equal(program.selects('sub', 'claims'), true)
  assert.equal(program.selects('email', 'request'), false)
  assert.equal(program.selects('email_verified'), false)
})
