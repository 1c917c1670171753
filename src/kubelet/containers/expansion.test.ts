import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expand, lookupIn } from '#kubelet/containers/expansion.ts'

const lookup = lookupIn(
  new Map([['A', 'a']]),
  new Map([
    ['A', 'hidden'],
    ['B', '$(A)'],
  ]),
)

const rows: Readonly<Record<string, string>> = {
  '$(A)': 'a',
  'x$(A)y$(B)': 'xay$(A)',
  '$$(A)': '$(A)',
  '$$$(A)': '$a',
  '$(MISSING)': '$(MISSING)',
  '$(A': '$(A',
  '$A $ $': '$A $ $',
  $$$$: '$$',
  '': '',
}

for (const [text, expected] of Object.entries(rows)) {
  test(`expands ${JSON.stringify(text)}`, () => assert.equal(expand(text, lookup), expected))
}
