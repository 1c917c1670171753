// IngressClass: which controller serves the Ingresses that name it.
//
// Upstream: pkg/registry/networking/ingressclass/strategy.go, ValidateIngressClass in pkg/apis/networking/validation

import { ageColumn, column, nameColumnWithDefault } from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { clusterMetadata, metadataUpdate } from '#api/kinds/metadata.ts'
import { forbidden, notSupported, Path, required, tooLong } from '#api/meta/field-error.ts'
import { isDNS1123Subdomain, isPathSegmentName, nameIsDNSLabel } from '#api/meta/names.ts'
import { each, type FieldErrors, immutable } from '#api/meta/validation.ts'
import { domainPrefixedPath } from '#api/meta/validation-formats.ts'
import type { IngressClass, IngressClassParametersReference } from '#api/types/networking.ts'
import type { Draft } from '#api/types/wire.ts'

const CONTROLLER = new Path('spec.controller')
const PARAMETERS = new Path('spec.parameters')
const CONTROLLER_MAX_LENGTH = 250
const SCOPES = ['Cluster', 'Namespace']
const DEFAULT_ANNOTATION = 'ingressclass.kubernetes.io/is-default-class'

export const ingressClass = defineKind<Draft<IngressClass>>({
  group: 'networking.k8s.io',
  kind: 'IngressClass',
  resource: 'ingressclasses',
  singular: 'ingressclass',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: true,
  defaults({ spec }) {
    if (spec?.parameters) spec.parameters.scope ??= 'Cluster'
  },
  validate,
  *validateUpdate(object, old) {
    yield* metadataUpdate(object, old)
    yield* immutable(CONTROLLER, object.spec?.controller ?? '', old.spec?.controller ?? '')
    yield* validate(object)
  },
  columns: [
    nameColumnWithDefault([DEFAULT_ANNOTATION]),
    column(
      'Controller',
      'Controller that is responsible for handling this class',
      ({ spec }) => spec?.controller ?? '',
    ),
    column('Parameters', 'A reference to a resource with additional parameters', ({ spec }) =>
      spec?.parameters ? formatReference(spec.parameters) : '<none>',
    ),
    ageColumn(),
  ],
})

function* validate(object: IngressClass): FieldErrors {
  yield* clusterMetadata(object)
  const controller = object.spec?.controller ?? ''
  if (Buffer.byteLength(controller) > CONTROLLER_MAX_LENGTH) yield tooLong(CONTROLLER, CONTROLLER_MAX_LENGTH)
  yield* domainPrefixedPath(CONTROLLER, controller)
  if (object.spec?.parameters) yield* validateReference(object.spec.parameters)
}

function* validateReference(reference: IngressClassParametersReference): FieldErrors {
  const { apiGroup, scope, namespace } = reference
  if (apiGroup !== undefined) {
    yield* each(PARAMETERS.child('apiGroup'), apiGroup, isDNS1123Subdomain(apiGroup))
  }
  for (const name of ['kind', 'name'] as const) {
    const value = reference[name]
    if (value) yield* each(PARAMETERS.child(name), value, isPathSegmentName(value))
    else yield required(PARAMETERS.child(name))
  }
  const at = PARAMETERS.child('namespace')
  if (scope === undefined) yield required(PARAMETERS.child('scope'))
  else if (!SCOPES.includes(scope)) yield notSupported(PARAMETERS.child('scope'), scope, SCOPES)
  else if (scope === 'Cluster') {
    if (namespace !== undefined) yield forbidden(at, "`parameters.scope` is set to 'Cluster'")
  } else if (namespace === undefined) yield required(at, "`parameters.scope` is set to 'Namespace'")
  else yield* each(at, namespace, nameIsDNSLabel(namespace, false))
}

const formatReference = ({ apiGroup, kind, name }: IngressClassParametersReference): string =>
  `${kind}${apiGroup === undefined ? '' : `.${apiGroup}`}/${name}`
