import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CustomResourceDefinition, CustomResourceDefinitionNames } from '#api/types/apiextensions.ts'
import { acceptNames } from '#apiserver/customresources/names.ts'

function definition(
  names: CustomResourceDefinitionNames,
  acceptedNames?: CustomResourceDefinitionNames,
): CustomResourceDefinition {
  const spec = { group: 'example.com', names, scope: 'Namespaced', versions: [] } as const
  return { spec, ...(acceptedNames && { status: { acceptedNames } }) }
}

const PLAIN = { plural: 'boxes', singular: 'box', kind: 'Box', listKind: 'BoxList' }

test('names of another definition are taken', () => {
  const other = definition(PLAIN, PLAIN)
  const { names, conflict } = acceptNames(
    definition({ ...PLAIN, plural: 'chests', kind: 'Chest', listKind: 'ChestList' }),
    [other],
  )
  assert.deepEqual(conflict, { reason: 'SingularConflict', message: '"box" is already in use' })
  assert.equal(names.kind, 'Chest')
})

test('so is the own singular for a short name that comes later, and a short name of before stays', () => {
  const wanted = { ...PLAIN, shortNames: ['box'] }
  assert.equal(acceptNames(definition(wanted), []).conflict, undefined)
  assert.equal(acceptNames(definition(wanted, wanted), []).conflict, undefined)
  assert.deepEqual(acceptNames(definition(wanted, PLAIN), []).conflict, {
    reason: 'ShortNamesConflict',
    message: '"box" is already in use',
  })
})
