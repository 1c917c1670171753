// URLs in expressions: url(), isURL() and their parts, as Go's net/url has them.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/cel/library/urls.go

import type { Environment } from '@marcbachmann/cel-js'

class CelUrl {
  readonly scheme: string
  readonly host: string
  readonly path: string
  readonly query: ReadonlyMap<string, readonly string[]>

  constructor(text: string) {
    const [, scheme = '', host = '', path = '', query = ''] =
      /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?/.exec(text) ?? []
    this.scheme = scheme
    this.host = host.slice(host.lastIndexOf('@') + 1)
    this.path = encodeURI(decodeURI(path))
    const values = new Map<string, string[]>()
    for (const [key, value] of new URLSearchParams(query))
      values.set(key, [...(values.get(key) ?? []), value])
    this.query = values
  }

  get port(): string {
    return /:(\d*)$/.exec(this.host)?.[1] ?? ''
  }

  get hostname(): string {
    return this.host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1')
  }
}

export function addUrls(environment: Environment): void {
  environment
    .registerType('kubernetes.URL', CelUrl)
    .registerFunction('url(string): kubernetes.URL', parse)
    .registerFunction('isURL(string): bool', isUrl)
    .registerFunction('kubernetes.URL.getScheme(): string', (url: CelUrl) => url.scheme)
    .registerFunction('kubernetes.URL.getHost(): string', (url: CelUrl) => url.host)
    .registerFunction('kubernetes.URL.getHostname(): string', (url: CelUrl) => url.hostname)
    .registerFunction('kubernetes.URL.getPort(): string', (url: CelUrl) => url.port)
    .registerFunction('kubernetes.URL.getEscapedPath(): string', (url: CelUrl) => url.path)
    .registerFunction('kubernetes.URL.getQuery(): map<string, list<string>>', (url: CelUrl) => url.query)
}

/** A request URI: absolute, or a path from the root. */
export function isUrl(text: string): boolean {
  if (/[\p{Cc}]/u.test(text) || text === '') return false
  if (text.startsWith('/')) return true
  try {
    new URL(text)
    return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(text)
  } catch {
    return false
  }
}

function parse(text: string): CelUrl {
  if (isUrl(text)) return new CelUrl(text)
  throw new Error(
    `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
  )
}
