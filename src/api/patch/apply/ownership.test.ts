import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { JsonObject } from '#api/meta/object.ts'
import { applyConflict } from '#api/patch/apply/conflicts.ts'
import { EMPTY } from '#api/patch/apply/field-set.ts'
import type { MergeType } from '#api/patch/apply/merge-type.ts'
import { ownableFields } from '#api/patch/apply/ownable-fields.ts'
import { entriesOf, identityOf, type Owners } from '#api/patch/apply/owners.ts'
import { applyConfiguration, type Door, ownersAfterUpdate } from '#api/patch/apply/ownership.ts'
import { containersOf, DEPLOYMENT, pathsOf, withContainers } from '#api/patch/apply/testing.ts'
import type { Versions } from '#api/patch/apply/versions.ts'

const NOW = '2026-01-01T00:00:00Z'
const LATER = '2026-01-02T00:00:00Z'

const oneVersion: Versions = {
  typeOf: (apiVersion) => (apiVersion === 'apps/v1' ? DEPLOYMENT : undefined),
  convert: (object) => object,
}
const door: Door = { versions: oneVersion, ownable: (set) => set, apiVersion: 'apps/v1', subresource: '' }

/** An object with its owners, as a sequence of writes changes them. */
class World {
  live: JsonObject = { apiVersion: 'apps/v1' }
  owners: Owners = new Map()

  update(manager: string, after: JsonObject, through: Door = door): void {
    const update = { before: this.live, after: { apiVersion: 'apps/v1', ...after }, manager, now: NOW }
    this.owners = ownersAfterUpdate(through, this.owners, update)
    this.live = update.after
  }

  /** Gives the text of the conflicts, or nothing. */
  apply(manager: string, config: JsonObject, { force = false, now = NOW, through = door } = {}): string {
    const application = { live: this.live, config, manager, force, now }
    const applied = applyConfiguration(through, this.owners, application)
    if (applied.conflicts) return applyConflict(applied.conflicts, this.owners).message
    this.owners = applied.owners
    this.live = applied.object ?? this.live
    return ''
  }

  /** `manager: field field`, one a line. */
  shown(): string[] {
    return [...this.owners.values()].map((owner) => `${owner.manager}: ${pathsOf(owner.fields).join(' ')}`)
  }
}

const spec = (fields: JsonObject): JsonObject => ({ spec: fields })

describe('updates', () => {
  test('who changes a field owns it; what goes is nobody\u2019s', () => {
    const world = new World()
    world.update('a', spec({ replicas: 1, paused: true, minReadySeconds: 3 }))
    world.update('b', spec({ replicas: 2, paused: true }))
    assert.deepEqual(world.shown(), ['a: .spec .spec.paused', 'b: .spec.replicas'])
  })

  test('who changes nothing owns nothing, and no time moves', () => {
    const world = new World()
    world.update('a', spec({ replicas: 1 }))
    const before = entriesOf(world.owners)
    world.update('b', spec({ replicas: 1 }))
    assert.deepEqual(entriesOf(world.owners), before)
  })

  test('what identifies an object is not owned, nor is what the path cannot write', () => {
    const ownable = ownableFields({
      group: 'apps',
      resource: 'deployments',
      subresource: '',
      hasStatus: true,
    })
    const world = new World()
    world.update(
      'a',
      { kind: 'Deployment', metadata: { name: 'x', uid: 'u', labels: { a: 'b' } }, status: { replicas: 1 } },
      { ...door, ownable },
    )
    assert.deepEqual(world.shown(), ['a: .metadata.labels .metadata.labels.a'])
  })

  test('an owner of a version that is gone goes', () => {
    const world = new World()
    world.update('a', spec({ replicas: 1 }))
    const old = { manager: 'old', operation: 'Update', apiVersion: 'apps/v0', subresource: '' } as const
    world.owners.set(identityOf(old), { ...old, fields: { 'f:spec': { 'f:replicas': {} } } })
    world.update('a', spec({ replicas: 1 }))
    assert.deepEqual(world.shown(), ['a: .spec .spec.replicas'])
  })
})

