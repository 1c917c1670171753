import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFields, sortedFields } from '#api/patch/apply/fields-v1.ts'
import {
  canonicalElement,
  compareElements,
  ElementError,
  keyElement,
  showPath,
  valueElement,
} from '#api/patch/apply/path-element.ts'

test('elements are written as upstream writes them', () => {
  assert.equal(
    keyElement([
      ['containerPort', 80],
      ['protocol', 'TCP'],
    ]),
    'k:{"containerPort":80,"protocol":"TCP"}',
  )
  assert.equal(valueElement('a/b'), 'v:"a/b"')
  assert.equal(valueElement('<a>&'), 'v:"\\u003ca\\u003e\\u0026"')
})

test('elements from outside get their one written form', () => {
  assert.equal(canonicalElement('k:{ "b": 1, "a" : "x" }'), 'k:{"a":"x","b":1}')
  assert.equal(canonicalElement('v: 5.0'), 'v:5')
  assert.equal(canonicalElement('i:07'), 'i:7')
  assert.equal(canonicalElement('f:'), 'f:')
  assert.equal(canonicalElement('z:later'), undefined)
  for (const wrong of ['x', 'name', 'k:nope', 'k:[1]', 'v:', 'i:x']) {
    assert.throws(() => canonicalElement(wrong), ElementError, wrong)
  }
})

test('fields come first, then items by keys, by value, by place', () => {
  const sorted = [
    'f:a',
    'f:b',
    'k:{"name":"a"}',
    'k:{"port":80}',
    'k:{"port":80,"protocol":"TCP"}',
    'k:{"port":443}',
    'v:2',
    'v:10',
    'v:"a"',
    'v:true',
    'i:2',
    'i:10',
  ]
  assert.deepEqual([...sorted].reverse().sort(compareElements), sorted)
})

test('paths are shown as in errors', () => {
  const path = ['f:spec', 'f:ports', 'k:{"name":"a","port":80}', 'f:x', 'v:"y"', 'i:3']
  assert.equal(showPath(path), '.spec.ports[name="a",port=80].x[="y"][3]')
})

test('a set from outside is read whatever its form', () => {
  assert.deepEqual(readFields({ 'f:a': { '.': {} }, 'z:x': {}, 'f:b': { '.': {}, 'f:c': {} } }), {
    'f:a': {},
    'f:b': { '.': {}, 'f:c': {} },
  })
  assert.deepEqual(readFields(undefined), {})
  assert.throws(() => readFields({ 'f:a': 5 }), ElementError)
})

test('a set is sorted at each level, and shared where it was sorted', () => {
  const set = { 'f:b': { 'k:{"n":2}': {}, 'f:x': {}, '.': {} }, 'f:a': { 'f:y': {} } }
  const sorted = sortedFields(set)
  assert.equal(JSON.stringify(sorted), '{"f:a":{"f:y":{}},"f:b":{".":{},"f:x":{},"k:{\\"n\\":2}":{}}}')
  assert.equal(sorted['f:a'], set['f:a'])
  assert.equal(sortedFields(sorted), sorted)
})
