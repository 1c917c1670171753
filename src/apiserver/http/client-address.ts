// Who is at the other end of a connection: its address and the certificates that it showed.

import type { TLSSocket } from 'node:tls'
import type { ServerRequest } from '#apiserver/http/listener.ts'

/** A chain is at most so long; a certificate that signs itself ends it. */
const MAX_CHAIN = 8

const chains = new WeakMap<object, readonly Uint8Array[] | undefined>()

/** So many clients are recognised when they connect again. */
const MAX_KNOWN = 1_024
/**
 * Chains by their bytes. Who connects anew for each request, as some libraries do, comes with the same certificate each
 * time; given the same arrays, authentication finds what it worked out for the last connection.
 */
const known = new Map<string, readonly Uint8Array[]>()

/** The socket under a request, whichever HTTP it speaks. */
function socketOf(request: ServerRequest): TLSSocket {
  return request.socket as TLSSocket
}

export const remoteAddressOf = (request: ServerRequest): string => socketOf(request).remoteAddress ?? ''

/** DER certificates, leaf first; undefined when the client showed none. Read once a connection; equal ones are the same. */
export function clientCertificatesOf(request: ServerRequest): readonly Uint8Array[] | undefined {
  const connection = 'stream' in request && request.stream.session ? request.stream.session : request.socket
  if (!chains.has(connection)) chains.set(connection, readChain(socketOf(request)))
  return chains.get(connection)
}

function readChain(socket: TLSSocket): readonly Uint8Array[] | undefined {
  if (typeof socket.getPeerX509Certificate !== 'function') return undefined
  let certificate = socket.getPeerX509Certificate()
  const chain: Buffer[] = []
  while (certificate && chain.length < MAX_CHAIN) {
    chain.push(certificate.raw)
    certificate = certificate.issuerCertificate
  }
  return chain.length > 0 ? recognised(chain) : undefined
}

/** The same arrays for the same bytes, as long as they are not too many in between. */
function recognised(chain: readonly Buffer[]): readonly Uint8Array[] {
  const name = chain.map((der) => der.toString('latin1')).join('|')
  const same = known.get(name) ?? chain
  known.delete(name)
  known.set(name, same)
  if (known.size > MAX_KNOWN) known.delete([...known.keys()][0]!)
  return same
}