describe('configurations', () => {
  test('two appliers may agree; the second has no time', () => {
    const world = new World()
    world.apply('a', spec({ replicas: 1 }))
    world.apply('b', spec({ replicas: 1 }), { now: LATER })
    assert.deepEqual(
      entriesOf(world.owners)!.map(({ manager, time }) => [manager, time]),
      [
        ['b', undefined],
        ['a', NOW],
      ],
    )
  })

  test('to differ is a conflict with each owner, unless by force', () => {
    const world = new World()
    world.apply('a', spec({ replicas: 1, paused: true }))
    world.update('u', spec({ replicas: 1, paused: true, minReadySeconds: 1 }))
    const config = spec({ replicas: 2, minReadySeconds: 2 })
    assert.equal(
      world.apply('b', config),
      'Apply failed with 2 conflicts: conflicts with "a":\n- .spec.replicas\nconflicts with "u" using apps/v1:\n- .spec.minReadySeconds',
    )
    assert.equal(world.apply('b', config, { force: true }), '')
    assert.deepEqual(world.shown(), ['a: .spec.paused', 'b: .spec.minReadySeconds .spec.replicas'])
    assert.deepEqual(world.live['spec'], { replicas: 2, paused: true, minReadySeconds: 2 })
  })

  test('one conflict is told in one line', () => {
    const world = new World()
    world.update('u', spec({ replicas: 1 }))
    assert.equal(
      world.apply('b', spec({ replicas: 2 })),
      'Apply failed with 1 conflict: conflict with "u" using apps/v1: .spec.replicas',
    )
  })

  test('what an applier gives up goes, unless another owns it', () => {
    const world = new World()
    const both = withContainers({ name: 'x', image: '1', tty: true }, { name: 'y', image: '1' })
    world.apply('a', both)
    world.apply('b', withContainers({ name: 'x', tty: true }))
    world.apply('a', withContainers({ name: 'x', image: '1' }))
    assert.deepEqual(containersOf(world.live), [{ name: 'x', image: '1', tty: true }])
    world.apply('a', {})
    assert.deepEqual(containersOf(world.live), [{ name: 'x', tty: true }])
    world.apply('b', {})
    assert.deepEqual(world.live, { apiVersion: 'apps/v1' })
    assert.equal(world.owners.size, 0)
  })

  test('an item goes with what others have put into it', () => {
    const world = new World()
    world.apply('a', withContainers({ name: 'x', image: '1' }))
    world.update('u', withContainers({ name: 'x', image: '1', tty: true }, { name: 'z' }))
    world.apply('a', withContainers())
    assert.deepEqual(containersOf(world.live), [{ name: 'z' }])
    assert.deepEqual(world.shown(), [
      'u: .spec.template.spec.containers[name="z"] .spec.template.spec.containers[name="z"].name',
    ])
  })

  test('fields that nobody owns, such as defaults, go with their container only', () => {
    const world = new World()
    world.apply('a', withContainers({ name: 'x', image: '1' }, { name: 'y' }))
    world.live = withContainers(
      { name: 'x', image: '1', imagePullPolicy: 'Always' },
      { name: 'y', stdin: false },
    )
    world.apply('a', withContainers({ name: 'x' }))
    assert.deepEqual(containersOf(world.live), [{ name: 'x', imagePullPolicy: 'Always' }])
  })
})

describe('versions', () => {
  /** v1 calls `replicas` what v2 calls `count`. */
  const named = (field: string): MergeType => ({
    map: {
      atomic: false,
      fields: new Map([
        ['apiVersion', { type: { scalar: 'string' }, element: 'f:apiVersion' }],
        [field, { type: { scalar: 'numeric' }, element: `f:${field}` }],
      ]),
    },
  })
  const types: Record<string, MergeType> = { v1: named('replicas'), v2: named('count') }
  const versions: Versions = {
    typeOf: (apiVersion) => types[apiVersion],
    convert(object, apiVersion) {
      if (object['apiVersion'] === apiVersion) return object
      const { replicas, count } = object as { replicas?: number; count?: number }
      const value = replicas ?? count
      if (value === undefined) return { apiVersion }
      return apiVersion === 'v1' ? { apiVersion, replicas: value } : { apiVersion, count: value }
    },
  }
  const through = (apiVersion: string): Door => ({ ...door, versions, apiVersion })

  test('owners are compared in the version that they speak', () => {
    const first = {
      before: { apiVersion: 'v1' },
      after: { apiVersion: 'v1', replicas: 1 },
      manager: 'a',
      now: NOW,
    }
    const owners = ownersAfterUpdate(through('v1'), new Map(), first)
    const live = { apiVersion: 'v2', count: 1 }
    const config = { apiVersion: 'v2', count: 2 }
    const application = { live, config, manager: 'b', force: false, now: NOW }
    const refused = applyConfiguration(through('v2'), owners, application)
    assert.ok(refused.conflicts)
    assert.match(applyConflict(refused.conflicts, owners).message, /"a" using v1: .replicas$/)
    const forced = applyConfiguration(through('v2'), owners, { ...application, force: true })
    assert.deepEqual(
      entriesOf(forced.owners)!.map(({ manager, fieldsV1 }) => [manager, fieldsV1]),
      [['b', { 'f:count': {} }]],
    )
  })

  test('what was applied in one version is given up in another', () => {
    const application = { manager: 'a', force: false, now: NOW }
    const live = { apiVersion: 'v1' }
    const config = { apiVersion: 'v1', replicas: 3 }
    const applied = applyConfiguration(through('v1'), new Map(), { ...application, live, config })
    assert.ok(!applied.conflicts)
    const given = applyConfiguration(through('v2'), applied.owners, {
      ...application,
      live: { apiVersion: 'v2', count: 3 },
      config: { apiVersion: 'v2' },
    })
    assert.ok(!given.conflicts)
    assert.deepEqual(given.object, { apiVersion: 'v2' })
    assert.deepEqual(
      [...given.owners.values()].map(({ fields }) => fields),
      [],
    )
  })
})

test('a path without a status of its own resets nothing', () => {
  const path = { group: '', resource: 'configmaps', subresource: '', hasStatus: false }
  const set = { 'f:status': EMPTY }
  assert.equal(ownableFields(path)(set), set)
})
