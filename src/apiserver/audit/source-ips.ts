// Where a request came from: what proxies say of it, then the address at the other end. Only the last can be believed.
//
// Upstream: SourceIPs in staging/src/k8s.io/apimachinery/pkg/util/net/http.go

import { isIP } from 'node:net'
import type { RequestHead } from '#apiserver/request.ts'

type Head = Pick<RequestHead, 'headers' | 'remoteAddress'>

export function sourceIPs({ headers, remoteAddress }: Head): readonly string[] {
  const remote = remoteAddress.replace(/^::ffff:(?=\d+\.)/, '')
  const ips = words(headers['x-forwarded-for'])
  const [real] = words(headers['x-real-ip'])
  if (real !== undefined && !ips.includes(real)) ips.push(real)
  if (remote !== '' && ips.at(-1) !== remote) ips.push(remote)
  return ips
}

const words = (header: string | readonly string[] | undefined): string[] =>
  (typeof header === 'string' ? [header] : (header ?? []))
    .flatMap((value) => value.split(','))
    .map((word) => word.trim())
    .filter((word) => isIP(word) !== 0)
