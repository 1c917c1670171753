// The parameters of a policy: of which kind they are, and which ones a binding chooses.
//
// Upstream: validateParamKind and validateParamRef in pkg/apis/admissionregistration/validation/validation.go

import { forbidden, invalid, notSupportedInOrder, type Path, required } from '#api/meta/field-error.ts'
import { isDNS1035Label, isDNS1123Subdomain, isPathSegmentName, nameIsDNSSubdomain } from '#api/meta/names.ts'
import { each, type FieldErrors, validateLabelSelector } from '#api/meta/validation.ts'
import type { ParamKind, ParamRef } from '#api/types/admissionregistration.ts'

const NOT_FOUND_ACTIONS = ['Deny', 'Allow']

export function* validateParamKind({ apiVersion = '', kind = '' }: ParamKind, path: Path): FieldErrors {
  yield* validateVersion(apiVersion, path.child('apiVersion'))
  const at = path.child('kind')
  if (kind === '') {
    yield required(at)
    return
  }
  const reasons = isDNS1035Label(kind.toLowerCase())
  if (reasons.length > 0) {
    yield invalid(at, kind, `may have mixed case, but should otherwise match: ${reasons.join(',')}`)
  }
}

function* validateVersion(apiVersion: string, path: Path): FieldErrors {
  if (apiVersion === '') {
    yield required(path)
    return
  }
  const parts = apiVersion === '/' ? [''] : apiVersion.split('/')
  if (parts.length > 2) {
    yield invalid(path, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)
    return
  }
  const [group, version] = parts.length === 2 ? parts : ['', parts[0]!]
  if (group) {
    const reasons = isDNS1123Subdomain(group)
    if (reasons.length > 0) yield invalid(path, group, reasons.join(','))
  }
  const reasons = isDNS1035Label(version!)
  if (version === '') yield invalid(path, apiVersion, 'version must be specified')
  else if (reasons.length > 0) yield invalid(path, version, reasons.join(','))
}

export function* validateParamRef(reference: ParamRef | undefined, path: Path): FieldErrors {
  if (!reference) return
  const { name, selector, parameterNotFoundAction: action } = reference
  const exclusive = 'name and selector are mutually exclusive'
  if (name) {
    yield* each(path.child('name'), name, isPathSegmentName(name))
    if (selector) yield forbidden(path.child('name'), exclusive)
  }
  yield* validateLabelSelector(selector, path.child('selector'))
  if (selector && name) yield forbidden(path.child('selector'), exclusive)
  if (!selector && !name) yield required(path, 'one of name or selector must be specified')
  const at = path.child('parameterNotFoundAction')
  if (!action) yield required(at)
  else if (!NOT_FOUND_ACTIONS.includes(action)) yield notSupportedInOrder(at, action, NOT_FOUND_ACTIONS)
}

export function* validatePolicyName(name: string | undefined, path: Path): FieldErrors {
  if (name) yield* each(path, name, nameIsDNSSubdomain(name, false))
  else yield required(path)
}

export function formatParamRef(reference: ParamRef | undefined): string {
  if (!reference) return '<unset>'
  const { name, namespace, selector } = reference
  if (name) return `${namespace || '*'}/${name}`
  return selector ? goSelector(selector) : '<unset>'
}

/** The selector as Go's generated String method writes it. */
function goSelector({ matchLabels = {}, matchExpressions = [] }: NonNullable<ParamRef['selector']>): string {
  const labels = Object.keys(matchLabels).sort()
  const map = `map[string]string{${labels.map((key) => `${key}: ${matchLabels[key]},`).join('')}}`
  const expressions = matchExpressions.map(
    ({ key, operator, values }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${(values ?? []).join(' ')}],},`,
  )
  return `&LabelSelector{MatchLabels:${map},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`
}

export const formatParamKind = (kind: ParamKind | undefined): string =>
  kind ? `${kind.apiVersion ?? ''}/${kind.kind ?? ''}` : '<unset>'
