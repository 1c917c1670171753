// Continue tokens: where the next page of a list begins, and at which revision, as clients carry them about.
//
// URL-safe base64 of `{"v":"meta.k8s.io/v1","rv":…,"start":…}`; rv -1 marks a token that no longer asks for one
// revision (given out with a 410). Upstream: staging/src/k8s.io/apiserver/pkg/storage/continue.go

import { badRequest } from '#api/meta/status.ts'

export interface ContinueToken {
  /** First key that the next page may hold. */
  readonly fromKey: string
  /** Negative: the newest, since the old revision is gone. */
  readonly revision: number
}

const VERSION = 'meta.k8s.io/v1'

/** `key` is the first key of the next page, `prefix` that of the whole list. */
export function encodeContinue(key: string, prefix: string, revision: number): string {
  const token = JSON.stringify({ v: VERSION, rv: revision, start: key.slice(prefix.length) })
  // Go writes control characters such as the one that ends a key as \u0000, which JSON.stringify does too
  return Buffer.from(token).toString('base64url')
}

/** Throws 400 for a token that this server did not make. */
export function decodeContinue(text: string, prefix: string): ContinueToken {
  const bytes = Buffer.from(text, 'base64url')
  const token = parse(bytes, text)
  if (token.v !== VERSION) {
    throw invalidToken(
      `continue key is not valid: server does not recognize this encoded version ${token.v ?? ''}`,
    )
  }
  if (!token.rv)
    throw invalidToken(
      'continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    )
  if (!token.start)
    throw invalidToken('continue key is not valid: encoded start key empty (version meta.k8s.io/v1)')
  const key = token.start.startsWith('/') ? token.start : `/${token.start}`
  // a token must not lead out of the list that it belongs to
  if (
    key.split('/').some((part, position) => (position > 0 && part === '') || part === '.' || part === '..')
  ) {
    throw invalidToken(`continue key is not valid: ${token.start}`)
  }
  return { fromKey: prefix + key.slice(1), revision: token.rv }
}

function parse(bytes: Buffer, text: string): { v?: string; rv?: number; start?: string } {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) {
    const position = text.search(/[^A-Za-z0-9_-]/)
    throw invalidToken(`continue key is not valid: illegal base64 data at input byte ${position}`)
  }
  // a single character at the end is less than a byte
  if (text.length % 4 === 1) {
    throw invalidToken(`continue key is not valid: illegal base64 data at input byte ${text.length - 1}`)
  }
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof parsed === 'object' && parsed !== null) return parsed
  } catch {
    // the message below says it as Go does
  }
  const first = bytes.toString('latin1')[0]
  const problem =
    first === undefined
      ? 'unexpected end of JSON input'
      : `invalid character ${quoteRune(first)} looking for beginning of value`
  throw invalidToken(`continue key is not valid: ${problem}`)
}

function quoteRune(char: string): string {
  const code = char.charCodeAt(0)
  if (char === "'") return "'\\''"
  return code >= 0x20 && code < 0x7f ? `'${char}'` : `'\\u${code.toString(16).padStart(4, '0')}'`
}

const invalidToken = (text: string): Error => badRequest(`invalid continue token: ${text}`)
