import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  EVERYTHING,
  exactValue,
  formatSelector,
  holds,
  matchesLabels,
  NOTHING,
  selectorOf,
  selectorOfLabels,
} from '#api/meta/selectors.ts'
import {
  exactField,
  formatFieldSelector,
  matchesFields,
  parseFieldSelector,
} from '#api/meta/selectors-fields.ts'
import { parseSelector } from '#api/meta/selectors-parse.ts'

describe('label selectors in text form', () => {
  const rows: readonly (readonly [text: string, canonical: string])[] = [
    ['', ''],
    ['app=web', 'app=web'],
    ['app==web', 'app==web'],
    ['tier in (b,a,b)', 'tier in (a,b)'],
    ['tier notin ()', 'tier notin ()'],
    ['z,!a,b!=c', '!a,b!=c,z'],
    ['in in (in)', 'in in (in)'],
    ['count>3', 'count>3'],
    ['app=', 'app='],
    ['  app = web , tier', 'app=web,tier'],
    ['x in (,a)', 'x in (,a)'],
  ]
  for (const [text, canonical] of rows) {
    test(JSON.stringify(text), () => assert.equal(formatSelector(parseSelector(text)), canonical))
  }

  const refused: readonly (readonly [text: string, why: string])[] = [
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a,', "found '', expected: identifier after ','"],
    ['=b', "found '=', expected: !, identifier, or 'end of string'"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a=b=c', "found '=', expected: ',' or 'end of string'"],
    [
      'a>x',
      `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
    ],
  ]
  for (const [text, why] of refused) {
    test(`${text} is refused`, () => assert.throws(() => parseSelector(text), { message: why }))
  }
})

describe('what a selector matches', () => {
  const web = { app: 'web', tier: 'front', count: '5' }
  const rows: readonly (readonly [text: string, matches: boolean])[] = [
    ['', true],
    ['app=web', true],
    ['app!=web', false],
    ['other!=web', true],
    ['app in (web,db)', true],
    ['app notin (web)', false],
    ['other notin (web)', true],
    ['app', true],
    ['!app', false],
    ['!other', true],
    ['count>4', true],
    ['count<5', false],
    ['app>1', false],
    ['toString', false],
  ]
  for (const [text, matches] of rows) {
    test(JSON.stringify(text), () => assert.equal(matchesLabels(parseSelector(text), web), matches))
  }

  test('an absent selector matches nothing, an empty one everything', () => {
    assert.equal(matchesLabels(selectorOf(undefined), web), false)
    assert.equal(matchesLabels(selectorOf({}), web), true)
    assert.equal(matchesLabels(NOTHING, undefined), false)
    assert.equal(matchesLabels(EVERYTHING, undefined), true)
  })

  test('the object form', () => {
    const selector = selectorOf({
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['front', 'back'] },
        { key: 'legacy', operator: 'DoesNotExist' },
      ],
    })
    assert.equal(formatSelector(selector), 'app=web,!legacy,tier in (back,front)')
    assert.equal(matchesLabels(selector, web), true)
    assert.throws(() => selectorOf({ matchExpressions: [{ key: 'a', operator: 'Near' }] }), {
      message: '"Near" is not a valid label selector operator',
    })
  })

  test('the value that is demanded', () => {
    assert.equal(exactValue(selectorOfLabels({ app: 'web' }), 'app'), 'web')
    assert.equal(exactValue(parseSelector('app in (a,b)'), 'app'), undefined)
  })

  test('a requirement by itself', () => {
    assert.equal(holds({ key: 'count', operator: 'gt', values: ['4', '5'] }, web), false)
  })
})

describe('field selectors', () => {
  test('are read and written', () => {
    const selector = parseFieldSelector('status.phase!=Running,metadata.name==a\\,b')
    assert.equal(formatFieldSelector(selector), 'metadata.name=a\\,b,status.phase!=Running')
    assert.equal(exactField(selector, 'metadata.name'), 'a,b')
    assert.equal(exactField(selector, 'status.phase'), undefined)
  })

  test('match by value', () => {
    const get = (field: string): string | undefined => ({ 'metadata.name': 'a' })[field]
    assert.equal(matchesFields(parseFieldSelector('metadata.name=a,spec.x='), get), true)
    assert.equal(matchesFields(parseFieldSelector('metadata.name!=a'), get), false)
  })

  const refused: readonly (readonly [text: string, why: string])[] = [
    ['a', "invalid selector: 'a'; can't understand 'a'"],
    ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
    ['a=\\x', 'invalid field selector: invalid escape sequence: \\x'],
  ]
  for (const [text, why] of refused) {
    test(`${text} is refused`, () => assert.throws(() => parseFieldSelector(text), { message: why }))
  }
})
