// Who is at the other end of a connection: its address and the certificates that it showed.

import type { TLSSocket } from 'node:tls'
import type { ServerRequest } from '#apiserver/http/listener.ts'

/** A chain is at most so long; a certificate that signs itself ends it. */
const MAX_CHAIN = 8

const chains = new WeakMap<object, readonly Uint8Array[] | undefined>()

/** The socket under a request, whichever HTTP it speaks. */
function socketOf(request: ServerRequest): TLSSocket {
  return request.socket as TLSSocket
}

export const remoteAddressOf = (request: ServerRequest): string => socketOf(request).remoteAddress ?? ''

/** DER certificates, leaf first; undefined when the client showed none. Read once a connection. */
export function clientCertificatesOf(request: ServerRequest): readonly Uint8Array[] | undefined {
  const connection = 'stream' in request && request.stream.session ? request.stream.session : request.socket
  if (!chains.has(connection)) chains.set(connection, readChain(socketOf(request)))
  return chains.get(connection)
}

function readChain(socket: TLSSocket): readonly Uint8Array[] | undefined {
  if (typeof socket.getPeerCertificate !== 'function') return undefined
  let certificate = socket.getPeerCertificate(true)
  const chain: Uint8Array[] = []
  while (certificate?.raw && chain.length < MAX_CHAIN) {
    chain.push(certificate.raw)
    if (!certificate.issuerCertificate || certificate.issuerCertificate === certificate) break
    certificate = certificate.issuerCertificate
  }
  return chain.length > 0 ? chain : undefined
}
