// gRPC's failures in the words of Go's library, which events and statuses of every kubelet have. Pure.
//
// Upstream: vendor/google.golang.org/grpc/{codes/code_string.go,internal/status,internal/transport}

/** The position is the number. */
const CODES = [
  ...['OK', 'Canceled', 'Unknown', 'InvalidArgument', 'DeadlineExceeded', 'NotFound', 'AlreadyExists'],
  ...['PermissionDenied', 'ResourceExhausted', 'FailedPrecondition', 'Aborted', 'OutOfRange'],
  ...['Unimplemented', 'Internal', 'Unavailable', 'DataLoss', 'Unauthenticated'],
]

/** The failure as a whole. */
export const rpcWords = (code: number, details: string): string =>
  `rpc error: code = ${CODES[code] ?? `Code(${code})`} desc = ${details}`

/** What the other end said, or why it could not be asked. `target` is `unix:/run/containerd.sock`. */
export function detailWords(details: string, target: string): string {
  if (/^(read|write) E|^Connection dropped/.test(details)) return 'error reading from server: EOF'
  if (!details.startsWith('No connection established')) return details
  const why = details.includes('ENOENT') ? 'no such file or directory' : 'connection refused'
  const place = target.replace(/^unix:(\/\/)?/, '')
  return `connection error: desc = "transport: Error while dialing: dial unix ${place}: connect: ${why}"`
}

/** Several failures as one. */
export function allWords(messages: readonly string[]): string {
  const different = [...new Set(messages)]
  return different.length === 1 ? (different[0] ?? '') : `[${different.join(', ')}]`
}
