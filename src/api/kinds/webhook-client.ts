// How a webhook is reached: by URL, or by a Service of the cluster. For admission and for conversion.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/util/webhook/validation.go

import { invalid, type Path, required } from '#api/meta/field-error.ts'
import { isDNS1123Subdomain } from '#api/meta/names.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import { isPortNumber } from '#api/meta/validation-formats.ts'

const FORM = '; desired format: https://host[/path]'

/** `scheme://user@host/path?query#fragment`; Go parses nearly anything, so all parts may be absent. */
const URL_PARTS =
  /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/(?:([^/?#@]*)@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s

export function* validateWebhookUrl(path: Path, text: string): FieldErrors {
  const problem = urlProblem(text)
  if (problem !== undefined) {
    yield required(path, `url must be a valid URL: ${problem}${FORM}`)
    return
  }
  const [, scheme = '', user, host = '', , query, fragment] = URL_PARTS.exec(text)!
  if (scheme.toLowerCase() !== 'https') {
    yield invalid(path, scheme.toLowerCase(), `'https' is the only allowed URL scheme${FORM}`)
  }
  if (host === '') yield invalid(path, host, `host must be specified${FORM}`)
  if (user !== undefined) yield invalid(path, user, 'user information is not permitted in the URL')
  if (fragment) yield invalid(path, fragment, 'fragments are not permitted in the URL')
  if (query) yield invalid(path, query, 'query parameters are not permitted in the URL')
}

/** What Go's parser says of the few texts that are no URL. */
function urlProblem(text: string): string | undefined {
  const quoted = JSON.stringify(text)
  if (/[\x00-\x1f\x7f]/.test(text)) return `parse ${quoted}: net/url: invalid control character in URL`
  if (text.startsWith(':')) return `parse ${quoted}: missing protocol scheme`
  const badEscape = /%(?![0-9A-Fa-f]{2}).{0,2}/.exec(text)
  if (badEscape) return `parse ${quoted}: invalid URL escape ${JSON.stringify(badEscape[0])}`
  const first = text.split('/')[0]!
  if (first.includes(':') && !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(first)) {
    return `parse ${quoted}: first path segment in URL cannot contain colon`
  }
  return undefined
}

interface ServiceReference {
  readonly name?: string
  readonly namespace?: string
  readonly path?: string
  readonly port?: number
}

export function* validateWebhookService(
  path: Path,
  service: ServiceReference,
  defaultPort: number,
): FieldErrors {
  // upstream passes these two in the other order, and so blames the other one
  if (!service.namespace) yield required(path.child('name'))
  if (!service.name) yield required(path.child('namespace'))
  const port = service.port ?? defaultPort
  const reasons = isPortNumber(port)
  if (reasons.length > 0) yield invalid(path.child('port'), port, `port is not valid: ${reasons.join(', ')}`)
  if (service.path !== undefined) yield* validatePath(path.child('path'), service.path)
}

function* validatePath(path: Path, text: string): FieldErrors {
  if (text === '' || text === '/') return
  if (text === '//') {
    yield invalid(path, text, 'segment[0] may not be empty')
    return
  }
  if (!text.startsWith('/')) yield invalid(path, text, "must start with a '/'")
  const segments = text.slice(1).replace(/\/$/, '').split('/')
  for (const [i, segment] of segments.entries()) {
    if (segment === '') yield invalid(path, text, `segment[${i}] may not be empty`)
    else
      for (const reason of isDNS1123Subdomain(segment)) yield invalid(path, text, `segment[${i}]: ${reason}`)
  }
}
