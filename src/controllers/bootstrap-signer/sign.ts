// Signs what a new machine reads about the cluster with each bootstrap token, so that whoever has one can trust it.
//
// The signature is a JSON Web Signature without its content (RFC 7515, appendix F), which is beside it in clear.
// Upstream: pkg/controller/bootstrap/bootstrapsigner.go, staging/src/k8s.io/cluster-bootstrap/token/jws

import { CompactSign } from 'jose'
import type { ConfigMap } from '#api/types/core.ts'

const CONTENT = 'kubeconfig'
const PREFIX = 'jws-kubeconfig-'

export interface Token {
  readonly id: string
  readonly secret: string
}

/** The data with a signature for each token and no other; undefined when there is nothing to sign. */
export async function signedData(
  { data }: ConfigMap,
  tokens: readonly Token[],
): Promise<Readonly<Record<string, string>> | undefined> {
  const content = data?.[CONTENT]
  if (content === undefined) return undefined
  const others = Object.entries(data ?? {}).filter(([name]) => !name.startsWith(PREFIX))
  const signatures = await Promise.all(
    tokens.map(async (token) => [PREFIX + token.id, await detachedSignature(content, token)] as const),
  )
  return Object.fromEntries([...others, ...signatures])
}

async function detachedSignature(content: string, { id, secret }: Token): Promise<string> {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
  const [header, , signature] = (
    await new CompactSign(encode(content)).setProtectedHeader({ alg: 'HS256', kid: id }).sign(encode(secret))
  ).split('.')
  return `${header}..${signature}`
}
