import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '#api/meta/object.ts'
import { DEPLOYMENT, withContainers } from '#api/patch/apply/testing.ts'
import { validateObject } from '#api/patch/apply/validate.ts'

const cases: [object: JsonObject, text: string][] = [
  [{ spec: { replicas: 'x' } }, '.spec.replicas: expected numeric (int or float), got string'],
  [{ spec: { paused: 1 } }, '.spec.paused: expected boolean, got &{1}'],
  [{ spec: 'text' }, '.spec: expected map, got &{text}'],
  [
    withContainers({ name: 'a', image: 5 }),
    '.spec.template.spec.containers[name="a"].image: expected string, got &value.valueUnstructured{Value:5}',
  ],
  [
    { spec: { template: { spec: { containers: 'x' } } } },
    '.spec.template.spec.containers: expected list, got &{x}',
  ],
  [{ bogus: 1 }, '.bogus: field not declared in schema'],
  [
    withContainers({ name: 'a' }, { name: 'a' }),
    '.spec.template.spec.containers: duplicate entries for key [name="a"]',
  ],
  [
    withContainers(null),
    '.spec.template.spec.containers: element 0: associative list with keys may not have a null element',
  ],
  [
    { metadata: { finalizers: [{}] } },
    ".metadata.finalizers: element 0: associative list without keys has an element that's a map type",
  ],
  [
    { spec: { replicas: 'x', paused: 'y' } },
    'errors:\n  .spec.replicas: expected numeric (int or float), got string\n  .spec.paused: expected boolean, got &{y}',
  ],
]

for (const [object, text] of cases) {
  test(text, () => assert.throws(() => validateObject(DEPLOYMENT, object), { message: text }))
}

test('quantities and times may be anything that is no map or list', () => {
  const resources = { limits: { cpu: 1, memory: '1Gi' } }
  validateObject(DEPLOYMENT, {
    ...withContainers({ name: 'a', resources }),
    metadata: { creationTimestamp: null },
  })
})
