// Whether a field holds an address or a network, and how exactly it must be written.
//
// Three degrees: old fields take any text that can be read, unless it could be misread (leading zeros, IPv4 in
// IPv6); new ones take the canonical text alone; some old ones only warn. What was stored before may stay.
// Upstream: staging/src/k8s.io/apimachinery/pkg/util/validation/ip.go

import { goQuote, invalid, type Path } from '#api/meta/field-error.ts'
import {
  formatIp,
  formatNetwork,
  type IpAddress,
  isLinkLocalMulticast,
  isLinkLocalUnicast,
  isLoopback,
  isUnspecified,
  maskedBytes,
  parseIp,
  parseNetwork,
} from '#api/meta/ip.ts'
import type { FieldErrors } from '#api/meta/validation.ts'

const NO_IP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
const NO_CIDR = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'

/** A field of old: `existing` are the values that were stored before. */
export function* legacyIp(path: Path, value: string, existing: readonly string[] = []): FieldErrors {
  if (existing.includes(value)) return
  const address = parseIp(value)
  if (!address) yield invalid(path, value, NO_IP)
  else yield* unambiguousIp(path, value, address)
}

function* unambiguousIp(path: Path, value: string, address: IpAddress): FieldErrors {
  if (address.hasLeadingZeros) yield invalid(path, value, 'must not have leading 0s')
  else if (address.isMapped) yield invalid(path, value, 'must not be an IPv4-mapped IPv6 address')
}

/** A newer field: the canonical text and no other. */
export function* canonicalIp(path: Path, value: string): FieldErrors {
  const address = parseIp(value)
  if (!address) {
    yield invalid(path, value, NO_IP)
    return
  }
  const wrong = [...unambiguousIp(path, value, address)]
  yield* wrong
  const canonical = formatIp(address)
  if (wrong.length === 0 && value !== canonical) {
    yield invalid(path, value, `must be in canonical form (${goQuote(canonical)})`)
  }
}

export function* legacyCidr(path: Path, value: string, existing: readonly string[] = []): FieldErrors {
  if (existing.includes(value)) return
  const network = parseNetwork(value)
  if (!network) yield invalid(path, value, NO_CIDR)
  else if (network.hasLeadingZeros || network.address.hasLeadingZeros) {
    yield invalid(path, value, 'must not have leading 0s in IP or prefix length')
  } else if (network.address.isMapped) {
    yield invalid(path, value, 'must not have an IPv4-mapped IPv6 address')
  } else if (formatIp(network.address) !== formatIp({ bytes: maskedBytes(network) })) {
    yield invalid(path, value, 'must not have bits set beyond the prefix length')
  }
}

export function* canonicalCidr(path: Path, value: string): FieldErrors {
  const wrong = [...legacyCidr(path, value)]
  yield* wrong
  const network = parseNetwork(value)
  if (wrong.length > 0 || !network) return
  const canonical = formatNetwork(network)
  if (value !== canonical) yield invalid(path, value, `must be in canonical form (${goQuote(canonical)})`)
}

/** An address that traffic from other nodes can be sent to. */
export function* endpointIp(path: Path, value: string): FieldErrors {
  const address = parseIp(value)
  if (!address) {
    yield invalid(path, value, 'must be a valid IP address')
    return
  }
  if (isUnspecified(address)) yield invalid(path, value, `may not be unspecified (${value})`)
  if (isLoopback(address))
    yield invalid(path, value, 'may not be in the loopback range (127.0.0.0/8, ::1/128)')
  if (isLinkLocalUnicast(address)) {
    yield invalid(path, value, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)')
  }
  if (isLinkLocalMulticast(address)) {
    yield invalid(path, value, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)')
  }
}

export function warningsForIp(path: Path, value: string): string[] {
  const address = parseIp(value)
  if (!address) return []
  const canonical = formatIp(address)
  if (address.hasLeadingZeros || address.isMapped) {
    return [`${path}: non-standard IP address ${goQuote(value)} is invalid: use ${goQuote(canonical)}`]
  }
  if (address.bytes.length === 16 && canonical !== value) {
    const text = `should be in RFC 5952 canonical format (${goQuote(canonical)})`
    return [`${path}: IPv6 address ${goQuote(value)} ${text}`]
  }
  return []
}

export function warningsForCidr(path: Path, value: string): string[] {
  const network = parseNetwork(value)
  if (!network) return []
  const { address } = network
  const canonical = formatNetwork(network)
  const warnings: string[] = []
  if (formatIp(address) !== formatIp({ bytes: maskedBytes(network) })) {
    const single = `${formatIp(address)}/${address.bytes.length * 8}`
    const choice = `should be ${goQuote(canonical)} or ${goQuote(single)}?`
    warnings.push(`${path}: CIDR value ${goQuote(value)} is ambiguous in this context (${choice})`)
  }
  if (address.hasLeadingZeros || network.hasLeadingZeros || address.isMapped) {
    warnings.push(`${path}: non-standard CIDR value ${goQuote(value)} is invalid: use ${goQuote(canonical)}`)
  }
  if (warnings.length === 0 && address.bytes.length === 16 && canonical !== value) {
    const text = `should be in RFC 5952 canonical format (${goQuote(canonical)})`
    warnings.push(`${path}: IPv6 CIDR value ${goQuote(value)} ${text}`)
  }
  return warnings
}
