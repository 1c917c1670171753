// IP addresses and networks in expressions: ip(), isIP(), cidr(), isCIDR() and what they tell.
//
// Stricter than the fields of old API objects: no leading zeros, no IPv4 written as IPv6, no zones.
// Upstream: staging/src/k8s.io/apiserver/pkg/cel/library/{ip,cidr}.go

import type { Environment } from '@marcbachmann/cel-js'
import {
  formatIp,
  formatNetwork,
  type IpAddress,
  type IpNetwork,
  isLinkLocalMulticast,
  isLinkLocalUnicast,
  isLoopback,
  isUnspecified,
  maskedBytes,
  parseIp,
  parseNetwork,
} from '#api/meta/ip.ts'

class CelIp {
  readonly address: IpAddress

  constructor(address: IpAddress) {
    this.address = address
  }
}

class CelCidr {
  readonly network: IpNetwork

  constructor(network: IpNetwork) {
    this.network = network
  }
}

/** `ip` in `ip.isCanonical(text)`. */
class IpNamespace {}

export function addAddresses(environment: Environment): void {
  environment
    .registerType('net.IP', CelIp)
    .registerType('net.CIDR', CelCidr)
    .registerType('ip', IpNamespace)
    .registerConstant('ip', 'ip', new IpNamespace())
  addIp(environment)
  addCidr(environment)
}

function addIp(environment: Environment): void {
  const tests: Readonly<Record<string, (address: IpAddress) => boolean>> = {
    isUnspecified,
    isLoopback,
    isLinkLocalMulticast,
    isLinkLocalUnicast,
    isGlobalUnicast,
  }
  for (const [name, holds] of Object.entries(tests)) {
    environment.registerFunction(`net.IP.${name}(): bool`, ({ address }: CelIp) => holds(address))
  }
  environment
    .registerFunction('ip(string): net.IP', ipOf)
    .registerFunction('isIP(string): bool', (text: string) => typeof strictIp(text) !== 'string')
    .registerFunction(
      'ip.isCanonical(string): bool',
      (_ip: unknown, text: string) => formatIp(ipOf(text).address) === text,
    )
    .registerFunction('net.IP.family(): int', ({ address }: CelIp) => (address.bytes.length === 4 ? 4n : 6n))
    .registerFunction('string(net.IP): string', ({ address }: CelIp) => formatIp(address))
    .registerOperator('net.IP == net.IP', (a: CelIp, b: CelIp) => formatIp(a.address) === formatIp(b.address))
}

function addCidr(environment: Environment): void {
  environment
    .registerFunction('cidr(string): net.CIDR', cidrOf)
    .registerFunction('isCIDR(string): bool', (text: string) => typeof strictCidr(text) !== 'string')
    .registerFunction('net.CIDR.containsIP(string): bool', (cidr: CelCidr, text: string) =>
      contains(cidr, ipOf(text).address),
    )
    .registerFunction('net.CIDR.containsIP(net.IP): bool', (cidr: CelCidr, ip: CelIp) =>
      contains(cidr, ip.address),
    )
    .registerFunction('net.CIDR.containsCIDR(string): bool', (cidr: CelCidr, text: string) =>
      containsCidr(cidr, cidrOf(text)),
    )
    .registerFunction('net.CIDR.containsCIDR(net.CIDR): bool', containsCidr)
    .registerFunction('net.CIDR.ip(): net.IP', ({ network }: CelCidr) => new CelIp(network.address))
    .registerFunction('net.CIDR.prefixLength(): int', ({ network }: CelCidr) => BigInt(network.prefixLength))
    .registerFunction('net.CIDR.masked(): net.CIDR', ({ network }: CelCidr) => cidrOf(formatNetwork(network)))
    .registerFunction('string(net.CIDR): string', text)
    .registerOperator('net.CIDR == net.CIDR', (a: CelCidr, b: CelCidr) => text(a) === text(b))
}

const text = ({ network }: CelCidr): string => `${formatIp(network.address)}/${network.prefixLength}`

function isGlobalUnicast(address: IpAddress): boolean {
  const { bytes } = address
  const isBroadcast = bytes.length === 4 && bytes.every((byte) => byte === 255)
  const isMulticast = bytes.length === 4 ? (bytes[0]! & 0xf0) === 0xe0 : bytes[0] === 0xff
  return (
    !isBroadcast &&
    !isMulticast &&
    !isUnspecified(address) &&
    !isLoopback(address) &&
    !isLinkLocalUnicast(address)
  )
}

/** The address, or what is wrong with the text. */
function strictIp(text: string): IpAddress | string {
  const address = parseIp(text)
  if (!address || address.hasLeadingZeros) {
    return `IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): unable to parse IP`
  }
  return address.isMapped ? `IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed` : address
}

function strictCidr(text: string): IpNetwork | string {
  const network = parseNetwork(text)
  if (!network || network.hasLeadingZeros || network.address.hasLeadingZeros) {
    return `network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)}): invalid`
  }
  return network.address.isMapped
    ? `IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`
    : network
}

function ipOf(text: string): CelIp {
  const address = strictIp(text)
  if (typeof address === 'string') throw new Error(address)
  return new CelIp(address)
}

function cidrOf(text: string): CelCidr {
  const network = strictCidr(text)
  if (typeof network === 'string') throw new Error(network)
  return new CelCidr(network)
}

function contains({ network }: CelCidr, address: IpAddress): boolean {
  if (network.address.bytes.length !== address.bytes.length) return false
  const masked = maskedBytes({ ...network, address })
  return maskedBytes(network).every((byte, i) => byte === masked[i])
}

function containsCidr(outer: CelCidr, inner: CelCidr): boolean {
  return inner.network.prefixLength >= outer.network.prefixLength && contains(outer, inner.network.address)
}
