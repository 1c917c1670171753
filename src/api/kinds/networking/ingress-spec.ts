// What an Ingress routes: hosts and paths to backends, certificates for hosts.
//
// Upstream: ValidateIngressSpec in pkg/apis/networking/validation/validation.go

import { invalid, notSupported, type Path, required } from '#api/meta/field-error.ts'
import { parseIp } from '#api/meta/ip.ts'
import { isDNS1123Subdomain, isPathSegmentName, nameIsDNSLabel, nameIsDNSSubdomain } from '#api/meta/names.ts'
import { each, type FieldErrors } from '#api/meta/validation.ts'
import { isPortName, isPortNumber, isWildcardSubdomain } from '#api/meta/validation-formats.ts'
import type { TypedLocalObjectReference } from '#api/types/core.ts'
import type {
  HTTPIngressPath,
  IngressBackend,
  IngressRule,
  IngressServiceBackend,
  IngressSpec,
  IngressTLS,
} from '#api/types/networking.ts'

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix']
const BAD_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F']
const BAD_SUFFIXES = ['/..', '/.']

/** What an Ingress that was stored with a mistake may keep. */
export interface IngressRules {
  readonly allowInvalidSecretName: boolean
  readonly allowInvalidWildcardRule: boolean
}

const STRICT: IngressRules = { allowInvalidSecretName: false, allowInvalidWildcardRule: false }

export function ingressRules(old: IngressSpec | undefined, path: Path): IngressRules {
  if (!old) return STRICT
  return {
    allowInvalidSecretName: (old.tls ?? []).some(({ secretName }) => secretProblems(secretName).length > 0),
    allowInvalidWildcardRule: (old.rules ?? []).some(
      (rule) => (rule.host ?? '').includes('*') && !validateHttp(rule, path).next().done,
    ),
  }
}

export function* validateIngressSpec(spec: IngressSpec, path: Path, rules: IngressRules): FieldErrors {
  const { defaultBackend, ingressClassName } = spec
  if ((spec.rules ?? []).length === 0 && !defaultBackend) {
    yield invalid(path, spec.rules ?? null, 'either `defaultBackend` or `rules` must be specified')
  }
  if (defaultBackend) yield* validateBackend(defaultBackend, path.child('defaultBackend'))
  for (const [i, rule] of (spec.rules ?? []).entries()) {
    yield* validateRule(rule, path.child('rules').index(i), rules)
  }
  for (const [i, tls] of (spec.tls ?? []).entries()) {
    yield* validateTls(tls, path.child('tls').index(i), rules)
  }
  if (ingressClassName !== undefined) {
    const reasons = nameIsDNSSubdomain(ingressClassName, false)
    yield* each(path.child('ingressClassName'), ingressClassName, reasons)
  }
}

const hostProblems = (host: string): string[] =>
  host.includes('*') ? isWildcardSubdomain(host) : isDNS1123Subdomain(host)

const secretProblems = (name: string | undefined): string[] => (name ? nameIsDNSSubdomain(name, false) : [])

function* validateTls({ hosts, secretName }: IngressTLS, path: Path, rules: IngressRules): FieldErrors {
  for (const [i, host] of (hosts ?? []).entries()) {
    yield* each(path.child('hosts').index(i), host, hostProblems(host))
  }
  if (!rules.allowInvalidSecretName) {
    yield* each(path.child('secretName'), secretName, secretProblems(secretName))
  }
}

function* validateRule(rule: IngressRule, path: Path, rules: IngressRules): FieldErrors {
  const host = rule.host ?? ''
  if (host !== '') {
    if (parseIp(host)) yield invalid(path.child('host'), host, 'must be a DNS name, not an IP address')
    yield* each(path.child('host'), host, hostProblems(host))
  }
  if (!host.includes('*') || !rules.allowInvalidWildcardRule) yield* validateHttp(rule, path)
}

function* validateHttp({ http }: IngressRule, path: Path): FieldErrors {
  if (!http) return
  const at = path.child('http', 'paths')
  if ((http.paths ?? []).length === 0) yield required(at)
  for (const [i, item] of (http.paths ?? []).entries()) yield* validatePath(item, at.index(i))
}

function* validatePath({ path: text = '', pathType, backend }: HTTPIngressPath, path: Path): FieldErrors {
  if (pathType === undefined || pathType === null) {
    yield required(path.child('pathType'), 'pathType must be specified')
    return
  }
  const at = path.child('path')
  const isAbsolute = text.startsWith('/')
  if (pathType === 'Exact' || pathType === 'Prefix') {
    if (!isAbsolute) yield invalid(at, text, 'must be an absolute path')
    for (const part of BAD_SEQUENCES) {
      if (text.includes(part)) yield invalid(at, text, `must not contain '${part}'`)
    }
    for (const suffix of BAD_SUFFIXES) {
      if (text.endsWith(suffix)) yield invalid(at, text, `cannot end with '${suffix}'`)
    }
  } else if (pathType === 'ImplementationSpecific') {
    if (text !== '' && !isAbsolute) yield invalid(at, text, 'must be an absolute path')
  } else yield notSupported(path.child('pathType'), pathType, PATH_TYPES)
  yield* validateBackend(backend ?? {}, path.child('backend'))
}

function* validateBackend({ resource, service }: IngressBackend, path: Path): FieldErrors {
  if (resource && service) yield invalid(path, '', 'cannot set both resource and service backends')
  else if (resource) yield* validateResource(resource, path.child('resource'))
  else if (service) yield* validateService(service, path)
  else yield invalid(path, '', 'resource or service backend is required')
}

function* validateService({ name, port }: IngressServiceBackend, path: Path): FieldErrors {
  const at = path.child('service')
  if (!name) yield required(at.child('name'))
  else yield* each(at.child('name'), name, nameIsDNSLabel(name, false))
  if (port?.name && port.number) yield invalid(path, '', 'cannot set both port name & port number')
  else if (port?.name) yield* each(at.child('port', 'name'), port.name, isPortName(port.name))
  else if (port?.number) yield* each(at.child('port', 'number'), port.number, isPortNumber(port.number))
  else yield required(path, 'port name or number is required')
}

function* validateResource(reference: TypedLocalObjectReference, path: Path): FieldErrors {
  const { apiGroup } = reference
  if (typeof apiGroup === 'string')
    yield* each(path.child('apiGroup'), apiGroup, isDNS1123Subdomain(apiGroup))
  for (const name of ['kind', 'name'] as const) {
    const value = reference[name]
    if (value) yield* each(path.child(name), value, isPathSegmentName(value))
    else yield required(path.child(name))
  }
}
