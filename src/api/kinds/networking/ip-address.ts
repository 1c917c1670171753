// IPAddress: an address of a Service that is taken, and by whom. Its name is the address.
//
// Upstream: pkg/registry/networking/ipaddress/strategy.go, ValidateIPAddress in pkg/apis/networking/validation

import { ageColumn, column, nameColumn } from '#api/kinds/columns.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { clusterMetadata, metadataUpdate } from '#api/kinds/metadata.ts'
import { Path, required } from '#api/meta/field-error.ts'
import { isDNS1123Subdomain, isPathSegmentName } from '#api/meta/names.ts'
import { each, type FieldErrors, immutable } from '#api/meta/validation.ts'
import { canonicalIp } from '#api/meta/validation-ip.ts'
import type { IPAddress } from '#api/types/networking.ts'
import type { Draft } from '#api/types/wire.ts'

const PARENT = new Path('spec.parentRef')
const INVALID = 'Invalid value: '

export const ipAddress = defineKind<Draft<IPAddress>>({
  group: 'networking.k8s.io',
  kind: 'IPAddress',
  resource: 'ipaddresses',
  singular: 'ipaddress',
  shortNames: ['ip'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: false,
  validate,
  *validateUpdate(object, old) {
    yield* validate(object)
    yield* metadataUpdate(object, old)
    const parent = object.spec?.parentRef
    yield* immutable(PARENT, parent, old.spec?.parentRef, internalForm('ParentReference', parent))
  },
  columns: [
    nameColumn(),
    column(
      'ParentRef',
      'ParentRef references the resource that an IPAddress is attached to. An IPAddress must reference a parent object.',
      formatParent,
    ),
    { ...ageColumn<Draft<IPAddress>>(), isNameless: true },
  ],
})

/** The reasons alone: what is wrong with the name is told of the name. */
function nameProblems(name: string): string[] {
  const prefix = `${INVALID}${JSON.stringify(name)}: `
  return [...canonicalIp(PARENT, name)].map(({ body }) => body.slice(prefix.length))
}

function* validate(object: IPAddress): FieldErrors {
  yield* clusterMetadata(object, nameProblems)
  const parent = object.spec?.parentRef
  if (!parent) {
    yield required(PARENT)
    return
  }
  const { group, resource, name, namespace } = parent
  if (group) yield* each(PARENT.child('group'), group, isDNS1123Subdomain(group))
  if (resource) yield* each(PARENT.child('resource'), resource, isPathSegmentName(resource))
  else yield required(PARENT.child('resource'))
  if (name) yield* each(PARENT.child('name'), name, isPathSegmentName(name))
  else yield required(PARENT.child('name'))
  if (namespace) yield* each(PARENT.child('namespace'), namespace, isPathSegmentName(namespace))
}

function formatParent({ spec }: IPAddress): string {
  const parent = spec?.parentRef
  if (!parent) return '<none>'
  const { group, resource, namespace, name } = parent
  const kind = (group ? `${resource}.${group}` : resource).toLowerCase()
  return [kind, ...(namespace ? [namespace] : []), name].join('/')
}
