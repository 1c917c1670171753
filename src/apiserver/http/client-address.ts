// Who is at the other end of a connection: its address and the certificates that it showed.

import type { TLSSocket } from 'node:tls'
import type { ServerRequest } from '#apiserver/http/listener.ts'

/** A chain is at most so long; a certificate that signs itself ends it. */
const MAX_CHAIN = 8

const chains = new WeakMap<object, readonly Uint8Array[] | undefined>()

/** So many clients are recognised when they connect again. */
const MAX_KNOWN = 1_024
/**
 * Chains that were verified in their handshake, by the bytes of their leaf. Who connects anew for each request, as some
 * libraries and every run of kubectl do, comes with the same certificate each time: to take the whole chain out of a
 * connection costs more than all else that a GET needs, and given the same array, authentication finds what it worked
 * out for the last connection.
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
  if (typeof socket.getPeerCertificate !== 'function') return undefined
  // what no authority vouched for may lack a part of its chain this time and have it the next: nothing is remembered
  if (!socket.authorized) return wholeChain(socket)
  const leaf = socket.getPeerCertificate().raw?.toString('latin1')
  if (leaf === undefined) return undefined
  const chain = known.get(leaf) ?? wholeChain(socket)
  if (chain) remember(leaf, chain)
  return chain
}

function wholeChain(socket: TLSSocket): readonly Uint8Array[] | undefined {
  const chain: Uint8Array[] = []
  let certificate = socket.getPeerX509Certificate()
  while (certificate && chain.length < MAX_CHAIN) {
    chain.push(certificate.raw)
    certificate = certificate.issuerCertificate
  }
  return chain.length > 0 ? chain : undefined
}

/** As the latest; the one that was not seen for longest makes room. */
function remember(leaf: string, chain: readonly Uint8Array[]): void {
  known.delete(leaf)
  known.set(leaf, chain)
  if (known.size > MAX_KNOWN) known.delete([...known.keys()][0]!)
}
